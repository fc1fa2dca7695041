/**
 * npm run chaos                     both pipelines in three languages, side by side: workers are killed, frozen and thawed, edges go away
 * npm run chaos -- --runs 300       so many runs a language (30), at most 60 at a time
 * npm run chaos -- --seed 7         the same runs and the same chaos again; without it, others each time
 * npm run chaos -- --pipeline etl   keeps to some pipelines (may be repeated)
 * npm run chaos -- --lang go        keeps to some languages (may be repeated)
 */
// First: what follows is loaded below a parent that cleans up.
import '../sandbox/supervised.ts';

import { parseArgs } from 'node:util';
import { LANGUAGES, language } from '../sandbox/languages.ts';
import { quiet } from '../sandbox/temporal.ts';
import { SUBJECTS, wave } from '../tests/chaos/chaos.ts';

const AT_ONCE = 60;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 20)) },
    pipeline: { type: 'string', multiple: true, default: [] },
    lang: { type: 'string', multiple: true, default: [] },
  },
});
const runs = wholeNumber('runs', values.runs);
const seed = wholeNumber('seed', values.seed);
const pipelines = values.pipeline.length ? values.pipeline.map(known) : Object.keys(SUBJECTS);
const languages = values.lang.length ? values.lang.map(language) : LANGUAGES;

quiet();
for (const one of languages) await one.build();
const failed = await Promise.all(languages.map(play));
const wrong = failed.reduce((sum, count) => sum + count, 0);
console.log(`${languages.length * runs - wrong} passed, ${wrong} failed`);
process.exit(wrong ? 1 : 0);

/** All the runs of a language, a wave after the other. Returns how many were wrong. */
async function play(one: (typeof languages)[number]): Promise<number> {
  let count = 0;
  for (let done = 0; done < runs; done += AT_ONCE) {
    const options = { language: one, seed: seed + done, runs: Math.min(AT_ONCE, runs - done), pipelines };
    const found = await wave(options);
    const what = Object.entries(found.done).map(([name, times]) => `${name} ${times}×`);
    console.log(
      `${found.wrong.length ? '✗' : '✓'} ${one.label}: ${options.runs} runs, seed ${options.seed}; ${what.join(', ')}`,
    );
    for (const { subject, faults } of found.wrong)
      console.log(`  ${subject}\n    ${faults.slice(0, 5).join('\n    ')}`);
    count += found.wrong.length;
  }
  return count;
}

function known(name: string): string {
  if (name in SUBJECTS) return name;
  console.error(`npm run chaos: no pipeline "${name}": there are ${Object.keys(SUBJECTS).join(', ')}`);
  process.exit(1);
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  console.error(`npm run chaos: --${name} must be a whole number above 0`);
  process.exit(1);
}
