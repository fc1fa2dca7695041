/** What a lesson costs its reader: bytes, and jumps while it loads. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUDGETS, measured, REPORT } from './budgets.ts';
import { builtPages, type Looked, look } from './built-site.ts';

const OPTIONS = { timeout: 120_000 };
const SCREENS = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } };
/** Bytes by which a page may change before the report is stale. */
const LITTLE = 1_500;
const STALE = 'npm run test:site -- --record';
const RECORDING = process.env.SITE_RECORD === 'true';
/** Fonts arrive late, as they do on a train. */
const LATE = 600;

interface Weight {
  html: number;
  style: number;
  script: number;
  fonts: number;
}

const lessons = builtPages().filter(({ kind }) => kind === 'lesson');
const weights: Record<string, Weight & { shift: number }> = {};

describe('the weight of a lesson', OPTIONS, () => {
  let looked: Looked;
  beforeAll(async () => {
    looked = await look();
  });
  afterAll(async () => {
    await looked?.close();
    measured('weight', weights);
  });

  test('there are lessons', () => expect(lessons.length).toBeGreaterThan(0));

  test.each(lessons.map(({ path }) => path))('%s', async (path) => {
    const weight = await weigh(looked, path);
    const shifts = [];
    for (const viewport of Object.values(SCREENS)) shifts.push(await shiftOf(looked, path, viewport));
    const shift = Math.max(...shifts);
    weights[path] = { ...weight, shift };
    expect
      .soft(weight.html + weight.style + weight.script, 'HTML + CSS + JS')
      .toBeLessThanOrEqual(BUDGETS.page);
    expect.soft(weight.script, 'JS').toBeLessThanOrEqual(BUDGETS.script);
    expect.soft(weight.fonts, 'fonts').toBeLessThanOrEqual(BUDGETS.fonts);
    expect.soft(shift, 'layout shift').toBeLessThanOrEqual(BUDGETS.shift);
  });

  test.skipIf(RECORDING)(`is what ${REPORT} says`, () => {
    const told: { weight: Record<string, Weight> } = JSON.parse(readFileSync(REPORT, 'utf8'));
    const total = (of: Record<string, Weight>) =>
      Object.fromEntries(
        Object.entries(of).map(([path, { html, style, script }]) => [path, html + style + script]),
      );
    const [now, then] = [total(weights), total(told.weight)];
    expect(Object.keys(now), STALE).toEqual(Object.keys(then));
    for (const [path, bytes] of Object.entries(now)) {
      expect(Math.abs(bytes - (then[path] ?? 0)), `${path}: ${STALE}`).toBeLessThan(LITTLE);
    }
  });
});

/** What a first visit fetches before the reader does anything. */
async function weigh({ browser, site }: Looked, path: string): Promise<Weight> {
  const page = await (await browser.newContext({ viewport: SCREENS.desk })).newPage();
  const weight: Weight = { html: 0, style: 0, script: 0, fonts: 0 };
  const kinds: Record<string, keyof Weight> = {
    document: 'html',
    stylesheet: 'style',
    script: 'script',
    font: 'fonts',
  };
  const bodies: Promise<void>[] = [];
  page.on('response', (response) => {
    const kind = kinds[response.request().resourceType()];
    if (!kind) return;
    const add = async () => {
      const body = await response.body();
      weight[kind] += kind === 'fonts' ? body.length : gzipSync(body, { level: 9 }).length;
    };
    bodies.push(add());
  });
  await page.goto(site.url + path, { waitUntil: 'networkidle' });
  await Promise.all(bodies);
  await page.context().close();
  return weight;
}

/** How much jumps, from the first paint to the page's end. */
async function shiftOf(
  { browser, site }: Looked,
  path: string,
  viewport: { width: number; height: number },
): Promise<number> {
  const page = await (await browser.newContext({ viewport })).newPage();
  await page.addInitScript(() => {
    Object.assign(window, { shift: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      })[]) {
        if (!entry.hadRecentInput) (window as unknown as { shift: number }).shift += entry.value;
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.route('**/*.woff2', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, LATE));
    await route.continue();
  });
  await page.goto(site.url + path);
  await page.evaluate(() => document.fonts.ready);
  await scrollThrough(page);
  const shift = await page.evaluate(() => (window as unknown as { shift: number }).shift);
  await page.context().close();
  return Number(shift.toFixed(4));
}

async function scrollThrough(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) {
      scrollTo({ top: y, behavior: 'instant' });
      await frame();
      await frame();
    }
  });
}
