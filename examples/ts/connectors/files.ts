/** Files that are there whole or not at all. */
import {
  mkdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unavailable } from './failures.ts';

/**
 * Writes `body` to `file`, replacing what was there. Two attempts of one activity may write at
 * once, so each writes under a name of its own first. Throws `Unavailable` with the system's code.
 */
// #region atomic
export async function writeAtomically(
  file: string,
  body: string | Uint8Array,
): Promise<void> {
  const temporary = `${file}.${crypto.randomUUID()}.tmp`;
  try {
    // #step Write under a name that nobody reads
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, body);

    // #step Rename: readers see the old file or the new
    await rename(temporary, file);
  } catch {
    // #step Nothing half-written stays behind
    await rm(temporary, { force: true }).catch(() => {});
    throw unavailable('folder cannot be written');
  }
}
// #endregion atomic

const STALE_MS = 10_000;

/**
 * Runs `use` while no other process holds the lock of `file`. Who dies with the lock loses it after
 * ten seconds.
 */
export async function locked<T>(
  file: string,
  use: () => Promise<T>,
): Promise<T> {
  const lock = `${file}.lock`;
  await mkdir(dirname(file), { recursive: true });
  while (!(await taken(lock))) await sleep(5);
  try {
    return await use();
  } finally {
    await rm(lock, { force: true });
  }
}

async function taken(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, '', { flag: 'wx' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw error;
    const since = await stat(lock).catch(() => undefined);
    if (since && Date.now() - since.mtimeMs > STALE_MS) {
      await rm(lock, { force: true });
    }
    return false;
  }
}
