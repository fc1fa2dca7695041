/** Files that are there whole or not at all. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unavailable } from './failures.ts';

/**
 * Writes `body` to `file`, replacing what was there. Two attempts of one activity may write at
 * once, so each writes under a name of its own first. Throws `Unavailable` with the system's code.
 */
// #region aside
export async function writeAside(
  file: string,
  body: string | Uint8Array,
): Promise<void> {
  const aside = `${file}.${crypto.randomUUID()}.tmp`;
  try {
    // #step Write under a name that nobody reads
    await mkdir(dirname(file), { recursive: true });
    await writeFile(aside, body);

    // #step Rename: readers see the old file or the new
    await rename(aside, file);
  } catch {
    // #step Nothing half-written stays behind
    await rm(aside, { force: true }).catch(() => {});
    throw unavailable('folder cannot be written');
  }
}
// #endregion aside
