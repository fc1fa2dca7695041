/** Every page on a phone, and every page without scripts. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { builtPages, type Looked, look } from './built-site.ts';

const OPTIONS = { timeout: 60_000 };
const paths = builtPages().map(({ path }) => path);

describe('every page', OPTIONS, () => {
  let looked: Looked;
  beforeAll(async () => {
    looked = await look();
  });
  afterAll(() => looked?.close());

  test.concurrent.for(paths)('%s: nothing scrolls sideways at 390 px', async (path, { expect }) => {
    await using visit = await looked.visit(path, { viewport: { width: 390, height: 844 } });
    const { page } = visit;
    const wide = await page.evaluate(() => {
      const elements = [document.documentElement, ...document.querySelectorAll('pre, table, figure')];
      return elements
        .filter((element) => element.scrollWidth > element.clientWidth + 1)
        .map((element) => `${element.tagName}.${element.className}: ${element.textContent?.slice(0, 60)}`);
    });
    expect(wide).toEqual([]);
  });

  test.concurrent.for(paths)('%s: works without scripts', async (path, { expect }) => {
    await using visit = await looked.visit(path, { javaScriptEnabled: false });
    const { page, errors } = visit;
    expect(await page.locator('h1').first().isVisible()).toBe(true);
    // Playwright still looks inside of the page: it is the page's own scripts that do not run.
    for (const compare of await page.locator('.compare').all()) {
      expect(await compare.locator('.step').last().locator('pre.ts').isVisible()).toBe(true);
    }
    expect((await page.locator('main').textContent())?.length).toBeGreaterThan(80);
    expect(errors.filter((error) => !/404/.test(error))).toEqual([]);
    const menu = page.locator('.sidebar-content a').first();
    if (await menu.count()) {
      await page.setViewportSize({ width: 1440, height: 900 });
      expect(await menu.isVisible()).toBe(true);
    }
  });
});
