/** No page has what axe knows to be a barrier: in both themes, on a phone, on a tablet, on a desk. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measured } from './budgets.ts';
import { builtPages, type Looked, look, THEMES, WIDTHS } from './built-site.ts';

const OPTIONS = { timeout: 480_000 };
const pages = builtPages();
let looks = 0;
let violations = 0;

describe('axe finds nothing', OPTIONS, () => {
  let looked: Looked;
  beforeAll(async () => {
    looked = await look();
  });
  afterAll(async () => {
    await looked?.close();
    measured('axe', { pages: pages.length, looks, violations });
  });

  test.concurrent.for(pages.map(({ path }) => path))('%s', async (path, { expect }) => {
    await using visit = await looked.visit(path, { reducedMotion: 'reduce' });
    const { page } = visit;
    await page.evaluate(axe.source);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('main details')) details.setAttribute('open', '');
    });
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, theme);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        const found = await barriers(page);
        looks += 1;
        violations += found.length;
        const messages = found.flatMap(({ id, nodes }) =>
          nodes.slice(0, 3).map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`),
        );
        expect.soft(messages, `${theme}, ${width} px`).toEqual([]);
      }
    }
  });

  test('what is a barrier is found', async () => {
    const { page } = await looked.visit('/404.html');
    await page.evaluate(axe.source);
    await page.evaluate(() => document.querySelector('main')?.append(document.createElement('img')));
    expect((await barriers(page)).map(({ id }) => id)).toContain('image-alt');
  });
});

/** What axe, which is in the page already, finds there now. */
function barriers(page: Page): Promise<axe.Result[]> {
  return page.evaluate(async () => {
    const { axe: inPage } = window as unknown as { axe: typeof axe };
    return (await inPage.run({ resultTypes: ['violations'] })).violations;
  });
}
