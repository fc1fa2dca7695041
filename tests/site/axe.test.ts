/** No page has what axe knows to be a barrier: in both themes, on a phone, on a tablet, on a desk. */
import { AxeBuilder } from '@axe-core/playwright';
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
    for (const theme of THEMES) {
      await using visit = await looked.visit(path, { colorScheme: theme, reducedMotion: 'reduce' });
      const { page } = visit;
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate(() => {
          for (const details of document.querySelectorAll('main details')) details.setAttribute('open', '');
        });
        const found = await axe(page);
        looks += 1;
        violations += found.violations.length;
        const messages = found.violations.flatMap(({ id, nodes }) =>
          nodes.slice(0, 3).map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`),
        );
        expect.soft(messages, `${theme}, ${width} px`).toEqual([]);
      }
    }
  });

  test('what is a barrier is found', async () => {
    const { page } = await looked.visit('/404.html');
    await page.evaluate(() => document.querySelector('main')?.append(document.createElement('img')));
    expect((await axe(page)).violations.map(({ id }) => id)).toContain('image-alt');
  });
});

function axe(page: Page) {
  return new AxeBuilder({ page })
    .options({ resultTypes: ['violations'] })
    .setLegacyMode()
    .analyze();
}
