/** Files that are there whole or not at all. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import {
  link,
  mkdir,
  readFile,
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
 * once, so each writes under a name of its own first. Throws `Unavailable`.
 * `mode` says who may read it, as `chmod` takes it: all whom the umask lets, unless it is said.
 */
// #region atomic
export async function writeAtomically(
  file: string,
  body: string | Uint8Array,
  mode = 0o666,
): Promise<void> {
  const temporary = `${file}.${crypto.randomUUID()}.tmp`;
  try {
    // #step Write under a name that nobody reads
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, body, { mode });

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

/** A lock that is held, or was: who is frozen with it for long loses it. */
export interface Lock {
  /** Throws when another has taken it: ask right before a write. Nothing is awaited between. */
  check(): void;
}

/**
 * Runs `use` while no other process holds the lock of `file`. Who dies with the lock, or is frozen,
 * loses it after ten seconds.
 */
export async function locked<T>(
  file: string,
  use: (lock: Lock) => Promise<T>,
): Promise<T> {
  const lock = `${file}.lock`;
  const owner = crypto.randomUUID();
  const isOurs = () => readFileSync(lock, 'utf8') === owner;
  await mkdir(dirname(file), { recursive: true });
  while (!(await taken(lock, owner))) await sleep(5);
  try {
    return await use({
      check() {
        if (!isOurs()) throw unavailable('lock was lost');
      },
    });
  } finally {
    if (existsSync(lock) && isOurs()) rmSync(lock);
  }
}

async function taken(
  lock: string,
  owner: string,
): Promise<boolean> {
  try {
    await writeFile(lock, owner, { flag: 'wx' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw error;
    await removeStale(lock).catch(() => {});
    return false;
  }
}

/** Only the lock that was seen to be stale goes: another waiter may have put its own there meanwhile. */
async function removeStale(lock: string): Promise<void> {
  const { mtimeMs } = await stat(lock);
  if (Date.now() - mtimeMs <= STALE_MS) return;
  const stale = await readFile(lock, 'utf8');
  const aside = `${lock}.${crypto.randomUUID()}.tmp`;
  await rename(lock, aside);
  const moved = await readFile(aside, 'utf8');
  if (moved !== stale) await link(aside, lock).catch(() => {});
  await rm(aside, { force: true });
}
