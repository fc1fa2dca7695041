import { defineCollection } from 'astro:content';
import { docsLoader, i18nLoader } from '@astrojs/starlight/loaders';
import { docsSchema, i18nSchema } from '@astrojs/starlight/schema';
import { z } from 'astro/zod';

/** The words of our own components; their English is in content/i18n/en.json. */
const words = z.object({
  'code.copy': z.string().optional(),
  'code.copied': z.string().optional(),
  'compare.pair': z.string().optional(),
  'compare.solo': z.string().optional(),
  'compare.whole': z.string().optional(),
});

export const collections = {
  docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }),
  i18n: defineCollection({ loader: i18nLoader(), schema: i18nSchema({ extend: words }) }),
};
