/**
 * npm run test:site               builds the site and looks at it in a browser, from every side
 * npm run test:site -- -t axe     tests by name, as Vitest has it
 * npm run test:site -- --record   keeps what was measured in recordings/site.json
 */
// First: what follows is loaded below a parent that cleans up.
import '../../sandbox/supervised.ts';

import { writeFileSync } from 'node:fs';
import { run } from '../../sandbox/processes.ts';
import { BUDGETS, measureAnew, measurements, REPORT } from './budgets.ts';

const given = process.argv.slice(2);
const record = given.includes('--record');
const rest = given.filter((argument) => argument !== '--record');

/** Runs a command of the project; resolves to whether it ended well. */
const ran = (command: string, ...args: string[]): Promise<boolean> =>
  run(command, args, { show: true, env: { SITE_RECORD: String(record) } }).then(
    () => true,
    () => false,
  );

if (record && rest.length) throw new Error('--record keeps what all tests measured: it stands alone');
measureAnew();
/** Runs a project of Vitest, so many files at a time. */
const tested = (project: string, files: number): Promise<boolean> =>
  ran('vitest', 'run', '--project', project, '--maxWorkers', `${files}`, '--max-concurrency', '2', ...rest);

// What measures time is alone: another browser beside it would spoil what it measures.
const built = await ran('astro', 'build');
const looked = built && (await tested('site', 2));
const measuredWell = built && (await tested('site-measured', 1));
const good = looked && measuredWell;
if (good && record) {
  writeFileSync(REPORT, `${JSON.stringify({ version: 1, budgets: BUDGETS, ...measurements() }, null, 2)}\n`);
  console.log(`written: ${REPORT}`);
}
process.exitCode = good ? 0 : 1;
