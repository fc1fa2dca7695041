/**
 * The sum of the proof: recordings/proof.json, made from what `npm run record` and `npm run faults` wrote and
 * from what the pages show; and recordings/<folder>/lines.json, which says what executed each line.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { LANGUAGES, type Language } from '../../sandbox/languages.ts';
import { PIPELINES } from '../../sandbox/pipelines.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { GENERATED } from '../../sandbox/worker-lists.ts';
import { scenariosOf } from '../scenarios/scenario.ts';
import { lockedFor, readFaultsReport } from './faults.report.ts';
import { executed, groupsOf, type Shown, shownRegions, unproven } from './lines.ts';
import { LANGUAGE_IDS, readRecording } from './recordings.ts';

export const PROOF_VERSION = 1;
type Id = Language['id'];

/** Of one folder in one language: which lines of code the pages show, and which of them were executed. */
interface Lines {
  shown: number;
  proven: number;
}

/** What is proven of a pipeline in one language. */
interface Numbers extends Lines {
  scenarios: number;
  faults: number;
  killed: number;
  /** Seconds that no scenario waited for. */
  virtual_seconds: number;
}

export interface Proof {
  version: typeof PROOF_VERSION;
  pipelines: Record<string, Record<Id, Numbers>>;
  /** What pipelines share: its lines are proven by all of them together. */
  shared: Record<string, Record<Id, Lines>>;
  /** Of each pipeline, and of what they share: SHA-256 of the sources, locks and data that it was made from. */
  digests: Record<string, string>;
}

/** lines.json: by language and file, how often each line was executed, and which scenarios executed a region. */
export type LinesReport = Record<
  string,
  Record<string, { lines: Record<string, number>; regions: Record<string, string[]> }>
>;

const RECORDINGS = `${ROOT}/recordings`;
const PROOF = `${RECORDINGS}/proof.json`;
const linesFile = (folder: string) => `${RECORDINGS}/${folder}/lines.json`;

// ---- Lines

/**
 * Writes lines.json of these pipelines, and of what they share when they are all; from the runs just made.
 * Returns the lines that are shown and that none of these runs executed.
 */
export async function writeLines(pipelines: string[]): Promise<string[]> {
  const shown = shownRegions();
  const open: string[] = [];
  for (const folder of madeWith(pipelines, shown)) {
    const report: LinesReport = {};
    for (const id of LANGUAGE_IDS as Id[]) {
      const mine = shown.filter((one) => one.language === id && one.pipeline === folder);
      const groups = groupsOf(id, PIPELINES.includes(folder) ? [folder] : pipelines);
      const found = await executed(id, [...new Set(mine.map(({ file }) => file))], groups);
      open.push(...unproven(mine, found));
      report[id] = {};
      for (const [file, { hits, groups: by }] of found) {
        const regions = mine.filter((one) => one.file === file);
        report[id][file] = {
          lines: Object.fromEntries([...hits].sort(([a], [b]) => a - b)),
          regions: Object.fromEntries(regions.map((one) => [one.region, scenariosIn(one, by)])),
        };
      }
    }
    await mkdir(`${RECORDINGS}/${folder}`, { recursive: true });
    if (existsSync(linesFile(folder)) && sameProof(readLines(folder), report)) continue;
    await writeFile(linesFile(folder), formatLines(report));
  }
  return open;
}

/** The folders of pipelines; and of what pipelines share, when these are all: its lines are proven by all together. */
function madeWith(pipelines: string[], shown: Shown[]): string[] {
  const shared = shown.map(({ pipeline }) => pipeline).filter((one) => !PIPELINES.includes(one));
  return pipelines.length === PIPELINES.length ? [...new Set([...PIPELINES, ...shared])] : pipelines;
}

/** Whether the same lines were executed by the same scenarios; how often is not the same twice. */
function sameProof(old: LinesReport, now: LinesReport): boolean {
  const executedOnce = (report: LinesReport) =>
    JSON.stringify(report, (key, value) => (/^\d+$/.test(key) ? Math.min(value, 1) : value));
  return executedOnce(old) === executedOnce(now);
}

/** The scenarios that executed a line of a region, in the order of their names. */
function scenariosIn({ lines }: Shown, by: Map<number, Set<string>>): string[] {
  return [...new Set(lines.flatMap((line) => [...(by.get(line) ?? [])]))].sort();
}

/** A line of JSON a file and a region. */
function formatLines(report: LinesReport): string {
  const body = Object.entries(report).map(([id, files]) => {
    const told = Object.entries(files).map(([file, { lines, regions }]) => {
      const named = Object.entries(regions).map(
        ([region, scenarios]) => `        ${JSON.stringify(region)}: ${JSON.stringify(scenarios)}`,
      );
      return `    ${JSON.stringify(file)}: {\n      "lines": ${JSON.stringify(lines)},\n      "regions": {\n${named.join(',\n')}\n      }\n    }`;
    });
    return `  ${JSON.stringify(id)}: {\n${told.join(',\n')}\n  }`;
  });
  return `{\n${body.join(',\n')}\n}\n`;
}

function readLines(folder: string): LinesReport {
  if (!existsSync(linesFile(folder)))
    throw new Error(`recordings/${folder}/lines.json is missing: npm run record`);
  return JSON.parse(readFileSync(linesFile(folder), 'utf8'));
}

// ---- The sum

/**
 * Writes recordings/proof.json, when the runs of these pipelines were just kept: of the others, what it says
 * of their sources stays. Throws when what it is made from is missing.
 */
