/** Go: what the worker counted, as `go tool covdata` tells it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, run } from '../../../sandbox/processes.ts';
import { Counts, lineStarts, type Part, type Reader } from './counts.ts';

const FOLDER = 'examples/reference/go';

export const readGo: Reader = async (groups, files) => {
  const scratch = await mkdtemp(join(tmpdir(), 'covered-'));
  const module = /^module (\S+)/m.exec(await readFile(`${ROOT}/${FOLDER}/go.mod`, 'utf8'))?.[1];
  const sources = new Map<string, { counts: Counts; starts: number[] }>();
  for (const file of files) {
    const text = await readFile(`${ROOT}/${file}`, 'utf8');
    sources.set(file, { counts: new Counts(text), starts: lineStarts(text) });
  }
  for (const [i, { name, folders }] of groups.entries()) {
    const profile = join(scratch, `${i}`);
    await run('go', ['tool', 'covdata', 'textfmt', `-i=${folders.join()}`, `-o=${profile}`], {
      cwd: `${ROOT}/${FOLDER}`,
    });
    const parts = new Map<string, Part[]>();
    for (const line of (await readFile(profile, 'utf8')).split('\n')) {
      const [, path, ...numbers] = /^(.+):(\d+)\.(\d+),(\d+)\.(\d+) \d+ (\d+)$/.exec(line) ?? [];
      const file = path?.replace(`${module}/`, `${FOLDER}/`) ?? '';
      const starts = sources.get(file)?.starts;
      if (!starts) continue;
      const [fromLine = 0, fromColumn = 0, toLine = 0, toColumn = 0, count = 0] = numbers.map(Number);
      const start = (starts[fromLine - 1] ?? 0) + fromColumn - 1;
      const end = (starts[toLine - 1] ?? 0) + toColumn - 1;
      parts.set(file, [...(parts.get(file) ?? []), { start, end, count }]);
    }
    for (const [file, found] of parts) sources.get(file)?.counts.add(name, found);
  }
  await rm(scratch, { recursive: true });
  return new Map([...sources].map(([file, { counts }]) => [file, counts.lines()]));
};
