/** The build: under another base path, and of a hundred pages. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { BUDGETS, measured } from './budgets.ts';
import { builtPages, look } from './built-site.ts';
import { brokenLinks } from './links.ts';

const OPTIONS = { timeout: 600_000 };
const run = promisify(execFile);

/** Builds the site of `cwd` into `dist`; returns seconds on the wall and of the processors. */
async function build(cwd: string, dist: string, env: Record<string, string> = {}) {
  const command = `node node_modules/astro/bin/astro.mjs build --outDir '${dist}' && times`;
  const start = performance.now();
  // Not what Vitest says of itself to those inside of it.
  const { NODE_ENV, BASE_URL, MODE, DEV, PROD, SSR, VITEST, ...own } = process.env;
  const { stdout, stderr } = await run('bash', ['-c', command], {
    cwd,
    env: { ...own, ...env, ASTRO_TELEMETRY_DISABLED: '1' },
    maxBuffer: 1e8,
  });
  const [user = 0, system = 0] = seconds(stdout.trim().split('\n').at(-1) ?? '');
  return { wall: (performance.now() - start) / 1000, processor: user + system, output: stdout + stderr };
}

/** `0m7.560s 0m1.599s` → [7.56, 1.599] */
function seconds(times: string): number[] {
  return [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => Number(m) * 60 + Number(s));
}

describe('a build', OPTIONS, () => {
  test('says no warning', async () => {
    const { output } = await build('.', '.cache/plain');
    expect(output).not.toMatch(/warn/i);
    rmSync('.cache/plain', { recursive: true });
  });

  test('stands under any base path, at any address', async () => {
    const dist = '.cache/based';
    const env = { SITE_BASE: '/deep/notebook', SITE_URL: 'https://notebook.example' };
    await build('.', dist, env);
    const pages = builtPages(dist);
    expect(brokenLinks(pages, dist, env.SITE_BASE)).toEqual([]);
    const looked = await look(dist, env.SITE_BASE);
    try {
      const { page, errors } = await looked.visit('/lessons/etl/', {
        viewport: { width: 1440, height: 900 },
      });
      await page.keyboard.press('Control+k');
      await page.keyboard.type('heartbeat');
      await page.locator('site-search li a').first().click();
      await page.waitForURL((url) => url.pathname.startsWith(`${env.SITE_BASE}/`));
      expect(errors).toEqual([]);
    } finally {
      await looked.close();
    }
    const etl = pages.find(({ path }) => path === '/lessons/etl/')?.html;
    expect(etl).toContain('<link rel="canonical" href="https://notebook.example/deep/notebook/lessons/etl/"');
    rmSync(dist, { recursive: true });
  });
});

describe('a hundred pages', OPTIONS, () => {
  const scratch = resolve('.cache/hundred');
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test(`take ${BUDGETS.build} s at most`, async () => {
    copySite(scratch);
    const written = multiply(join(scratch, 'content/docs'), 100);
    expect(written).toBe(100);
    const { wall, processor } = await build(scratch, 'dist');
    // With the files of examples that they cut from, each a page of its own.
    const pages = builtPages(join(scratch, 'dist')).length;
    expect(pages).toBeGreaterThanOrEqual(100);
    // On a machine that does other things too, the processors' time tells more than the wall's.
    const took = Math.min(wall, processor);
    measured('build', { pages, seconds: Number(took.toFixed(1)) });
    expect((took / pages) * 100).toBeLessThanOrEqual(BUDGETS.build);
  });
});

/** All that a build reads, elsewhere: packages as links, without what earlier builds left behind. */
function copySite(target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, 'node_modules'), { recursive: true });
  const big = /^(\.git|\.cache|\.ci|\.astro|dist|node_modules)$/;
  for (const name of readdirSync('.')) {
    if (big.test(name)) continue;
    cpSync(name, join(target, name), {
      recursive: true,
      filter: (path) => !/(^|\/)(target|examples\/data|node_modules)(\/|$)/.test(path),
    });
  }
  for (const name of readdirSync('node_modules')) {
    if (!/^\.(astro|vite|cache)/.test(name)) {
      symlinkSync(resolve('node_modules', name), join(target, 'node_modules', name));
    }
  }
}

/** Copies pages until there are `wanted`, each in turn; returns how many there are. */
function multiply(docs: string, wanted: number): number {
  const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.mdx?$/.test(file),
  );
  const models = pages.filter((file) => file.includes('/'));
  for (let i = 0; pages.length + i < wanted; i += 1) {
    const model = models[i % models.length] ?? '';
    const copy = join(docs, model.replace(/(\.mdx?)$/, `-copy-${i}$1`));
    if (existsSync(copy)) throw new Error(`${copy} exists`);
    writeFileSync(copy, readFileSync(join(docs, model)));
  }
  return readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((file) => /\.mdx?$/.test(file))
    .length;
}
