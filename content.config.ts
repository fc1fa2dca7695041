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
  'recording.title': z.string().optional(),
  'recording.language': z.string().optional(),
  'recording.scenario': z.string().optional(),
  'recording.position': z.string().optional(),
  'recording.virtual': z.string().optional(),
  'recording.wall': z.string().optional(),
  'recording.history': z.string().optional(),
  'recording.json': z.string().optional(),
  'recording.picture': z.string().optional(),
  'recording.attempt': z.string().optional(),
  'recording.input': z.string().optional(),
  'recording.output': z.string().optional(),
  'recording.failure': z.string().optional(),
  'recording.options': z.string().optional(),
  'recording.play': z.string().optional(),
  'recording.pause': z.string().optional(),
  'recording.missing': z.string().optional(),
  'site.lesson': z.string().optional(),
  'site.fonts': z.string().optional(),
  'site.shift': z.string().optional(),
  'site.budget': z.string().optional(),
  'site.lighthouse': z.string().optional(),
  'site.axe': z.string().optional(),
  'site.policy': z.string().optional(),
  'site.links': z.string().optional(),
  'site.build': z.string().optional(),
  'page.minutes': z.string().optional(),
  'proof.summary': z.string().optional(),
  'proof.seeded': z.string().optional(),
  'proof.others': z.string().optional(),
  'proof.skips': z.string().optional(),
  'proof.kills': z.string().optional(),
  'proof.what': z.string().optional(),
  'proof.lines': z.string().optional(),
  'proof.scenarios': z.string().optional(),
  'proof.skipped': z.string().optional(),
  'proof.noticed': z.string().optional(),
  'proof.faults': z.string().optional(),
  'proof.fault': z.string().optional(),
  'proof.killer': z.string().optional(),
});

export const collections = {
  docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }),
  i18n: defineCollection({ loader: i18nLoader(), schema: i18nSchema({ extend: words }) }),
};
