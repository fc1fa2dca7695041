/**
 * Looks at the built site: screenshots of its pages on a desk and on a phone, light and dark.
 *
 *   node tests/site/shots.ts [folder for the pictures] [path of one page]
 *
 * Fails when a page scrolls sideways, or when its console has an error (a refusal by the content
 * security policy is one). SITE_BASE is the base path that the site was built with.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { startChromium } from './chromium.ts';
import { serve } from './serve.ts';

const PAGES: Record<string, string> = {
  home: '/',
  etl: '/lessons/etl/',
  connectors: '/reference/connectors/',
  source: '/source/examples/ts/etl/workflow.ts/',
  missing: '/no/such/page/',
};
const SCREENS = { desk: [1440, 900], phone: [390, 844] } as const;
const THEMES = ['light', 'dark'] as const;

const [folder = '.cache/shots', only] = process.argv.slice(2);
const pages = Object.entries(PAGES).filter(([, path]) => !only || only === path);
await mkdir(folder, { recursive: true });
const site = await serve('dist', process.env.SITE_BASE);
const browser = await startChromium();
let wrong = 0;
try {
  for (const [name, path] of pages) {
    for (const screen of ['desk', 'phone'] as const) {
      for (const theme of THEMES) {
        const problems = await look(browser, name, path, screen, theme);
        wrong += problems.length;
        console.log(`${name} ${screen} ${theme}: ${problems.join('; ') || 'good'}`);
      }
    }
  }
} finally {
  await browser.close();
  site.close();
}
process.exitCode = wrong ? 1 : 0;

/** Takes one picture; returns what is wrong with the page. */
async function look(
  browser: Browser,
  name: string,
  path: string,
  screen: keyof typeof SCREENS,
  theme: (typeof THEMES)[number],
): Promise<string[]> {
  const [width, height] = SCREENS[screen];
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    const expected = name === 'missing' && message.text().includes('404');
    if (message.type() === 'error' && !expected) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(site.url + path, { waitUntil: 'networkidle' });
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (sideways > 0) problems.push(`scrolls ${sideways} px sideways`);
  const file = `${name}-${screen}-${theme}.png`;
  await page.screenshot({ path: join(folder, file), fullPage: true });
  await page.screenshot({ path: join(folder, `top-${file}`) });
  await context.close();
  return problems;
}
