/** What a `<Compare>` tells on hover, and not before: types of names, and what the tests ran. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readRegion } from '../../site/lib/regions.ts';
import { type Looked, look } from './built-site.ts';

const OPTIONS = { timeout: 60_000 };
const LESSON = '/lessons/etl/';
const START = 'etl-workflow-start';
const FILE = 'examples/ts/etl/workflow.ts';

describe('a Compare on hover', OPTIONS, () => {
  let looked: Looked;
  beforeAll(async () => {
    looked = await look();
  });
  afterEach(async () => {
    await Promise.all(looked.browser.contexts().map((context) => context.close()));
  });
  afterAll(() => looked?.close());

  const open = async (viewport = { width: 1440, height: 900 }) => {
    const { page, errors } = await looked.visit(LESSON, { viewport });
    return { page, errors, fetched: await fetches(page) };
  };

  test('says what a name is that a mouse rests on', async () => {
    const { page, errors, fetched } = await open();
    const [x, y] = await positionOf(page, 'validate');
    expect(fetched()).toEqual([]);
    await page.mouse.move(x, y);
    const tip = page.locator('.type');
    await expect.poll(() => tip.textContent()).toBe('validate: (input: unknown) => ETLInput');
    expect(fetched()).toEqual([expect.stringContaining(`/types/${FILE}.json`)]);
    await page.keyboard.press('Escape');
    await expect.poll(() => tip.isVisible()).toBe(false);
    await page.mouse.move(...(await positionOf(page, 'processed_at')));
    await expect.poll(() => tip.textContent()).toBe('processed_at: string');
    expect(await tip.isVisible()).toBe(true);
    await page.mouse.move(5, 5);
    await expect.poll(() => tip.isVisible()).toBe(false);
    expect(fetched()).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  test('lists the names for those who do not point', async () => {
    const { page } = await open({ width: 390, height: 844 });
    const button = page.locator(`#${START} .names`);
    await button.focus();
    await page.keyboard.press('Enter');
    const list = page.locator(`#${START} .types`);
    await expect.poll(() => list.isVisible()).toBe(true);
    expect(await list.textContent()).toContain('processed_at: string');
    await page.keyboard.press('Escape');
    expect(await list.isVisible()).toBe(false);
    await page.keyboard.press('Enter');
    expect(await list.isVisible()).toBe(true);
  });

  test('says how often each line ran, and which scenarios ran it', async () => {
    const { page, errors, fetched } = await open();
    const told = JSON.parse(readFileSync('recordings/etl/lines.json', 'utf8')).ts[FILE];
    const compare = page.locator(`#${START}`);
    expect(fetched()).toEqual([]);
    await compare.locator('.proven summary').click();
    await expect.poll(() => compare.locator('.proven li').count()).toBe(told.regions.start.length);
    const names = await compare.locator('.proven li').allTextContents();
    expect(names.sort()).toEqual(told.regions.start.sort());
    const shown = await compare
      .locator('pre.ts code > span')
      .evaluateAll((lines) => lines.map((line) => (line as HTMLElement).dataset.hits ?? null));
    const { lines } = readRegion('.', FILE, 'start');
    expect(shown).toEqual(lines.map((line) => (line in told.lines ? String(told.lines[line]) : null)));
    expect(shown.filter(Boolean).length).toBeGreaterThan(3);
    expect(errors).toEqual([]);
  });
});

/** What the page fetches from here on, of what may be asked for. */
async function fetches(page: Page): Promise<() => string[]> {
  const urls: string[] = [];
  page.on('request', (request) => {
    if (/\/(types|executed)\//.test(request.url())) urls.push(request.url());
  });
  await page.waitForLoadState('load');
  return () => urls;
}

/** The middle of a word in the TypeScript of the first region, scrolled into view. */
async function positionOf(page: Page, word: string): Promise<[number, number]> {
  const box = await page.locator(`#${START} pre.ts`).evaluateAll(async (cells, wanted) => {
    for (const cell of cells) {
      const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.textContent?.indexOf(wanted) ?? -1;
        if (at < 0) continue;
        cell.scrollIntoView({ block: 'center', behavior: 'instant' });
        // Scrolling takes the tooltip away: let it be over.
        await new Promise((resolve) => setTimeout(resolve, 200));
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + wanted.length);
        return range.getBoundingClientRect().toJSON();
      }
    }
    return null;
  }, word);
  if (!box) throw new Error(`no ${word}`);
  return [box.x + box.width / 2, box.y + box.height / 2];
}
