/** Rust: what the worker counted, as our `coverage` program tells it. */
import { readFile } from 'node:fs/promises';
import { rustProgram } from '../../../sandbox/languages.ts';
import { ROOT, run } from '../../../sandbox/processes.ts';
import { Counts, lineStarts, type Reader } from './counts.ts';

const FOLDER = 'examples/reference/rust';

export const readRust: Reader = async (groups, files) => {
  const sources = new Map<string, { counts: Counts; starts: number[] }>();
  for (const file of files) {
    const text = await readFile(`${ROOT}/${file}`, 'utf8');
    sources.set(file, { counts: new Counts(text), starts: lineStarts(text) });
  }
  const folders = groups.flatMap((group) => group.folders.map((folder) => ({ name: group.name, folder })));
  const told = await run(
    'cargo',
    [
      'run',
      '--quiet',
      '--locked',
      '-p',
      'coverage',
      '--',
      rustProgram('covered-worker'),
      ...folders.map(({ folder }) => folder),
    ],
    { cwd: `${ROOT}/${FOLDER}` },
  );
  for (const [i, line] of told.trim().split('\n').entries()) {
    const executed: Record<string, number[][]> = JSON.parse(line);
    for (const [path, parts] of Object.entries(executed)) {
      // The compiler names our sources from the workspace's folder, others in full.
      const found = sources.get(path.startsWith('/') ? path.slice(ROOT.length + 1) : `${FOLDER}/${path}`);
      found?.counts.add(
        folders[i]?.name ?? '',
        parts.map(([fromLine = 0, fromColumn = 0, toLine = 0, toColumn = 0, count = 0]) => ({
          start: (found.starts[fromLine - 1] ?? 0) + fromColumn - 1,
          end: (found.starts[toLine - 1] ?? 0) + toColumn - 1,
          count,
        })),
      );
    }
  }
  return new Map([...sources].map(([file, { counts }]) => [file, counts.lines()]));
};
