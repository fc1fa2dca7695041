/** The lessons under `npm start`: each pipeline runs in each language, through the page, whatever is done to it. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LANGUAGES, type Language, missing } from '../../sandbox/languages.ts';
import { run, Service } from '../../sandbox/processes.ts';
import { until } from '../scenarios/until.ts';
import { LESSONS } from '../site/built-site.ts';
import { startChromium } from '../site/chromium.ts';

const MINUTE = 60_000;
/** A run in a slow language on a machine that is busy; and a first build. */
const OPTIONS = { timeout: 10 * MINUTE };
const ENDS = ['done', 'failed', 'stopped'];

/** What the result must hold where a whole January ran. A new lesson is run without a line here, too. */
const JANUARY: Record<string, Record<string, string>> = {
  etl: { total_records: '56,441', successful_records: '56,441', failed_records: '0' },
  streaming: { total_events: '27,004', processed_windows: '1,763' },
};

let service: Service;
let browser: Browser;
let page: Page;
let errors: string[];
let address: string;

beforeAll(async () => {
  browser = await startChromium();
  const args = ['--disable-warning=ExperimentalWarning', 'tools/notebook.ts', '--no-build', '--port', '0'];
  service = await Service.start('the notebook', process.execPath, [...args, '--grace', '5'], {
    ready: '#token=',
  });
  address = /http:\S+/.exec(service.log)?.[0] ?? '';
}, MINUTE);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  // Other tests have servers of their own beside.
  const all = (await run('ps', ['-eo', 'pid=,ppid=,args='])).split('\n').map((line) => line.trim());
  const servers = all.filter((one) => one.includes('tools/notebook.ts')).map((one) => one.split(/\s+/)[0]);
  const left = all.filter((one) => one.includes('runner.ts {') && !servers.includes(one.split(/\s+/)[1]));
  expect(left, 'processes of runs').toEqual([]);
}, MINUTE);
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') {
    const panel = await live()
      .textContent()
      .catch(() => '');
    console.error(panel, service.log);
    // One failure is enough: the next test shall not find a run under way.
    const stop = live().getByRole('button', { name: 'Stop' });
    await stop.click({ timeout: 1000 }).catch(() => {});
  }
  await page?.context().close();
}, MINUTE);

const live = (): Locator => page.locator('.live');
const press = (name: string | RegExp) => live().getByRole('button', { name }).click();
const phase = () => live().getAttribute('data-phase');
const player = () => page.locator('run-recording').first();
const inPlayer = (selector: string) => player().locator(selector).count();
const turns = (to: string) =>
  expect
    .poll(async () => [to, ...ENDS].includes((await phase()) ?? '') && phase(), {
      timeout: 5 * MINUTE,
      interval: 100,
    })
    .toBe(to);
const shown = () => player().locator('select :checked').textContent();
const notes = () => live().locator('.notes').textContent();
/** A table of the panel: its rows, each by the words of its cells. */
const table = (caption: string) =>
  live()
    .locator('table', { hasText: caption })
    .locator('tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));

/** Opens a lesson as a reader does: first the address that was printed. */
async function visit(pipeline: string): Promise<void> {
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);
  // The token is kept out of the address, which people copy.
  await expect.poll(() => page.url()).not.toContain('token');
  await expect.poll(() => page.evaluate(() => localStorage.getItem('notebook-token'))).toBeTruthy();
  await page.goto(new URL(`/lessons/${pipeline}/`, address).href);
  await live().waitFor();
}

async function choose({ id, label }: Language): Promise<void> {
  await live().getByLabel('Language').selectOption(id);
  await live()
    .getByRole('button', { name: `Run in ${label}` })
    .waitFor();
}

/** What a whole January must have come to, on the panel and in the player. */
async function holdsAll(pipeline: string, { label }: Language): Promise<void> {
  const output = Object.fromEntries(await table('The result'));
  expect(Object.keys(output), 'fields of the result').not.toEqual([]);
  expect(output).toMatchObject(JANUARY[pipeline] ?? {});
  expect(await table('The first rows that landed')).toHaveLength(5);
  expect(await shown()).toContain(`This run, in ${label}`);
  expect(await player().locator('.state').textContent()).toBe('completed');
  expect(errors).toEqual([]);
}

const cases = LESSONS.flatMap((pipeline) => LANGUAGES.map((spoken) => ({ pipeline, id: spoken.id, spoken })));

describe.each(cases)('$pipeline in $id', OPTIONS, ({ pipeline, spoken }) => {
  test('runs from the page, with its edge broken and mended, and its worker killed', async ({ skip }) => {
    const reason = await missing(spoken);
    if (reason) skip(reason);
    await visit(pipeline);
    await choose(spoken);
    // All that can be done before it begins is: the machine may be quick.
    await press(/^Break the/);
    await press(`Run in ${spoken.label}`);
    await turns('running');
    // Temporal's own page of the run answers while it goes on.
    const web = live().getByRole('link', { name: "Temporal's Web UI" });
    const url = new URL((await web.getAttribute('href')) ?? '');
    expect([url.hostname, (await fetch(url)).status]).toEqual(['127.0.0.1', 200]);
    // Not in the recording that the page came with: in this run.
    await expect.poll(shown, { timeout: MINUTE, interval: 50 }).toContain('This run');
    await expect.poll(() => inPlayer('.tried'), { timeout: MINUTE, interval: 50 }).toBeGreaterThan(0);
    await press(/^Mend the/);
    await expect.poll(notes).toContain('is mended.');
    await press('Crash the worker now');
    await expect.poll(notes, { timeout: MINUTE }).toContain('SIGKILL');
    // The steps are lit in the code while they run.
    await expect.poll(() => page.locator('.compare .step.now').count(), { interval: 50 }).toBeGreaterThan(0);
    await turns('done');
    await holdsAll(pipeline, spoken);
    // It is a recording now: it can be played.
    await player().locator('[type=range]').press('Home');
    expect(await player().locator('[type=range]').inputValue()).toBe('0');
    expect(await player().locator('.state').textContent()).not.toBe('completed');
  });
});

