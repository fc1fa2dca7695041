/** The built site: its pages, and what is needed to look at them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { PIPELINES } from '../../sandbox/pipelines.ts';
import { findChromium, startChromium } from './chromium.ts';
import { type Served, serve } from './serve.ts';

export const DIST = process.env.SITE_DIST ?? 'dist';
export const BASE = process.env.SITE_BASE ?? '/';

/** The pipelines that have a lesson. */
export const LESSONS = PIPELINES.filter((name) => existsSync(`content/docs/lessons/${name}.mdx`));

export interface BuiltPage {
  /** From the site's root, such as `/lessons/etl/`. */
  path: string;
  kind: 'lesson' | 'source' | 'page' | 'missing';
  html: string;
}

/** Every page of a build, sorted by path. */
export function builtPages(dist = DIST): BuiltPage[] {
  if (!existsSync(dist)) return [];
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  const pages = files.flatMap((file): BuiltPage[] => {
    if (!file.endsWith('.html')) return [];
    const html = readFileSync(join(dist, file), 'utf8');
    if (!/<html\b/.test(html)) return [];
    const path = `/${file.replaceAll('\\', '/').replace(/(^|\/)index\.html$/, '$1')}`;
    return [{ path, kind: kindOf(path), html }];
  });
  return pages.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function kindOf(path: string): BuiltPage['kind'] {
  if (path === '/404.html') return 'missing';
  if (path.startsWith('/source/')) return 'source';
  return /^\/lessons\/./.test(path) ? 'lesson' : 'page';
}

/** Throws when the build or the browser is not there, saying how to get them. */
export function needed(): void {
  const missing = [
    ...(existsSync(`${DIST}/index.html`) ? [] : ['dist/: npm run build']),
    ...(findChromium() ? [] : ['Chromium: install it, or set CHROMIUM to its path']),
  ];
  if (missing.length) throw new Error(`needed: ${missing.join('; ')}`);
}

export interface Visit {
  page: Page;
  errors: string[];
  /** So that `await using` ends it. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The built site in a browser. */
export interface Looked {
  site: Served;
  browser: Browser;
  /** Opens a page of the site in a context of its own; `errors` gets what its console complains of. */
  visit(path: string, options?: BrowserContextOptions): Promise<Visit>;
  close(): Promise<void>;
}

export async function look(dist = DIST, base = BASE): Promise<Looked> {
  needed();
  const [site, browser] = await Promise.all([serve(dist, base), startChromium()]);
  return {
    site,
    browser,
    async visit(path, options = {}) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(site.url + path);
      return { page, errors, [Symbol.asyncDispose]: () => context.close() };
    },
    async close() {
      await browser.close();
      site.close();
    },
  };
}

export const WIDTHS = [390, 768, 1440] as const;
export const THEMES = ['light', 'dark'] as const;
