/**
 * The last hand on the built pages: a content security policy for each (../lib/csp.ts), stylesheets
 * without what no page uses (../lib/purge-css.ts) under names that tell of their content, and the pages as
 * Markdown (../lib/llms.ts).
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { harden, type Rules, sha, stylesheet } from '../lib/csp.ts';
import { textsOf } from '../lib/llms.ts';
import { Mentioned } from '../lib/purge-css.ts';

/** File names to what is in them. */
type Files = Map<string, string>;

/** A build: its pages, and what they fetch. */
interface Built {
  root: string;
  pages: Files;
  sheets: Files;
  scripts: Files;
}

const INLINE = /<style\b[^>]*>([\s\S]*?)<\/style>/g;
/** The class that Astro gives to elements of a component that has a `<style>`. */
const SCOPE = /\bastro-[a-z0-9]{8}\b/g;
/** styles/handout.css stands in its place. */
const STARLIGHT_PRINT = /<link[^>]*\/print\.[^>]*>/;

/** The integration, for astro.config.mjs. */
export default function postBuild(): AstroIntegration {
  return {
    name: 'post-build',
    hooks: {
      'astro:build:done': async ({ dir, logger }) => {
        const root = fileURLToPath(dir);
        const html = await filesOf(root, /\.html$/);
        const pages: Files = new Map([...html].filter(([, text]) => /<html\b/.test(text)));
        const sheets = await filesOf(root, /^_astro\/[^/]*\.css$/);
        const scripts = await filesOf(root, /^_astro\/[^/]*\.js$/);
        const built: Built = { root, pages, sheets, scripts };
        onEach(pages, (page) => page.replace(STARLIGHT_PRINT, ''));
        removeEmptyScripts(built);
        await removeUnused(built);

        const common = takeShared(pages);
        const rules: Rules = new Map();
        onEach(pages, (page) => harden(page, rules));
        await purgeSheets(built, common, () => stylesheet(rules));
        for (const [file, page] of pages) await writeFile(join(root, file), page);
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

function onEach(files: Files, change: (text: string) => string): void {
  for (const [file, text] of files) files.set(file, change(text));
}

function onAll(pages: Files, text: string): boolean {
  return [...pages.values()].every((page) => page.includes(text));
}

function removeEmptyScripts({ pages, scripts }: Built): void {
  for (const [name, script] of scripts) {
    if (script.trim()) continue;
    const tag = new RegExp(`<script type="module" src="[^"]*${escaped(name)}"></script>`);
    onEach(pages, (page) => page.replace(tag, ''));
  }
}

/** Takes away scripts and stylesheets that neither a page nor a script names. */
async function removeUnused({ root, pages, sheets, scripts }: Built): Promise<void> {
  for (const files of [sheets, scripts]) {
    const texts = [...pages.values(), ...scripts.values()];
    for (const name of files.keys()) {
      if (texts.some((text) => text.includes(baseOf(name)))) continue;
      files.delete(name);
      await rm(join(root, name));
    }
  }
}

/** Takes the inline styles that stand on every page out of them: a file is fetched once. */
function takeShared(pages: Files): string {
  const [first = ''] = pages.values();
  const shared = [...first.matchAll(INLINE)].filter(([style]) => onAll(pages, style));
  for (const [style] of shared) onEach(pages, (page) => page.replace(style, ''));
  return shared.map(([, css]) => css).join('');
}

/** Writes the stylesheets anew. What all pages share goes before, and after, the one that all have. */
async function purgeSheets(built: Built, before: string, after: () => string): Promise<void> {
  const { root, pages, sheets, scripts } = built;
  const mentioned = new Mentioned();
  for (const page of pages.values()) mentioned.page(page);
  for (const script of scripts.values()) mentioned.script(script);
  const common = [...sheets.keys()].filter((name) => onAll(pages, name));
  const [largest] = common.sort((a, b) => (sheets.get(b)?.length ?? 0) - (sheets.get(a)?.length ?? 0));
  if (!largest) throw new Error('No stylesheet is on every page: where do the common rules go?');
  sheets.set(largest, before + sheets.get(largest) + after());

  const purged = await mentioned.purge([...sheets.values()]);
  const names = new Map<string, string>();
  for (const [i, sheet] of [...sheets.keys()].entries()) {
    const css = purged[i] ?? '';
    if ([...scripts.values()].some((script) => script.includes(baseOf(sheet)))) {
      throw new Error(`A script fetches ${sheet}: its name cannot be changed`);
    }
    const name = sheet.replace(/\.[\w-]+\.css$/, `.${sha(css, 'hex').slice(0, 8)}.css`);
    await rm(join(root, sheet));
    await writeFile(join(root, name), css);
    names.set(sheet, name);
  }
  const old = new RegExp([...names.keys()].map(escaped).join('|'), 'g');
  const scopes = new Set(purged.flatMap((css) => css.match(SCOPE) ?? []));
  onEach(pages, (page) =>
    page
      .replace(old, (name) => names.get(name) ?? name)
      .replace(/ ?\b(astro-[a-z0-9]{8})\b/g, (all, scope) => (scopes.has(scope) ? all : ''))
      .replaceAll(' class=""', ''),
  );
}

function baseOf(name: string): string {
  return name.replace('_astro/', '');
}

function escaped(name: string): string {
  return name.replaceAll('.', '\\.');
}
