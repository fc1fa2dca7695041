/** The policy holds: nothing that a page does, or a reader does to it, is refused by it. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measured } from './budgets.ts';
import { builtPages, type Looked, look } from './built-site.ts';

const OPTIONS = { timeout: 360_000 };
const SCREENS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];
/** What a reader can click without leaving the page. */
const CLICKS = 'button, summary, .pick label, select, input[type="range"]';
/** Of things that are alike on a page, the first few. */
const ALIKE = 3;

const pages = builtPages();
/** Files of examples are all alike: one of them is clicked through. */
const clicked = pages.filter(
  ({ kind }, i) => kind !== 'source' || i === pages.findIndex((page) => page.kind === kind),
);
let refused = 0;
let clicks = 0;

describe('the content security policy', OPTIONS, () => {
  let looked: Looked;
  beforeAll(async () => {
    looked = await look();
  });
  afterAll(async () => {
    await looked?.close();
    measured('policy', { pages: pages.length, clicks, refused });
  });

  test.each(pages)('$path: is strict', ({ html }) => {
    const policy = /<meta http-equiv="content-security-policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|https?:|\*/);
    expect(html).not.toMatch(/<[^>]*\son\w+=/);
  });

  test.concurrent.for(clicked.map(({ path }) => path))(
    '%s: nothing is refused while a reader clicks',
    async (path, { expect }) => {
      for (const viewport of SCREENS) {
        await using visit = await looked.visit(path, {
          viewport,
          permissions: ['clipboard-read', 'clipboard-write'],
        });
        const { page, errors } = visit;
        await watch(page);
        clicks += await clickThrough(page);
        const violations = await page.evaluate(() => (window as unknown as { refused: string[] }).refused);
        refused += violations.length;
        expect.soft(violations).toEqual([]);
        expect.soft(errors.filter((error) => !/404/.test(error))).toEqual([]);
      }
    },
  );

  test('what is refused is seen', async () => {
    const { page, errors } = await looked.visit('/');
    await watch(page);
    await page.evaluate(() => document.body.setAttribute('style', 'color: red'));
    expect(await page.evaluate(() => (window as unknown as { refused: string[] }).refused)).toEqual([
      expect.stringContaining('style-src-attr'),
    ]);
    expect(errors.join()).toContain('Content Security Policy');
  });
});

/** From here on, what is refused is kept; what was refused before is in the console's errors. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const refused: string[] = [];
    Object.assign(window, { refused });
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
      refused.push(`${violatedDirective}: ${blockedURI} ${sourceFile}`);
    });
  });
}

async function clickThrough(page: Page): Promise<number> {
  const times = new Map<string, number>();
  for (let clicked = 0; ; clicked += 1) {
    const enough = [...times].filter(([, often]) => often === ALIKE).map(([what]) => what);
    const what = await page.evaluate(markNext, [CLICKS, enough] as const);
    if (what === undefined) return clicked;
    times.set(what, (times.get(what) ?? 0) + 1);
    const target = page.locator('[data-clicked="now"]');
    await target.click({ timeout: 2_000, noWaitAfter: true }).catch(() => undefined);
    // A dialog or a menu would cover the rest.
    await page.keyboard.press('Escape');
  }
}

/**
 * In the page: marks the next thing that can be seen, also since an earlier click, and was not clicked; returns what it
 * is alike to. Of what is in `enough`, none.
 */
function markNext([clicks, enough]: readonly [string, string[]]): string | undefined {
  document.querySelector<HTMLElement>('[data-clicked="now"]')?.setAttribute('data-clicked', 'before');
  for (const element of document.querySelectorAll<HTMLElement>(clicks)) {
    const what = `${element.tagName} ${element.closest('[class]')?.className}`;
    if (element.dataset.clicked || enough.includes(what)) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    element.dataset.clicked = 'now';
    return what;
  }
  return undefined;
}
