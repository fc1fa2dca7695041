/** Finds links that lead nowhere in a built site. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ELEMENT_NODE, parse, walkSync } from 'ultrahtml';
import type { BuiltPage } from './built-site.ts';

const ADDRESSES = ['href', 'src'];
/** What scripts fetch, by the element that says where. */
const FETCHED: Record<string, string[]> = {
  'site-search': ['data-index', 'data-sheet'],
  'run-recording': ['data-base'],
};

interface Outline {
  ids: Set<string>;
  links: string[];
}

/** What is wrong with the links of the pages: one line each. */
export function brokenLinks(pages: BuiltPage[], dist: string, base = '/'): string[] {
  const prefix = base.replace(/\/?$/, '/');
  const outlines = new Map(pages.map(({ path, html }) => [path, outlineOf(html)]));
  return [...outlines].flatMap(([path, { links }]) =>
    links.flatMap((link) => {
      const url = new URL(link, `http://site${prefix}${path.slice(1)}`);
      if (url.host !== 'site') return [];
      if (!url.pathname.startsWith(prefix)) return [`${path}: ${link} is outside of ${prefix}`];
      const target = `/${decodeURIComponent(url.pathname.slice(prefix.length))}`;
      const outline = outlines.get(target);
      if (!outline) return isFile(join(dist, target)) ? [] : [`${path}: ${link} does not exist`];
      const id = decodeURIComponent(url.hash.slice(1));
      return !id || outline.ids.has(id) ? [] : [`${path}: ${link} has no such anchor`];
    }),
  );
}

function isFile(path: string): boolean {
  return existsSync(path) && (statSync(path).isFile() || path.endsWith('/'));
}

function outlineOf(html: string): Outline {
  const outline: Outline = { ids: new Set(), links: [] };
  walkSync(parse(html), (node) => {
    if (node.type !== ELEMENT_NODE) return;
    const { id, rel } = node.attributes;
    if (id) outline.ids.add(id);
    // Where the site will stand one day is not there yet.
    if (node.name === 'link' && /canonical|sitemap/.test(rel ?? '')) return;
    for (const name of [...ADDRESSES, ...(FETCHED[node.name] ?? [])]) {
      const address = node.attributes[name];
      if (address && !/^(data|mailto):/.test(address)) outline.links.push(address);
    }
  });
  return outline;
}
