/**
 * The record of the seeded faults: recordings/<pipeline>/faults.json says which scenario killed each of
 * them in each language. `npm run faults -- --record` writes it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LANGUAGES, type Language } from '../world/languages.ts';
import { ROOT } from '../world/processes.ts';
import { type Fault, faultsOf, type Impossible, pipelinesWithFaults } from './faults.list.ts';

export const FAULTS_VERSION = 1;

export interface FaultsRecord {
  version: typeof FAULTS_VERSION;
  /** In the order of the list. */
  faults: { name: string; languages: Partial<Record<Language['id'], Killed | Impossible>> }[];
  /** SHA-256 of what it was made from: `digestOf`. */
  digest: string;
}

export interface Killed {
  /** The name of the scenario that went red. */
  killed_by: string;
  /** It said what is wrong, or it waited in vain. */
  how: 'assertion' | 'timeout';
}

/** What one run of a fault in one language showed. */
export interface Kill extends Killed {
  name: string;
  language: Language['id'];
}

const fileOf = (pipeline: string, root: string) => `${root}/recordings/${pipeline}/faults.json`;

/** What a record is made from, by path from the root. */
function sourcesOf(pipeline: string, root: string): string[] {
  const places = ['examples/ts', 'examples/reference/go', 'examples/reference/rust/src'];
  const twins = listed(`${root}/tests/twins`).filter((file) => file.startsWith(`${pipeline}.`));
  return [
    ...places.flatMap((place) => [pipeline, 'connectors'].map((name) => `${place}/${name}`)),
    ...twins.map((file) => `tests/twins/${file}`),
    `examples/contract/${pipeline}.json`,
    ...['package-lock.json', 'examples/reference/go/go.sum', 'examples/reference/rust/Cargo.lock'],
  ];
}

/** SHA-256 of all that can change who kills what: the pipeline and its connectors, its scenarios, the locks. */
export function digestOf(pipeline: string, root = ROOT): string {
  const sum = createHash('sha256');
  for (const source of sourcesOf(pipeline, root)) {
    const path = `${root}/${source}`;
    const folder = existsSync(path) && statSync(path).isDirectory();
    for (const file of folder ? listed(path).map((name) => `${source}/${name}`) : [source]) {
      const body = existsSync(`${root}/${file}`) ? readFileSync(`${root}/${file}`) : '';
      sum.update(`${file}\n${body.length}\n`).update(body);
    }
  }
  return sum.digest('hex');
}

const listed = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);

export function readRecord(pipeline: string, root = ROOT): FaultsRecord | undefined {
  const file = fileOf(pipeline, root);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/**
 * The record after a run. A run of some faults keeps what the record says of the others, so the record
 * must be of the same sources; throws an error that says what to do when it is not, or when any is left.
 */
export function merged(
  faults: Fault[],
  kills: Kill[],
  digest: string,
  before: FaultsRecord | undefined,
): FaultsRecord {
  const fresh = before?.digest === digest ? before : undefined;
  const of = (name: string, language: Language['id']) => {
    const kill = kills.find((one) => one.name === name && one.language === language);
    if (kill) return { killed_by: kill.killed_by, how: kill.how };
    return fresh?.faults.find((one) => one.name === name)?.languages[language];
  };
  return {
    version: FAULTS_VERSION,
    faults: faults.map((fault) => ({
      name: fault.name,
      languages: Object.fromEntries(
        LANGUAGES.map(({ id }) => {
          const edits = fault[id];
          const result = 'impossible' in edits ? { impossible: edits.impossible } : of(fault.name, id);
          if (result) return [id, result];
          throw new Error(
            `nothing is recorded: "${fault.name}" has not been killed in ${id} since the last edit. Run them all.`,
          );
        }),
      ),
    })),
    digest,
  };
}

export async function writeRecord(pipeline: string, record: FaultsRecord, root = ROOT): Promise<void> {
  const file = fileOf(pipeline, root);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(record, null, 2)}\n`);
}

/** The records that are missing, or older than what they were made from, each with what to do. */
export function stale(root = ROOT): string[] {
  return pipelinesWithFaults(`${root}/tests/twins`)
    .filter((pipeline) => readRecord(pipeline, root)?.digest !== digestOf(pipeline, root))
    .map((pipeline) => `recordings/${pipeline}/faults.json: run npm run faults -- ${pipeline} --record`);
}

/** The lists of all pipelines, or of those named. */
export async function allFaults(pipelines = pipelinesWithFaults()): Promise<[string, Fault[]][]> {
  return Promise.all(
    pipelines.map(async (pipeline): Promise<[string, Fault[]]> => [pipeline, await faultsOf(pipeline)]),
  );
}
