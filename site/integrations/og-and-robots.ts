/** What is made beside the pages: pictures of them, robots.txt, and no sitemap without an address. */
import type { AstroIntegration } from 'astro';
import { site } from '../lib/site-url.ts';

/** The integrations, for astro.config.mjs. */
export default function ogAndRobots(): AstroIntegration[] {
  const files: AstroIntegration = {
    name: 'og-and-robots',
    hooks: {
      'astro:config:setup': ({ injectRoute }) => {
        injectRoute({ pattern: '/og/[...path].png', entrypoint: './site/pages/og-image.ts' });
        injectRoute({ pattern: '/robots.txt', entrypoint: './site/pages/robots.ts' });
      },
    },
  };
  // A sitemap has absolute addresses. Starlight would add it all the same, and it would warn.
  return site ? [files] : [files, { name: '@astrojs/sitemap', hooks: {} }];
}
