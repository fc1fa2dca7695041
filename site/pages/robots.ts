/** Whoever reads may; where the site's address is known, the sitemap is named. */
import { addressOf, site } from '@site/lib/site-url';
import type { APIRoute } from 'astro';

export const GET: APIRoute = () => {
  const lines = [
    'User-agent: *',
    'Allow: /',
    ...(site ? [`Sitemap: ${addressOf('sitemap-index.xml')}`] : []),
  ];
  return new Response(`${lines.join('\n')}\n`);
};
