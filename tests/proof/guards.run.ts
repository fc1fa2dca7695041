/** Removes the guards of the notebook's server in a copy, one after the other, and looks whether their tests go red. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { CACHE, type CommandError, ROOT, run } from '../../sandbox/processes.ts';
import { copyRepository } from './copy.ts';
import { edited, literally } from './faults.list.ts';
import { type Ended, endsIn } from './faults.scratch.ts';
import guards, { type Guard } from './guards.list.ts';

const FOLDER = `${CACHE}/faults/notebook`;
const TESTS = 'tests/notebook/server.test.ts';

/** A guard that was removed, as a row of a table. */
export interface Removed extends Record<string, unknown> {
  guard: string;
  'killed by': string;
}

/** Tries the guards whose names hold `text`. `killed by` is empty where a guard can be removed and nobody notices. */
export async function runGuards(text: string, tell: (removed: Removed) => void): Promise<void> {
  await copyRepository(FOLDER);
  const mine = (guards as Guard[]).filter(({ name }) => name.includes(text));
  const sound = await ended([...new Set(mine.map(({ killer }) => killer))]);
  for (const guard of mine) {
    const { name, killer, file } = guard;
    if (sound.find((end) => end.name === killer)?.state !== 'passed') {
      throw new Error(`${TESTS}: "${killer}" is not green without a fault`);
    }
    const path = `${FOLDER}/${file}`;
    const before = await readFile(path, 'utf8');
    await writeFile(path, edited(before, guard));
    try {
      await run('tsc', ['--project', '.'], { cwd: FOLDER });
      const red = (await ended([killer])).some(({ state }) => state !== 'passed');
      tell({ guard: name, 'killed by': red ? killer : '' });
    } finally {
      await writeFile(path, before);
    }
  }
}

/** How tests of the server end in the copy. */
async function ended(names: string[]): Promise<Ended[]> {
  const report = `${FOLDER}/.cache/report.json`;
  await rm(report, { force: true });
  const said = await run(
    process.execPath,
    [
      ...[`${ROOT}/node_modules/vitest/vitest.mjs`, 'run', TESTS, '--root', FOLDER, '--project', 'site'],
      ...['--reporter', 'json', '--outputFile', report],
      ...['--testNamePattern', `^the server > (${names.map(literally).join('|')})$`],
    ],
    { cwd: FOLDER, env: { NO_COLOR: '1' } },
  ).catch((error: CommandError) => error.output);
  return endsIn(JSON.parse(await readFile(report, 'utf8')), said);
}