describe('a run', OPTIONS, () => {
  test('takes the input that the reader edits; what the contract refuses is said beside the field', async () => {
    await visit('etl');
    await press('Edit the input first');
    await turns('ready');
    const problem = (label: string) =>
      live()
        .getByLabel(label)
        .evaluate((input: HTMLInputElement) => input.validationMessage);
    await live().getByLabel('pipeline_id').fill('my month');
    await live().getByLabel('batch_size').fill('0');
    await press('Run with this input');
    expect(await problem('pipeline_id')).toContain('must match');
    expect(await problem('batch_size')).not.toBe('');
    expect(await phase()).toBe('ready');
    await live().getByLabel('pipeline_id').fill('my_month');
    await live().getByLabel('batch_size').fill('5000');
    for (const _ of [1, 2])
      await live().getByRole('button', { name: 'Remove this one of sources' }).first().click();
    await press('Run with this input');
    await turns('done');
    expect(Object.fromEntries(await table('The result'))).toMatchObject({
      pipeline_id: 'my_month',
      total_records: '3,322',
      successful_records: '3,322',
    });
    expect(await inPlayer('.activity .did')).toBe(5);
  });

  test('fails as the pipeline fails, and says why', async () => {
    await visit('streaming');
    await press('Edit the input first');
    await turns('ready');
    const topic = await live().getByLabel('source_topic').inputValue();
    await live().getByLabel('target_topic').fill(topic);
    await press('Run with this input');
    await turns('failed');
    const words = 'InvalidInput: target_topic: must differ from source_topic';
    expect(await live().getByRole('alert').textContent()).toBe(words);
    expect(await player().locator('.state').textContent()).toBe(`failed: ${words}`);
  });

  test('is stopped at any time: while it is built, while its sandbox starts, while it runs', async () => {
    await visit('etl');
    for (const when of ['building', 'starting', 'running']) {
      await press(/^Run in/);
      await turns(when);
      await press('Stop');
      await turns('stopped');
      expect(await live().getByRole('status').textContent()).toBe('Stopped.');
    }
    expect(errors).toEqual([]);
  });

  test('is stopped though its start is not answered yet', async () => {
    await visit('etl');
    const answer = Promise.withResolvers<void>();
    await page.route('**/notebook/api/run', async (route) => {
      if (route.request().method() === 'POST') await answer.promise;
      await route.continue();
    });
    await press(/^Run in/);
    await press('Stop');
    answer.resolve();
    await turns('stopped');
    expect(await live().getByRole('status').textContent()).toBe('Stopped.');
    expect(errors).toEqual([]);
  });

  test('goes on when its page is loaded again, and ends when its page is closed', async () => {
    await visit('etl');
    await press('Edit the input first');
    await turns('ready');
    await page.reload();
    await turns('ready');
    expect(await live().getByLabel('pipeline_id').inputValue()).toBe('january');
    // Any other page of the notebook does not listen to the run; but it can ask whether there is one.
    await page.goto(new URL('/', address).href);
    const running = () =>
      page.evaluate(async () => {
        const headers = { 'x-notebook-token': localStorage.getItem('notebook-token') ?? '' };
        const answer = await fetch('/notebook/api/run', { headers });
        return Object.keys(await answer.json()).length > 0;
      });
    expect(await running()).toBe(true);
    await until('it has ended', async () => !(await running()), 500);
  });

  test('is one: another page is told so', async () => {
    await visit('etl');
    await press('Edit the input first');
    await turns('ready');
    const other = await page.context().newPage();
    await other.goto(new URL('/lessons/streaming/', address).href);
    await other
      .locator('.live')
      .getByRole('button', { name: /^Run in/ })
      .click();
    await expect
      .poll(() => other.locator('.live [role=alert]').textContent())
      .toContain('one run at a time: etl');
    await press('Stop');
    await turns('stopped');
  });
});

describe('who has not the address that was printed', OPTIONS, () => {
  test('reads, but is told how to run', async () => {
    page = await (await browser.newContext()).newPage();
    await page.goto(new URL('/lessons/etl/', address).href);
    await expect
      .poll(() => page.locator('[data-run] [role=alert]').textContent())
      .toContain('npm start has printed');
    expect(await page.locator('[data-run] button').count()).toBe(0);
  });
});

describe('a link with another token', OPTIONS, () => {
  test('does not take the good one away', async () => {
    await visit('etl');
    await page.goto(new URL('/lessons/etl/#token=evil', address).href);
    await page.reload();
    await live().waitFor();
    expect(page.url()).not.toContain('evil');
    await live()
      .getByRole('button', { name: /^Run in/ })
      .waitFor();
    expect(errors.filter((one) => !one.includes('401'))).toEqual([]);
  });
});

describe('a static site', OPTIONS, () => {
  test('has none of this: no script, no button, no call', async () => {
    const files = await run('grep', ['-rlE', '/notebook/(api|live)|notebook-token', 'dist']).catch(() => '');
    expect(files.trim()).toBe('');
  });
});
