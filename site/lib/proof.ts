/**
 * What the tests have shown, read from the files that they write: recordings/proof.json and, for each
 * pipeline, faults.json and the recordings of its scenarios. A file that is missing or of another shape
 * stops the build; nothing here is known by heart.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { allRecordings, recordingsOf } from '../../recordings/format/read.ts';
import { findCompares } from './compare-references.ts';
import { LANGS, LANGUAGES, type Lang } from './languages.ts';
import { readJson } from './read-json.ts';
import { readSource } from './regions.ts';
import { checkNames } from './scenario-names.ts';

const count = z.int().nonnegative();

const Lines = z.object({ shown: count, proven: count });

const Numbers = Lines.extend({
  scenarios: count,
  faults: count,
  killed: count,
  virtual_seconds: z.number().nonnegative(),
});
/** What is proven of one pipeline in one language. */
export type Numbers = z.infer<typeof Numbers>;

const languages = <T extends z.ZodType>(of: T) => z.object({ ts: of, go: of, rust: of });

const Proof = z.object({
  version: z.literal(1),
  pipelines: z.record(z.string(), languages(Numbers)),
  /** What pipelines share: its lines are proven by all of them together. */
  shared: z.record(z.string(), languages(Lines)),
});
export type Proof = z.infer<typeof Proof>;

const Killed = z.object({ killed_by: z.string(), how: z.enum(['assertion', 'timeout']) });
const Impossible = z.object({ impossible: z.string() });

const Faults = z.object({
  version: z.literal(1),
  faults: z.array(z.object({ name: z.string(), languages: languages(z.union([Killed, Impossible])) })),
});
/** A mistake that was made on purpose: the scenario that noticed it, by language. */
export type Fault = z.infer<typeof Faults>['faults'][number];

/** The numbers of all pipelines. */
export function readProof(root = process.cwd()): Proof {
  return readJson(root, 'recordings/proof.json', Proof, 'npm run record');
}

/** The faults of a pipeline, in the order of their list; none where the sum of the proof has none. */
export function readFaults(pipeline: string, root = process.cwd()): Fault[] {
  const file = `recordings/${pipeline}/faults.json`;
  const numbers = readProof(root).pipelines[pipeline];
  const claimed = LANGS.some((lang) => numbers?.[lang].faults);
  if (!claimed && !existsSync(join(root, file))) return [];
  return readJson(root, file, Faults, `npm run faults -- ${pipeline} --record`).faults;
}

/** A scenario, and what it is good for. */
export interface Proven {
  name: string;
  /** Seconds of the workflow's clock that nobody waited for. */
  skipped: number;
  /** The faults that it notices, each with the languages in which it was the one that did. */
  kills: { fault: string; langs: Lang[] }[];
}

/** Tests that are not recorded, by the file that has them. */
export function namesIn(file: string, names: string[], root = process.cwd()): Proven[] {
  checkNames(file, names, root);
  return names.map((name) => ({ name, skipped: 0, kills: [] }));
}

/** These scenarios of a pipeline, by name. */
export function provenBy(pipeline: string, names: string[], root = process.cwd()): Proven[] {
  const recorded = recordingsOf(pipeline, root);
  const faults = readFaults(pipeline, root);
  return names.map((name) => {
    const mine = recorded.filter(({ recording }) => plain(recording.scenario) === name);
    if (!mine.length) {
      throw new Error(`recordings/${pipeline}: nothing is recorded of "${name}": npm run record writes it`);
    }
    return {
      name,
      skipped: Math.max(0, ...mine.map(({ recording }) => recording.skipped_seconds)),
      kills: faults.flatMap((fault) => {
        const langs = killersOf(fault).get(name);
        return langs ? [{ fault: fault.name, langs }] : [];
      }),
    };
  });
}

/** What is recorded of a pipeline as a whole. */
export function factsOf(pipeline: string, root = process.cwd()) {
  const recorded = recordingsOf(pipeline, root).map(({ recording }) => recording);
  return {
    names: [...new Set(recorded.map(({ scenario }) => plain(scenario)))],
    scenarios: recorded.length,
    skipped: recorded.reduce((sum, { skipped_seconds }) => sum + skipped_seconds, 0),
    faults: readFaults(pipeline, root).length,
  };
}

/** The numbers of all pipelines and languages together. */
export function totals(root = process.cwd()) {
  const proof = readProof(root);
  const pipelines = Object.values(proof.pipelines);
  const all = pipelines.flatMap((pipeline) => LANGS.map((lang) => pipeline[lang]));
  const shared = Object.values(proof.shared).flatMap((folder) => LANGS.map((lang) => folder[lang]));
  const sum = <K extends string>(of: K, numbers: Record<K, number>[]) =>
    numbers.reduce((so, one) => so + one[of], 0);
  const recorded = allRecordings(root).map(({ recording }) => recording);
  const shown = findCompares(root).found;
  return {
    pipelines: pipelines.length,
    regions: new Set(shown.map((one) => `${one.pipeline}/${one.file}/${one.region}`)).size,
    shown: sum('shown', [...all, ...shared]),
    proven: sum('proven', [...all, ...shared]),
    scenarios: pipelines.reduce((so, { ts }) => so + ts.scenarios, 0),
    runs: sum('scenarios', all),
    skipped_seconds: sum('virtual_seconds', all),
    recordings: recorded.length,
    events: recorded.reduce((so, { events }) => so + events.length, 0),
    faults: sum('faults', all),
    killed: sum('killed', all),
    mistakes: Object.keys(JSON.parse(readSource(root, 'examples/mistakes/expected.json'))).length,
  };
}
export type Total = keyof ReturnType<typeof totals>;

/** Who noticed a fault: scenarios, each with its languages. */
export function killersOf({ languages }: Fault): Map<string, Lang[]> {
  const killers = new Map<string, Lang[]>();
  for (const lang of LANGS) {
    const end = languages[lang];
    if ('impossible' in end) continue;
    const name = plain(end.killed_by);
    killers.set(name, [...(killers.get(name) ?? []), lang]);
  }
  return killers;
}

/** ` (Go, Rust)`; nothing when it is all of them. */
export function whereOf(langs: Lang[]): string {
  if (langs.length === LANGS.length) return '';
  return ` (${langs.map((lang) => LANGUAGES[lang].label).join(', ')})`;
}

/** A scenario's name without the broker that it ran on: the lists have it once for both. */
function plain(scenario: string): string {
  return scenario.replace(/ \((file|nats)\)$/, '');
}
