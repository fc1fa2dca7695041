/**
 * npm run test:site               builds the site and looks at it in a browser, from every side
 * npm run test:site -- -t axe     tests by name, as Vitest has it
 * npm run test:site -- --record   keeps what was measured in recordings/site.json
 */
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
// One file after the other: two browsers at once would spoil each other's measurements. Where nothing is
// measured, two pages at once.
const good =
  (await ran('astro', 'build')) &&
  (await ran(
    'vitest',
    'run',
    '--project',
    'site',
    '--no-file-parallelism',
    '--max-concurrency',
    '2',
    ...rest,
  ));
if (good && record) {
  writeFileSync(REPORT, `${JSON.stringify({ version: 1, budgets: BUDGETS, ...measurements() }, null, 2)}\n`);
  console.log(`written: ${REPORT}`);
}
process.exitCode = good ? 0 : 1;