export async function writeProof(pipelines: string[]): Promise<void> {
  const made = madeWith(pipelines, shownRegions());
  const fresh = Object.fromEntries(made.map((folder) => [folder, digestOf(folder)]));
  await writeFile(PROOF, format(await sum({ ...read()?.digests, ...fresh })));
}

const format = (proof: Proof) => `${JSON.stringify(proof, null, 2)}\n`;

const read = (): Proof | undefined =>
  existsSync(PROOF) ? JSON.parse(readFileSync(PROOF, 'utf8')) : undefined;

async function sum(known: Record<string, string>): Promise<Proof> {
  const shown = shownRegions();
  const folders = madeWith(PIPELINES, shown);
  const digests = Object.fromEntries(folders.map((folder) => [folder, known[folder] ?? 'none']));
  const proof: Proof = { version: PROOF_VERSION, pipelines: {}, shared: {}, digests };
  for (const folder of folders) {
    const lines = readLines(folder);
    const counted = (id: Id) =>
      countLines(
        shown.filter((one) => one.language === id && one.pipeline === folder),
        lines,
      );
    if (PIPELINES.includes(folder)) {
      const numbers = await numbersOf(folder);
      proof.pipelines[folder] = byLanguage((id) => ({ ...counted(id), ...numbers(id) }));
    } else {
      proof.shared[folder] = byLanguage(counted);
    }
  }
  return proof;
}

function byLanguage<T>(of: (id: Id) => T): Record<Id, T> {
  return Object.fromEntries(LANGUAGES.map(({ id }) => [id, of(id)])) as Record<Id, T>;
}

function countLines(shown: Shown[], report: LinesReport): Lines {
  const hits = shown.flatMap(({ language, file, lines }) => {
    const known = report[language]?.[file]?.lines ?? {};
    return lines.flatMap((line) => known[line] ?? []);
  });
  return { shown: hits.length, proven: hits.filter((count) => count > 0).length };
}

async function numbersOf(pipeline: string): Promise<(id: Id) => Omit<Numbers, keyof Lines>> {
  const { scenarios } = await scenariosOf(pipeline);
  const recordings = scenarios.flatMap(({ name }) => readRecording(pipeline, name) ?? []);
  const faults = readFaultsReport(pipeline)?.faults ?? [];
  return (id) => {
    const made = faults
      .flatMap(({ languages }) => languages[id] ?? [])
      .filter((one) => !('impossible' in one));
    return {
      scenarios: recordings.length,
      faults: made.length,
      killed: made.filter((one) => 'killed_by' in one).length,
      virtual_seconds: recordings.reduce((all, { skipped_seconds }) => all + skipped_seconds, 0),
    };
  };
}

/**
 * What is wrong with recordings/proof.json: made from other sources, or not the sum of what it is made from.
 * With `write`, a sum that is wrong alone (a page shows other regions) is made anew.
 */
export async function staleProof(write: boolean): Promise<string[]> {
  const proof = read();
  if (!proof) return ['recordings/proof.json is missing: run npm run record'];
  const old = madeWith(PIPELINES, shownRegions()).filter(
    (folder) => proof.digests[folder] !== digestOf(folder),
  );
  if (old.length) {
    const what = old.every((folder) => PIPELINES.includes(folder)) ? ` -- ${old.join(' ')}` : '';
    return [
      `recordings/proof.json: ${old.join(', ')}: made from other sources, locks or data: run npm run record${what}`,
    ];
  }
  const now = format(await sum(proof.digests));
  if (readFileSync(PROOF, 'utf8') === now) return [];
  if (write) await writeFile(PROOF, now);
  return write ? [] : ['recordings/proof.json is not the sum of the recordings: run npm run check -- --fix'];
}

// ---- What it is made from

const SOURCES = [
  'examples/contract',
  'examples/data',
  'examples/reference',
  'examples/ts',
  'sandbox',
  'tests/scenarios',
];
/** What git ignores: a fresh clone has none of it. */
const BUILT = new Set(['target', 'node_modules', 'full']);

/** Seeded faults have a digest of their own, in recordings/<pipeline>/faults.json. */
const FAULTS = /\/faults\.ts$/;

/** The files of one pipeline: its folder in each language, its contract, its scenarios. */
const OF_PIPELINE =
  /^(?:examples\/(?:ts|reference\/go|reference\/rust\/src)\/([^/]+)\/|examples\/contract\/([^/]+)\.json$|sandbox\/demos\/([^/.]+)\.ts$|tests\/scenarios\/([^/]+)\/)/;

/** SHA-256 of every file that the runs of a pipeline depend on, by its path: all but what is another pipeline's. */
function digestOf(folder: string): string {
  const sum = createHash('sha256');
  const files = SOURCES.flatMap(filesIn).filter((file) => {
    const owner = OF_PIPELINE.exec(file)?.slice(1).find(Boolean) ?? '';
    return (
      !FAULTS.test(file) && !GENERATED.includes(file) && (owner === folder || !PIPELINES.includes(owner))
    );
  });
  for (const path of files) {
    const body = readFileSync(`${ROOT}/${path}`);
    sum.update(`${path}\n${body.length}\n`).update(body);
  }
  sum.update(
    lockedFor(
      files.filter((file) => file.endsWith('.ts')),
      ROOT,
    ),
  );
  return sum.digest('hex');
}

function filesIn(path: string): string[] {
  if (statSync(`${ROOT}/${path}`).isFile()) return [path];
  return readdirSync(`${ROOT}/${path}`)
    .sort()
    .flatMap((name) => (BUILT.has(name) ? [] : filesIn(`${path}/${name}`)));
}
