/**
 * A folder as a target: it holds the parts of the last run that completed, and no others.
 *
 * Parts are `<pipeline_id>.<run>.<source_id>.<number>.<extension>`. Which of them count says the
 * newest `<pipeline_id>.<run>.manifest.json`; names of runs sort by time. Until a run is complete its
 * parts wait in a folder whose name begins with a dot, where nobody reads.
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { folderOf } from './connection.ts';
import { unavailable, validationError } from './failures.ts';
import { writeAtomically } from './files.ts';

/** The parts that one run of a pipeline writes into a folder. */
export interface Parts {
  /** A `file://` URL. */
  connection: string;
  pipeline_id: string;
  /** When the run began, RFC 3339 in UTC, and its id: the newest run is the last in order. */
  processed_at: string;
  run_id: string;
}

/** Writes one part, to be shown when the run is complete. */
// #region part
export async function writePart(
  parts: Parts,
  name: string,
  body: string | Uint8Array,
): Promise<void> {
  // #step Where nobody reads, under the name of the run
  const folder = folderOf(parts.connection);
  const hidden = `${folder}/.${nameOf(parts)}`;

  // #step Named after its batch, so a repeat replaces it
  await writeAtomically(`${hidden}/${name}`, body);
}
// #endregion part

/**
 * Shows the parts of a run in place of those of the runs before. Throws `ValidationError` when the
 * folder holds a newer run, `Unavailable` when there are not `count` parts.
 */
// #region complete
export async function completeParts(
  parts: Parts,
  count: number,
): Promise<void> {
  const folder = folderOf(parts.connection);
  const run = nameOf(parts);

  // #step A newer run has been here: this one is too late
  const before = await listed(folder);
  const runs = before.filter(isManifest).flatMap(runOf(parts));
  if (runs.some((found) => found > run)) {
    throw validationError('folder holds a newer run');
  }

  // #step Show the parts, those of an attempt before too
  for (const name of await listed(`${folder}/.${run}`)) {
    const from = `${folder}/.${run}/${name}`;
    await moved(from, `${folder}/${run}.${name}`);
  }
  const shown = await shownParts(folder, run, count);

  // #step One rename: readers see the old run or the new
  const manifest = { run, parts: shown };
  await writeAtomically(
    `${folder}/${run}${MANIFEST}`,
    `${JSON.stringify(manifest)}\n`,
  );

  // #step What older runs wrote goes
  for (const name of await everything(folder)) {
    const [found = run] = runOf(parts)(name);
    if (found < run || name === `.${run}`)
      await removed(`${folder}/${name}`);
  }
}
// #endregion complete

const MANIFEST = '.manifest.json';
/** What is being written, or whose writer died: see `writeAtomically`. */
const UNFINISHED = '.tmp';
const RUN = /^\.?([\w-]+\.\d{17}-[\da-f]{8})(?=\.|$)/;

const isManifest = (name: string) => name.endsWith(MANIFEST);

/** The run's name: it sorts by time. */
function nameOf(parts: Parts): string {
  const { pipeline_id, processed_at, run_id } = parts;
  const time = processed_at.replace(/\D/g, '').padEnd(17, '0');
  return `${pipeline_id}.${time}-${run_id.slice(0, 8)}`;
}

/** The run of this pipeline that a name in the folder belongs to; none for files of others. */
function runOf({ pipeline_id }: Parts) {
  return (name: string): string[] => {
    const run = RUN.exec(name)?.[1];
    return run?.startsWith(`${pipeline_id}.`) ? [run] : [];
  };
}

/** The parts of a run that are in the folder, in order. */
async function shownParts(
  folder: string,
  run: string,
  count: number,
): Promise<string[]> {
  const shown = (await listed(folder)).filter(
    (name) => name.startsWith(`${run}.`) && !isManifest(name),
  );
  if (shown.length !== count) {
    throw unavailable('folder does not hold all parts');
  }
  return shown.sort();
}

/** The names in a folder, but for what is unfinished. */
async function listed(folder: string): Promise<string[]> {
  const names = await everything(folder);
  return names.filter((name) => !name.endsWith(UNFINISHED));
}

/** The names in a folder; none when there is no such folder. */
async function everything(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw unavailable('folder cannot be read');
  });
}

/** A second attempt may have been faster. */
async function moved(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error) => {
    if (error.code !== 'ENOENT')
      throw unavailable('folder cannot be written');
  });
}

async function removed(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {
    throw unavailable('folder cannot be written');
  });
}
