/** The workers that scenarios run: built when the first test of a language wants them. */
import { mkdir } from 'node:fs/promises';
import { lock } from 'proper-lockfile';
import type { Language } from '../../sandbox/languages.ts';
import { CACHE } from '../../sandbox/processes.ts';

/** A first build compiles all that a language's SDK is made of. */
export const BUILD_LIMIT_MS = 30 * 60_000;

/** Builds a language's worker, and says how long it took. BUILT=yes says that it has been done. */
export async function built(language: Language): Promise<void> {
  if (process.env.BUILT === 'yes') return;
  const before = performance.now();
  // Files of tests run side by side, and each wants it built: the first of them builds.
  const file = `${CACHE}/build/${language.id}`;
  await mkdir(`${CACHE}/build`, { recursive: true });
  const unlock = await lock(file, {
    realpath: false,
    stale: 60_000,
    retries: { forever: true, minTimeout: 100, maxTimeout: 500 },
  });
  await language
    .build('covered')
    .catch((error: Error) => {
      throw new Error(`${language.label}: the worker does not build\n${error.message}`);
    })
    .finally(unlock);
  console.log(`${language.label}: worker built in ${((performance.now() - before) / 1000).toFixed(1)} s`);
}
