/**
 * The last hand on the built pages: a content security policy for each (../lib/csp.ts), stylesheets
 * without what no page uses (../lib/slim.ts) under names that tell of their content, and the pages as
 * Markdown (../lib/llms.ts).
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { harden, type Rules, sha, stylesheet } from '../lib/csp.ts';
import { textsOf } from '../lib/llms.ts';
import { Mentioned } from '../lib/slim.ts';

/** File names to what is in them. */
type Files = Map<string, string>;

const INLINE = /<style\b[^>]*>([\s\S]*?)<\/style>/g;
/** The class that Astro gives to elements of a component that has a `<style>`. */
const SCOPE = / ?\bastro-[a-z0-9]{8}\b/g;

/** styles/handout.css stands in its place. */
const STARLIGHT_PRINT = /<link[^>]*\/print\.[^>]*>/;

/** The integration, for astro.config.mjs. */
export default function finish(): AstroIntegration {
  return {
    name: 'finish',
    hooks: {
      'astro:build:done': async ({ dir, logger }) => {
        const root = fileURLToPath(dir);
        const html = await filesOf(root, /\.html$/);
        const pages: Files = new Map([...html].filter(([, text]) => /<html\b/.test(text)));
        const sheets = await filesOf(root, /^_astro\/[^/]*\.css$/);
        const scripts = await filesOf(root, /^_astro\/[^/]*\.js$/);

        for (const [file, page] of pages) pages.set(file, page.replace(STARLIGHT_PRINT, ''));

        await removeUnused(root, sheets, pages, scripts);
        await removeUnused(root, scripts, pages, scripts);

        const rules: Rules = new Map();
        const inline = takeShared(pages);
        for (const [file, page] of pages) pages.set(file, harden(page, rules));

        for (const [name, script] of scripts) {
          if (script.trim()) continue;
          for (const [file, page] of pages) pages.set(file, page.replace(tagOf(name), ''));
          await rm(join(root, name));
        }

        const mentioned = new Mentioned();
        for (const page of pages.values()) mentioned.page(page);
        for (const script of scripts.values()) mentioned.script(script);
        const [shared] = [...sheets].filter(([name]) => onAll(pages, name)).sort(bySize)[0] ?? [];
        if (!shared) throw new Error('No stylesheet is on every page: where do the common rules go?');
        sheets.set(shared, inline + sheets.get(shared) + stylesheet(rules));
        const slim = await mentioned.slim([...sheets.values()]);
        for (const [i, sheet] of [...sheets.keys()].entries()) {
          const css = slim[i] ?? '';
          const name = sheet.replace(/\.[\w-]+\.css$/, `.${sha(css, 'hex').slice(0, 8)}.css`);
          await rm(join(root, sheet));
          await writeFile(join(root, name), css);
          for (const [file, page] of pages) pages.set(file, page.replaceAll(sheet, name));
        }
        for (const [file, page] of pages) {
          const lean = page.replace(SCOPE, (scope) =>
            slim.some((css) => css.includes(scope.trim())) ? scope : '',
          );
          await writeFile(join(root, file), lean.replaceAll(' class=""', ''));
        }
        const texts = await textsOf(new Map([...pages].map(([file, page]) => [pathOf(file), page])));
        for (const [file, text] of texts) await writeFile(join(root, file), text);
        logger.info(`${pages.size} pages, ${sheets.size} stylesheets`);
      },
    },
  };
}

/** `lessons/etl/index.html` → `/lessons/etl/` */
function pathOf(file: string): string {
  return `/${file.replaceAll('\\', '/').replace(/(^|\/)index\.html$/, '$1')}`;
}

async function filesOf(root: string, name: RegExp): Promise<Files> {
  const files = (await readdir(root, { recursive: true })).filter((file) => name.test(file));
  const texts = files.map(async (file) => [file, await readFile(join(root, file), 'utf8')] as const);
  return new Map(await Promise.all(texts));
}

/** Takes away files that neither a page nor a script names. */
async function removeUnused(root: string, files: Files, ...readers: Files[]): Promise<void> {
  const texts = readers.flatMap((reader) => [...reader.values()]);
  for (const name of files.keys()) {
    const used = texts.some((text) => text.includes(name.replace('_astro/', '')));
    if (used) continue;
    files.delete(name);
    await rm(join(root, name));
  }
}

/** The tag of a script that has nothing in it. */
function tagOf(name: string): RegExp {
  return new RegExp(`<script type="module" src="[^"]*${name.replaceAll('.', '\\.')}"></script>`);
}

function onAll(pages: Files, text: string): boolean {
  return [...pages.values()].every((page) => page.includes(text));
}

function bySize([, a]: [string, string], [, b]: [string, string]): number {
  return b.length - a.length;
}

/** Takes the inline styles that stand on every page out of them: a file is fetched once. */
function takeShared(pages: Files): string {
  const [first = ''] = pages.values();
  const shared = [...first.matchAll(INLINE)].filter(([style]) => onAll(pages, style));
  for (const [style] of shared) {
    for (const [file, page] of pages) pages.set(file, page.replace(style, ''));
  }
  return shared.map(([, css]) => css).join('');
}
