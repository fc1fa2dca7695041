/** The built site in a real browser: what a reader does, and what must not happen to one. */
import { existsSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readRegion } from '../../site/lib/regions.ts';
import { findChromium, startChromium } from './chromium.ts';
import { type Served, serve } from './serve.ts';

const LESSON = '/lessons/etl/';
const PAGES = ['/', LESSON, '/reference/connectors/', '/source/examples/ts/etl/workflow.ts/'];
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/** A machine that compiles Rust meanwhile is slow. */
const OPTIONS = { timeout: 30_000 };

const missing = [
  ...(existsSync('dist/index.html') ? [] : ['dist/: npm run build']),
  ...(findChromium() ? [] : ['Chromium: install it, or set CHROMIUM to its path']),
].join('; ');

describe('the site in dist/', OPTIONS, () => {
  let site: Served;
  let browser: Browser;
  let errors: string[];

  beforeAll(async () => {
    if (missing) throw new Error(`needed: ${missing}`);
    [site, browser] = await Promise.all([serve('dist', process.env.SITE_BASE), startChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
  });
  afterEach(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
  });

  async function visit(path: string, options: BrowserContextOptions): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    errors = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(site.url + path);
    return page;
  }

  /** The languages on screen in the first `<Compare>`. */
  const shown = (page: Page) =>
    page
      .locator('.compare')
      .first()
      .locator('.step')
      .last()
      .locator('pre')
      .evaluateAll((cells) =>
        cells.filter((cell) => cell.checkVisibility()).map((cell) => cell.getAttribute('aria-label')),
      );
  const pick = (page: Page, value: string) =>
    page.locator('.compare').first().locator(`label:has([value="${value}"])`).click();

  test.each(PAGES)('%s: no sideways scrolling, no error, no host but its own', async (path) => {
    for (const viewport of [DESK, PHONE]) {
      const page = await visit(path, { viewport });
      const hosts = await page.evaluate(() => [
        ...new Set(performance.getEntriesByType('resource').map((e) => new URL(e.name).origin)),
      ]);
      expect(hosts).toEqual([new URL(site.url).origin]);
      const sideways = () => document.documentElement.scrollWidth - window.innerWidth;
      expect(await page.evaluate(sideways)).toBeLessThanOrEqual(0);
      expect(errors).toEqual([]);
    }
  });

  test('a policy without unsafe-inline is on every page, and it works', async () => {
    const page = await visit(LESSON, { viewport: DESK });
    const policy = await page.locator('meta[http-equiv="content-security-policy"]').getAttribute('content');
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).not.toContain('unsafe-inline');
    expect(policy).not.toContain('unsafe-eval');
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "broken in"';
      document.head.append(script);
    });
    expect(await page.title()).not.toBe('broken in');
    expect(errors.join()).toContain('Content Security Policy');
  });

  test.each([1440, 1280])('two lines of 64 columns fit side by side at %i px', async (width) => {
    const page = await visit(LESSON, { viewport: { width, height: 900 } });
    expect(await shown(page)).toHaveLength(2);
    const heights = await page.locator('.compare pre.ts code > span').evaluateAll((lines) => {
      const [wide, narrow] = lines;
      if (!wide || !narrow) throw new Error('no lines');
      wide.textContent = 'x'.repeat(64);
      narrow.textContent = 'x';
      return [wide.getBoundingClientRect().height, narrow.getBoundingClientRect().height];
    });
    expect(heights[0]).toBe(heights[1]);
  });

  test('the steps of the twins stand on the same rows', async () => {
    const page = await visit(LESSON, { viewport: DESK });
    const tops = (lang: string) =>
      page
        .locator(`.step > p ~ pre.${lang}`)
        .evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().top));
    const ts = await tops('ts');
    expect(ts.length).toBeGreaterThan(20);
    expect(await tops('go')).toEqual(ts);
  });

  test('the pair that a reader picks is kept on the next page', async () => {
    const page = await visit(LESSON, { viewport: DESK });
    expect(await shown(page)).toEqual(['TypeScript', 'Go']);
    await pick(page, 'go-rust');
    expect(await shown(page)).toEqual(['Go', 'Rust']);
    await page.goto(`${site.url}/reference/connectors/`);
    expect(await shown(page)).toEqual(['Go', 'Rust']);
  });

  test('a phone has one language, by tabs', async () => {
    const page = await visit(LESSON, { viewport: PHONE });
    expect(await shown(page)).toEqual(['TypeScript']);
    await pick(page, 'rust');
    expect(await shown(page)).toEqual(['Rust']);
  });

  test('the pickers work without scripts', async () => {
    const desk = await visit(LESSON, { viewport: DESK, javaScriptEnabled: false });
    const radios = desk.locator('.compare').first();
    await radios.locator('label:has([value="ts-rust"])').click();
    await expect.poll(() => radios.locator('pre.rust').last().isVisible()).toBe(true);
    expect(await radios.locator('pre.go').last().isVisible()).toBe(false);
    const phone = await visit(LESSON, { viewport: PHONE, javaScriptEnabled: false });
    const tabs = phone.locator('.compare').first();
    await tabs.locator('label:has([value="go"])').click();
    await expect.poll(() => tabs.locator('pre.go').last().isVisible()).toBe(true);
    expect(await tabs.locator('pre.ts').last().isVisible()).toBe(false);
  });

  test('code is copied as it is in the file, and the whole file is one link away', async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    const page = await visit(LESSON, { viewport: DESK, permissions });
    const head = page.locator('.compare .heads > .ts').first();
    await head.locator('.copy button').click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(readRegion('.', 'examples/ts/etl/workflow.ts', 'start').code);
    await page.locator('.compare .heads > .go').nth(1).locator('.copy button').click();
    const tabs = await page.evaluate(() => navigator.clipboard.readText());
    expect(tabs).toBe(readRegion('.', 'examples/reference/go/etl/workflow.go', 'extract').code);
    await head.locator('a').click();
    await page.waitForURL('**/source/examples/ts/etl/workflow.ts/#start');
    expect(await page.locator(':target').textContent()).toContain('validate(');
    expect(await page.locator('main').textContent()).not.toMatch(/#step|#endregion/);
  });

  test('the letters are the site’s own', async () => {
    const page = await visit(LESSON, { viewport: DESK });
    const families = await page.evaluate(async () => {
      await document.fonts.ready;
      const of = (selector: string) => {
        const element = document.querySelector(selector);
        return element && getComputedStyle(element).fontFamily;
      };
      return [of('main p:not(.lede)'), of('h1'), of('pre'), of('svg text')];
    });
    expect(families).toEqual([
      expect.stringMatching(/^Inter-/),
      expect.stringMatching(/^"Source Serif 4-/),
      expect.stringMatching(/^"JetBrains Mono-/),
      expect.stringMatching(/^Inter-/),
    ]);
    const loaded = await page.evaluate(() =>
      Array.from(document.fonts, ({ family, status }) => (status === 'loaded' ? family : '')).filter(Boolean),
    );
    expect(new Set(loaded.map((family) => family.replaceAll('"', '').split('-')[0]))).toEqual(
      new Set(['Inter', 'Source Serif 4', 'JetBrains Mono']),
    );
  });

  test('on paper: the pair side by side, and nothing to click', async () => {
    const page = await visit(LESSON, { viewport: { width: 720, height: 1000 } });
    await page.emulateMedia({ media: 'print' });
    const visible = (selector: string) => page.locator(selector).first().isVisible();
    for (const chrome of ['header', '.sidebar', '.toc-bar', '.pick', '.copy', '.pagination-links']) {
      expect(await visible(chrome), chrome).toBe(false);
    }
    expect(await shown(page)).toEqual(['TypeScript', 'Go']);
    const [ts, go] = await page
      .locator('.compare .step-title ~ :is(.ts, .go)')
      .evaluateAll((cells) => cells.slice(0, 2).map((cell) => cell.getBoundingClientRect().toJSON()));
    expect(ts?.top).toBe(go?.top);
    expect(ts?.right).toBeLessThanOrEqual(go?.left ?? 0);
  });

  test('the search loads nothing before it is opened, and finds', async () => {
    const page = await visit('/', { viewport: DESK });
    const loaded = () =>
      page.evaluate(
        () => performance.getEntriesByType('resource').filter((e) => e.name.includes('/pagefind/')).length,
      );
    expect(await loaded()).toBe(0);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('heartbeat');
    await page.locator('site-search li a').first().waitFor();
    expect(await page.locator('site-search [role=status]').textContent()).toMatch(
      /^\d+ places have “heartbeat”\.$/,
    );
    expect(await loaded()).toBeGreaterThan(0);
    await page.locator('site-search li a').first().click();
    await page.waitForURL((url) => url.pathname !== '/');
    expect(await page.locator('main').textContent()).toMatch(/heartbeat/i);
    expect(errors).toEqual([]);
  });
});
