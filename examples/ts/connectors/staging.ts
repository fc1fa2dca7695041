/** Staging: where rows wait between activities, so that the history holds references alone. */
import { createHash } from 'node:crypto';
import {
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  invalidInput,
  unavailable,
  validationError,
} from './failures.ts';
import { writeAtomically } from './files.ts';
import { fromNdjson, toNdjson } from './ndjson.ts';
import type { Batch } from './records.ts';

/** Names and folders, none of which begins with a dot. */
const STAGED = /^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/;

/** Where `path` is staged: under `STAGING_URL`, else in this user's cache on this machine. */
export function stagedAt(path: string): string {
  const own = pathToFileURL(
    join(homedir(), '.cache/durable-pipelines'),
  );
  return `${process.env.STAGING_URL ?? own.href}/${path}`;
}

/** Stages records in the folder that `folder` names. Staging the same records again changes nothing. */
// #region stage
export async function stage(
  folder: string,
  records: readonly unknown[],
): Promise<Batch> {
  // #step Named by what they are: no attempt spoils another's
  const body = toNdjson(records);
  const sha256 = digest(body);
  const uri = `${folder}/${sha256}.ndjson`;

  // #step Write them where the history is not, for us alone
  const file = fileURLToPath(uri);
  await makePrivate(dirname(file));
  await writeAtomically(file, body, 0o600);

  // #step Hand on a reference
  return { uri, count: records.length, sha256 };
}
// #endregion stage

/**
 * Makes a folder of staging, which only our user can enter. Throws `InvalidInput` where somebody else could: whoever
 * was here first, or has put a link here.
 */
// #region private
async function makePrivate(folder: string): Promise<void> {
  // #step What is made is for our user alone
  const fail = () => {
    throw unavailable('folder cannot be written');
  };
  const alone = { recursive: true, mode: 0o700 };
  await mkdir(folder, alone).catch(fail);

  // #step What is there must be a folder, and ours
  const root = dirname(fileURLToPath(stagedAt('staged')));
  for (let at = folder; at !== root; at = dirname(at)) {
    const found = await lstat(at).catch(fail);
    const ours = found.uid === process.getuid?.();
    const open = (found.mode & 0o077) > 0;
    if (!found.isDirectory() || !ours || open) {
      throw invalidInput('STAGING_URL: is not ours alone');
    }
  }
}
// #endregion private

/** Removes what is staged at `path` and below. That it cannot be removed is no reason to fail: it is reported as false. */
export async function unstage(path: string): Promise<boolean> {
  const folder = fileURLToPath(stagedAt(path));
  return rm(folder, { recursive: true, force: true }).then(
    () => true,
    () => false,
  );
}

/** Removes the batches of events before the one at `cursor`: they are behind us. */
export async function unstageBehind(
  path: string,
  cursor: string,
): Promise<void> {
  const folder = fileURLToPath(stagedAt(path));
  const names = await readdir(folder).catch(() => []);
  const behind = names.filter((name) => name < cursor);
  await Promise.all(
    behind.map((name) => unstage(`${path}/${name}`)),
  );
}

/**
 * Reads what `stage` wrote. Throws `ValidationError` when they are not the bytes referred to, `InvalidInput` when the
 * reference leads out of staging.
 */
// #region fetch
export async function fetchStaged<T>(
  batch: Batch,
): Promise<T[]> {
  // #step Read the rows behind the reference
  const file = pathOf(batch.uri);
  const body = await readFile(file, 'utf8').catch(() => {
    throw unavailable('staged batch cannot be read');
  });

  // #step Check that they are the rows that were meant
  const count = body.split('\n').length - 1;
  if (digest(body) !== batch.sha256 || count !== batch.count) {
    throw validationError('staged batch was changed');
  }
  return fromNdjson(body);
}
// #endregion fetch

/** Where a staged file is. Who asks for a retry has written its URI: it must not lead out of staging. */
function pathOf(uri: string): string {
  const folder = stagedAt('');
  const inside =
    uri.startsWith(folder) && uri.slice(folder.length);
  if (!inside || !STAGED.test(inside)) {
    throw invalidInput('batch: is not in staging');
  }
  return fileURLToPath(uri);
}

function digest(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}
