/**
 * Looks at the built site: pictures of its pages on a phone, a tablet and a desk, light and dark.
 *
 *   npm run shots                            into .cache/shots
 *   npm run shots -- <folder> /lessons/etl/  one page
 *
 * Of the files of examples, which are all alike, it takes one. Fails when a page scrolls sideways, or
 * when its console has an error (a refusal by the content security policy is one). SITE_BASE is the base
 * path that the site was built with.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuiltPage, builtPages, type Looked, look, THEMES, WIDTHS } from './built-site.ts';

const SCREENS = { 390: 'phone', 768: 'tablet', 1440: 'desk' } as const;

const [folder = '.cache/shots', only] = process.argv.slice(2);
const all = builtPages();
const source = all.find(({ path }) => path.endsWith('/etl/workflow.ts/'));
const pages = all.filter((page) => (only ? page.path === only : page.kind !== 'source' || page === source));
await mkdir(folder, { recursive: true });
const looked = await look();
let wrong = 0;
try {
  for (const page of pages) {
    for (const width of WIDTHS) {
      for (const theme of THEMES) {
        const problems = await take(looked, page, width, theme);
        wrong += problems.length;
        console.log(`${page.path} ${SCREENS[width]} ${theme}: ${problems.join('; ') || 'good'}`);
      }
    }
  }
} finally {
  await looked.close();
}
process.exitCode = wrong ? 1 : 0;

/** Takes a picture of the whole page, and one of what is seen first; returns what is wrong with the page. */
async function take(
  { visit }: Looked,
  { path, kind }: BuiltPage,
  width: keyof typeof SCREENS,
  theme: (typeof THEMES)[number],
): Promise<string[]> {
  await using visited = await visit(path, {
    viewport: { width, height: width < 500 ? 844 : 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  const { page, errors } = visited;
  await page.waitForLoadState('networkidle');
  const problems = errors.filter((error) => kind !== 'missing' || !error.includes('404'));
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (sideways > 0) problems.push(`scrolls ${sideways} px sideways`);
  const name =
    kind === 'source' ? 'source' : path.replace(/^\/|\/$|\.html$/g, '').replaceAll('/', '-') || 'home';
  const file = `${name}-${SCREENS[width]}-${theme}.png`;
  await page.screenshot({ path: join(folder, file), fullPage: true });
  await page.screenshot({ path: join(folder, `top-${file}`) });
  return problems;
}
