/**
 * Where the site stands and where its sources are: said by the environment, and never needed.
 *
 *   SITE_URL    https://notebook.example   for what must be absolute: canonical links, the sitemap
 *   SITE_BASE   /deep/notebook             when the site is not at the root of its host
 *   SITE_REPO   https://…/owner/name       for links to edit a page; without it there are none
 */
const { SITE_URL, SITE_BASE = '/', SITE_REPO } = process.env;

export const site = SITE_URL;
export const base = SITE_BASE.replace(/\/*$/, '/');
export const repository = SITE_REPO?.replace(/\/$/, '');

/** Where a file of the repository can be edited; `undefined` when nobody said where the repository is. */
export function editUrl(path: string): string | undefined {
  return repository && `${repository}/edit/main/${path}`;
}

/** A path of the site (without a slash at its start) as a link from anywhere in it. */
export function linkTo(path: string): string {
  return base + path;
}

/** The same, absolute where the site's address is known. */
export function addressOf(path: string): string {
  return site ? new URL(linkTo(path), site).href : linkTo(path);
}

/** Where a page is as Markdown: `/lessons/etl/` → `lessons/etl.md`. Paths are without the base. */
export function markdownPathOf(path: string): string {
  return `${path.replace(/^\/|\/$|\.html$/g, '') || 'index'}.md`;
}

export const PICTURE = { width: 1200, height: 630 };

/** The picture of a page, for those who link to it. */
export function pictureOf(id: string): string {
  return `og/${id || 'index'}.png`;
}
