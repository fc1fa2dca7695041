/**
 * The report on the seeded faults: recordings/<pipeline>/faults.json says which scenario killed each of
 * them in each language. `npm run faults -- --record` writes it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LANGUAGES, type Language } from '../../sandbox/languages.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { type Fault, faultsOf, type Impossible, pipelinesWithFaults } from './faults.list.ts';

export const FAULTS_VERSION = 1;

type Id = Language['id'];

export interface FaultsReport {
  version: typeof FAULTS_VERSION;
  /** In the order of the list. */
  faults: { name: string; languages: Partial<Record<Id, Killed | Impossible>> }[];
  /** SHA-256 of what each language's part was made from: an edit of one twin leaves the others' parts fresh. */
  digests: Digests;
  /** SHA-256 of the digests. */
  digest: string;
}

export type Digests = Record<Id, string>;

export interface Killed {
  /** The name of the scenario that went red. */
  killed_by: string;
  /** It said what is wrong, or it waited in vain. */
  how: 'assertion' | 'timeout';
}

/** What one run of a fault in one language showed. */
export interface Kill extends Killed {
  name: string;
  language: Id;
}

const fileOf = (pipeline: string, root: string) => `${root}/recordings/${pipeline}/faults.json`;

const CODE: Record<Id, { folder: string; lock?: string }> = {
  ts: { folder: 'examples/ts' },
  go: { folder: 'examples/reference/go', lock: 'examples/reference/go/go.sum' },
  rust: { folder: 'examples/reference/rust/src', lock: 'examples/reference/rust/Cargo.lock' },
};

/** What all pipelines share: a folder each, in every language. */
const SHARED = ['connectors', 'domain'];

/** SHA-256, a language, of all that can change who kills what: its pipeline and what it shares, the scenarios, the locks. */
export function digestsOf(pipeline: string, root = ROOT): Digests {
  const scenarios = `tests/scenarios/${pipeline}`;
  const lists = listed(`${root}/${scenarios}`).map((file) => `${scenarios}/${file}`);
  const common = [`examples/contract/${pipeline}.json`, ...lists];
  const digest = (id: Id) => {
    const { folder, lock } = CODE[id];
    const code = [pipeline, ...SHARED].flatMap((name) =>
      listed(`${root}/${folder}/${name}`).map((file) => `${folder}/${name}/${file}`),
    );
    const sum = createHash('sha256');
    for (const file of [...common, ...code, ...(lock ? [lock] : [])]) {
      const body = textOf(`${root}/${file}`);
      sum.update(`${file}\n${body.length}\n${body}`);
    }
    if (id === 'ts') sum.update(lockedFor(code, root));
    return sum.digest('hex');
  };
  return Object.fromEntries(LANGUAGES.map(({ id }) => [id, digest(id)])) as Digests;
}

/** The versions of what TypeScript sources import: the rest of its lock is the site's. */
export function lockedFor(files: string[], root: string): string {
  const { packages = {} } = JSON.parse(textOf(`${root}/package-lock.json`) || '{}');
  const names = files.flatMap((file) =>
    [...textOf(`${root}/${file}`).matchAll(/ from '((?:@[^/']+\/)?[^./'][^/']*)/g)].map(([, name]) => name),
  );
  const unique = [...new Set(names)].sort();
  return JSON.stringify(unique.map((name) => [name, packages[`node_modules/${name}`]?.version]));
}

const digestOf = (digests: Digests) =>
  createHash('sha256')
    .update(LANGUAGES.map(({ id }) => digests[id]).join())
    .digest('hex');

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const listed = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);

export function readFaultsReport(pipeline: string, root = ROOT): FaultsReport | undefined {
  const file = fileOf(pipeline, root);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/**
 * The report after a run. A run of some faults keeps what the report says of the others, where their
 * language is as it was; throws an error that says what to do when any is left.
 */
export function merged(
  faults: Fault[],
  kills: Kill[],
  digests: Digests,
  before: FaultsReport | undefined,
): FaultsReport {
  const known = [...kills, ...killsIn(before, digests)];
  const of = (name: string, language: Id): Killed | undefined => {
    const kill = known.find((one) => one.name === name && one.language === language);
    return kill && { killed_by: kill.killed_by, how: kill.how };
  };
  const result = (fault: Fault, id: Id) => {
    const edits = fault[id];
    const found = 'impossible' in edits ? { impossible: edits.impossible } : of(fault.name, id);
    if (found) return found;
    throw new Error(
      `"${fault.name}" has not been killed in ${id} since the last edit: npm run faults -- --rest --record`,
    );
  };
  return {
    version: FAULTS_VERSION,
    faults: faults.map((fault) => ({
      name: fault.name,
      languages: Object.fromEntries(LANGUAGES.map(({ id }) => [id, result(fault, id)])),
    })),
    digests,
    digest: digestOf(digests),
  };
}

/** What a report says of these sources: the kills of the languages that have not been edited since. */
export function killsIn(report: FaultsReport | undefined, digests: Digests): Kill[] {
  return (report?.faults ?? []).flatMap(({ name, languages }) =>
    LANGUAGES.flatMap(({ id: language }) => {
      const end = languages[language];
      const fresh = report?.digests[language] === digests[language];
      return fresh && end && 'killed_by' in end ? [{ name, language, ...end }] : [];
    }),
  );
}

export async function writeFaultsReport(pipeline: string, report: FaultsReport, root = ROOT): Promise<void> {
  const file = fileOf(pipeline, root);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

/** The reports that are missing, or older than what they were made from, each with what to do. */
export function stale(root = ROOT): string[] {
  return pipelinesWithFaults(`${root}/tests/scenarios`)
    .filter((pipeline) => readFaultsReport(pipeline, root)?.digest !== digestOf(digestsOf(pipeline, root)))
    .map(
      (pipeline) => `recordings/${pipeline}/faults.json: run npm run faults -- ${pipeline} --rest --record`,
    );
}

/** The lists of all pipelines, or of those named. */
export async function allFaults(pipelines = pipelinesWithFaults()): Promise<[string, Fault[]][]> {
  return Promise.all(
    pipelines.map(async (pipeline): Promise<[string, Fault[]]> => [pipeline, await faultsOf(pipeline)]),
  );
}
