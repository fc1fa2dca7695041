/** Files that are there whole or not at all, though several write the same one at once. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeAtomically } from '../../examples/ts/connectors/files.ts';

const BYTES = 1_000_000;

test('of several writers, one wins: its file is whole, and nothing else stays behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atomic-'));
  const file = join(folder, 'part');
  try {
    for (let round = 0; round < 10; round++) {
      const bodies = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(BYTES + round));
      await Promise.all(bodies.map((body) => writeAtomically(file, body)));
      const found = await readFile(file, 'utf8');
      expect(bodies.includes(found), 'it is one of them').toBe(true);
      expect(await readdir(folder)).toEqual(['part']);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
