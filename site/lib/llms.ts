/** The site for machines that read: each page as Markdown, and two files that lead to them. */
import { LANGS, LANGUAGES } from './languages.ts';
import { markdownOf } from './page-markdown.ts';
import { addressOf, base, markdownPathOf } from './site-url.ts';
import { listing } from './source-pages.ts';

/** Path of a page (with slashes, without the base) to its HTML. */
export type Html = Map<string, string>;

const SUMMARY =
  'Data pipelines on Temporal in TypeScript, with a Go and a Rust twin of each. Every line of code shown ' +
  'is cut from files that time-skipping tests run.';

/** File names to what goes into them. */
export async function textsOf(pages: Html): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [path, html] of pages) {
    if (path === '/404.html') continue;
    const source = /^\/source\/(.*)\/$/.exec(path)?.[1];
    files.set(markdownPathOf(path), source ? listed(source) : await markdownOf(html, linksFrom(path, pages)));
  }
  const list = contents(pages);
  const full = list.flatMap(({ links }) => links.map(({ path }) => files.get(markdownPathOf(path)) ?? ''));
  files.set('llms.txt', index(list, pages));
  files.set('llms-full.txt', `# Durable Pipelines\n\n> ${SUMMARY}\n\n${full.join('\n\n---\n\n')}`);
  return files;
}

/** A file of the examples as Markdown. */
function listed(path: string): string {
  const lang = LANGS.find((one) => path.endsWith(`.${LANGUAGES[one].extension}`)) ?? '';
  return `# ${path}\n\n\`\`\`${lang}\n${listing(path).code}\n\`\`\`\n`;
}

/** Links of a page as they are in its Markdown: to the Markdown of other pages, and absolute. */
function linksFrom(path: string, pages: Html): (href: string) => string {
  return (href) => {
    const url = new URL(href, `http://site${base}${path.slice(1)}`);
    if (url.host !== 'site' || !url.pathname.startsWith(base)) return href;
    const target = `/${url.pathname.slice(base.length)}`;
    if (target === path && url.hash) return url.hash;
    return addressOf(pages.has(target) ? markdownPathOf(target) : target.slice(1)) + url.hash;
  };
}

interface Group {
  label: string;
  links: { path: string; label: string }[];
}

/** The list of pages beside each page: its groups, in their order. */
function contents(pages: Html): Group[] {
  const withSidebar = [...pages.values()].find((html) => html.includes('<ul class="top-level')) ?? '';
  const [, list = ''] = /<ul class="top-level[^"]*">([\s\S]*?)<\/nav>/.exec(withSidebar) ?? [];
  const groups = [...list.matchAll(/<summary[\s\S]*?<span class="large[^>]*>([^<]*)[\s\S]*?<\/details>/g)];
  return groups.map(([html, label = '']) => ({
    label,
    links: [...html.matchAll(/<a href="([^"]*)"[^>]*>\s*<span[^>]*>([^<]*)/g)].map(
      ([, href = '', text = '']) => ({
        path: `/${href.slice(base.length)}`,
        label: text,
      }),
    ),
  }));
}

function index(groups: Group[], pages: Html): string {
  const sections = groups.map(({ label, links }) => {
    const items = links.map(({ path, label: name }) => {
      const [, about = ''] = /<meta name="description" content="([^"]*)"/.exec(pages.get(path) ?? '') ?? [];
      return `- [${name}](${addressOf(markdownPathOf(path))}): ${decode(about)}`;
    });
    return `## ${label}\n\n${items.join('\n')}`;
  });
  const files = [...pages.keys()].filter((path) => path.startsWith('/source/'));
  const sources = files.map(
    (path) => `- [${path.slice('/source/'.length, -1)}](${addressOf(markdownPathOf(path))})`,
  );
  return [
    '# Durable Pipelines',
    `> ${SUMMARY}`,
    `All pages in one file: ${addressOf('llms-full.txt')}`,
    ...sections,
    `## Optional\n\n${sources.join('\n')}`,
    '',
  ].join('\n\n');
}

function decode(text: string): string {
  return text.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
