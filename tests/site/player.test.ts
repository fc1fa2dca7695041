/** The player of recorded runs, on the lessons of the built site, in a real browser. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LESSONS } from './built-site.ts';
import { startChromium } from './chromium.ts';
import { type Served, serve } from './serve.ts';

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/** A machine that compiles Rust meanwhile is slow. */
const OPTIONS = { timeout: 40_000 };

describe.each(LESSONS)('the player of %s', OPTIONS, (pipeline) => {
  let site: Served;
  let browser: Browser;
  let errors: string[];

  beforeAll(async () => {
    [site, browser] = await Promise.all([serve('dist', process.env.SITE_BASE), startChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
  });
  afterEach(async () => {
    expect(errors, 'errors in the console').toEqual([]);
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
  });

  async function visit(options: BrowserContextOptions = { viewport: DESK }): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    errors = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${site.url}/lessons/${pipeline}/`);
    await page.locator('run-recording').scrollIntoViewIfNeeded();
    return page;
  }

  const player = (page: Page) => page.locator('run-recording').first();
  const range = (page: Page) => player(page).locator('[type=range]');
  const at = async (page: Page) => Number(await range(page).inputValue());
  const wall = (page: Page) => player(page).locator('.wall').textContent();
  const picture = (page: Page) => player(page).locator('.drawing svg').innerHTML();
  /** Moves the playhead by hand. */
  const scrub = async (page: Page, to: number) => {
    await range(page).focus();
    await expect.poll(async () => (await fetched(page)).length).toBeGreaterThan(1);
    await range(page).evaluate((input: HTMLInputElement, value) => {
      input.value = String(value);
      input.dispatchEvent(new Event('input'));
    }, to);
  };
  const lit = (page: Page) =>
    page
      .locator('.compare .step.now')
      .evaluateAll((steps) => steps.map((step) => step.closest('.compare')?.id));
  const fetched = (page: Page) =>
    page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .flatMap(({ name }) => /recordings\/.*|recording\.player/.exec(name) ?? []),
    );

  test('the picture is on the page before any script: a phone without scripts shows it, and the list', async () => {
    const page = await visit({ viewport: PHONE, javaScriptEnabled: false });
    const shown = player(page);
    await expect.poll(() => shown.locator('.drawing svg').isVisible()).toBe(true);
    expect(await shown.locator('.drawing .activity .did').count()).toBeGreaterThan(0);
    expect(await shown.locator('.play').isVisible()).toBe(false);
    expect(await shown.locator('select').isVisible()).toBe(false);
    expect(await shown.locator('.veil').isVisible()).toBe(false);
    await shown.locator('.history > summary').click();
    expect(await shown.locator('.events summary').first().textContent()).toMatch(/^00:00:00/);
    expect(await shown.locator('.history > p a').getAttribute('href')).toMatch(/\/recordings\/.*\.json$/);
  });

  test('nothing of the player, and no recording, is fetched before somebody turns to it', async () => {
    const page = await visit();
    expect(await fetched(page)).toEqual([]);
    await range(page).focus();
    await expect.poll(async () => (await fetched(page)).length).toBe(2);
  });

  test('it plays to the end, with both clocks; the button pauses it', async () => {
    const page = await visit();
    const end = await wall(page);
    const play = player(page).locator('.play');
    await play.click();
    await expect.poll(() => play.getAttribute('aria-label')).toBe('Pause');
    await expect.poll(() => at(page)).toBeGreaterThan(0.02);
    await play.click();
    const stopped = await at(page);
    expect(stopped).toBeLessThan(1);
    expect(await wall(page)).not.toBe(end);
    await page.waitForTimeout(300);
    expect(await at(page)).toBe(stopped);
    await play.click();
    await expect.poll(() => at(page), { timeout: 25_000 }).toBe(1);
    expect(await wall(page)).toBe(end);
    expect(await play.getAttribute('aria-label')).toBe('Play');
  });

  test('the keyboard alone reaches it, plays it, and goes from event to event', async () => {
    const page = await visit();
    const focused = () => page.evaluate(() => document.activeElement?.matches('run-recording [type=range]'));
    await player(page).locator('select').focus();
    for (let i = 0; i < 3 && !(await focused()); i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe(true);
    await expect.poll(async () => (await fetched(page)).length).toBe(2);
    await page.keyboard.press('Home');
    await expect.poll(() => at(page)).toBe(0);
    const told: (string | null)[] = [];
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press('ArrowRight');
      told.push(await range(page).getAttribute('aria-valuetext'));
    }
    const places = await at(page);
    expect(places).toBeGreaterThan(0);
    expect(told[0]).toMatch(/^00:00:00\.\d{3} \S/);
    await page.keyboard.press('ArrowLeft');
    expect(await at(page)).toBeLessThan(places);
    await page.keyboard.press('Space');
    await expect.poll(() => at(page), { timeout: 25_000 }).toBeGreaterThan(places);
    await page.keyboard.press('Space');
    expect(await player(page).locator('.play').getAttribute('aria-label')).toBe('Play');
  });

  test('a mouse and a finger drag the playhead over the picture', async () => {
    const page = await visit({ viewport: PHONE, hasTouch: true });
    await range(page).focus();
    await expect.poll(async () => (await fetched(page)).length).toBe(2);
    const box = await player(page).locator('.drawing svg').boundingBox();
    if (!box) throw new Error('no picture');
    const middle = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width / 2, middle);
    await page.mouse.down();
    await expect.poll(() => at(page)).toBeCloseTo(0.5, 1);
    await page.mouse.move(box.x + box.width / 4, middle);
    await page.mouse.up();
    expect(await at(page)).toBeCloseTo(0.25, 1);
    const veil = await player(page).locator('.veil line').boundingBox();
    expect(Math.abs((veil?.x ?? 0) - (box.x + box.width / 4))).toBeLessThan(4);
    await page.touchscreen.tap(box.x + box.width * 0.75, middle);
    expect(await at(page)).toBeCloseTo(0.75, 1);
    const across = () => document.documentElement.scrollWidth - window.innerWidth;
    expect(await page.evaluate(across)).toBeLessThanOrEqual(0);
  });

  test('the step that runs is lit in the code, whichever languages are shown, and linked', async () => {
    const page = await visit();
    await scrub(page, 0.999);
    const places = await lit(page);
    expect(places.length).toBeGreaterThan(0);
    expect(places.every((id) => id?.startsWith(`${pipeline}-workflow-`))).toBe(true);
    const pres = page.locator('.compare .step.now pre');
    expect(await pres.count()).toBe(places.length * 3);
    const link = player(page).locator('.state a');
    expect(await link.getAttribute('href')).toBe(`#${places[0]}`);
    expect(await page.locator('.compare .step.now > p').first().textContent()).toBe(await link.textContent());
    await range(page).press('End');
    await expect.poll(() => lit(page)).toEqual([]);
  });

  test('another language has other clocks, the same height, and is the page’s own choice', async () => {
    const page = await visit({ viewport: PHONE });
    await range(page).focus();
    const before = await wall(page);
    const height = (await player(page).boundingBox())?.height;
    await player(page).locator('label:has([value="go"])').click();
    await expect.poll(() => wall(page)).not.toBe(before);
    expect((await player(page).boundingBox())?.height).toBe(height);
    expect(await page.locator('.compare').first().locator('.heads .go').first().isVisible()).toBe(true);
    // And on the next page that is read.
    await page.reload();
    await expect.poll(() => player(page).locator('.langs :checked').getAttribute('value')).toBe('go');
    await expect.poll(() => wall(page)).not.toBe(before);
  });

  test('every other scenario can be chosen: it is fetched, drawn and played', async () => {
    const page = await visit();
    const select = player(page).locator('select');
    const values = await select
      .locator('option')
      .evaluateAll((all) => all.map((one) => one.getAttribute('value')));
    expect(values.length).toBeGreaterThan(1);
    let before = await picture(page);
    for (const slug of values.slice(1)) {
      await select.selectOption(slug);
      await expect.poll(() => picture(page)).not.toBe(before);
      before = await picture(page);
      expect(await player(page).locator('.history > p a').getAttribute('href')).toContain(`${slug}.json`);
      await scrub(page, 0.5);
      expect(await at(page)).toBe(0.5);
    }
  });

  test('the list tells what went in and came out, and follows the playhead', async () => {
    const page = await visit();
    await player(page).locator('.history > summary').click();
    const rows = player(page).locator('.events > ol > li > details');
    const single = rows.and(page.locator('[data-story]'));
    await single.first().locator('summary').click();
    await expect.poll(() => single.first().locator('dd').first().textContent()).toContain('{');
    expect(await single.first().locator('code').first().textContent()).toBe('WorkflowExecutionStarted');
    await scrub(page, 0);
    await expect.poll(() => rows.and(page.locator('.current')).count()).toBe(1);
    expect(await rows.last().getAttribute('class')).toContain('ahead');
    for (const fold of await rows.and(page.locator('[data-from]')).all()) {
      await fold.locator('summary').first().click();
      const inner = fold.locator('ol details');
      await expect.poll(() => inner.count()).toBeGreaterThan(3);
      await inner.first().locator('summary').click();
      await expect
        .poll(() => inner.first().locator('code').first().textContent())
        .toBe('ActivityTaskScheduled');
    }
  });

  test('who wants no motion gets none: the playhead jumps from event to event', async () => {
    const page = await visit({ viewport: DESK, reducedMotion: 'reduce' });
    await range(page).focus();
    await expect.poll(async () => (await fetched(page)).length).toBe(2);
    await page.evaluate(() => {
      const input = document.querySelector<HTMLInputElement>('run-recording [type=range]');
      const seen: number[] = [];
      Object.assign(window, { seen });
      const look = () => {
        const value = Number(input?.value);
        if (seen.at(-1) !== value) seen.push(value);
        requestAnimationFrame(look);
      };
      look();
    });
    await player(page).locator('.play').click();
    await page.waitForTimeout(2500);
    await player(page).locator('.play').click();
    const seen = (await page.evaluate('seen')) as number[];
    expect(seen.length).toBeGreaterThan(1);
    // Every place that was shown is one of an event: to go one on and one back ends there.
    const last = await at(page);
    await range(page).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    expect(await at(page)).toBe(last);
  });

  test('on paper the picture is there, whole, without buttons', async () => {
    const page = await visit();
    await scrub(page, 0.2);
    await page.emulateMedia({ media: 'print' });
    expect(await player(page).locator('.drawing svg').isVisible()).toBe(true);
    expect(await player(page).locator('.veil').isVisible()).toBe(false);
    expect(await player(page).locator('.play').isVisible()).toBe(false);
  });

  test('a recording that cannot be fetched is said', async () => {
    const page = await visit();
    await page.route('**/recordings/**', (route) => route.abort());
    await player(page).locator('.play').click();
    await expect
      .poll(() => player(page).locator('.state').textContent())
      .toBe('The recording could not be fetched');
    errors = [];
  });
});
