/** What the commands draw: tables, and how far a run is. */
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT, run } from '../../sandbox/processes.ts';
import { Bar, type Progress, table } from '../../tools/terminal.ts';

test('a table: numbers are grouped and stand right, all else stands left, nothing is cut', () => {
  const rows = [
    { origin: 'EWR', flights: 120_835, worst: { late: 1301 } },
    { origin: 'Hauptbahnhof Süd', flights: 7, worst: null },
  ];
  expect(table(rows)).toBe(
    [
      'origin            flights  worst',
      '────────────────  ───────  ─────────────',
      'EWR               120,835  {"late":1301}',
      'Hauptbahnhof Süd        7',
    ].join('\n'),
  );
});

/** Draws on a stream, and returns what was written on it. */
function drawn(isTTY: boolean, ...all: Progress[]): string {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  const bar = new Bar(stream as unknown as NodeJS.WriteStream);
  for (const progress of all) bar.draw(progress);
  bar.end();
  return stripVTControlCharacters(String(stream.read()));
}
const UNKNOWN = { phase: 'extract', processed: 1000, total: 0 };
const HALF = { phase: 'load', processed: 15_000, total: 30_000 };
const STREAM = { phase: 'read', processed: 3, total: 0, windows: 2 };

test('progress where there is no terminal: a line as a phase begins, and as it ends', () => {
  const counted = [1001, 1002].map((processed) => ({ ...UNKNOWN, processed }));
  expect(drawn(false, UNKNOWN, ...counted, HALF, STREAM).split('\n')).toEqual([
    'extract    1,000 read',
    'extract    1,002 read',
    'load       15,000 of 30,000',
    'read       3 read, 2 windows closed',
    '',
  ]);
});

test('progress in a terminal: a bar when the total is known', () => {
  expect(drawn(true, UNKNOWN)).toMatch(/^extract {4}1,000 read/);
  expect(drawn(true, STREAM)).toMatch(/^read {7}3 read, 2 windows closed/);
  expect(drawn(true, UNKNOWN, HALF)).toMatch(/load {7}█{15}░{15} 15,000 of 30,000/);
});

// Vitest finds names in a CommonJS module that Node does not.
test('it loads in Node itself', async () => {
  const script = `await import(${JSON.stringify(pathToFileURL(`${ROOT}/tools/terminal.ts`).href)})`;
  await run(process.execPath, ['--input-type=module', '--eval', script]);
});
