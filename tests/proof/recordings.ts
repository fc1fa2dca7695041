/** The recordings of the repository: made from the runs of all languages, written, read, held against new runs. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type CodeLocation,
  RECORDING_VERSION,
  type RecordedEvent,
  type Recording,
} from '../../recordings/format/recording.ts';
import { slug } from '../../recordings/format/slug.ts';
import { LANGUAGES } from '../../sandbox/languages.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { type Columns, difference } from './difference.ts';
import type { KeptRun } from './runs.ts';

const RECORDINGS = `${ROOT}/recordings`;

/** The folder of the runs that change their language: no pipeline, and in no sum of one. */
export const HANDOVER = 'handover';

/** The histories of a scenario's run by language, in Protobuf as base64, the first run first. */
export type Histories = Record<string, string[]>;

const fileOf = (pipeline: string, scenario: string) => `${RECORDINGS}/${pipeline}/${slug(scenario)}.json`;
const historiesFile = (pipeline: string, scenario: string) =>
  `${RECORDINGS}/${pipeline}/histories/${slug(scenario)}.json.gz`;

/** A scenario's recording; undefined when there is none. */
export function readRecording(pipeline: string, scenario: string): Recording | undefined {
  const file = fileOf(pipeline, scenario);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** The histories that a scenario's recording was made from. */
export function readHistories(pipeline: string, scenario: string): Histories {
  return JSON.parse(gunzipSync(readFileSync(historiesFile(pipeline, scenario))).toString('utf8'));
}

/** What every run of a scenario has: events without clocks, and how it ended. */
type Story = Pick<Recording, 'workflow' | 'end' | 'runs' | 'events'>;

/**
 * Where runs of a scenario differ, as a table with a column for each; undefined when they are equal. Of a
 * scenario of `chance`, only the kinds of events are compared, and by which SDKs it was signed.
 */
export function storyDifference(stories: Record<string, Story>, chance = false): string | undefined {
  const columns: Columns = {};
  for (const [name, { events }] of Object.entries(stories)) {
    columns[name] = chance ? [...kindsOf(events), ...signaturesOf(events)] : events.map(comparable);
  }
  return difference(columns);
}

/**
 * Where a command stands in the code is of the recording: the code may move. And how many attempts fail
 * before the sandbox mends is chance where a scenario mends it by hand: what counts is whether one did.
 */
function comparable({ at: _, ...event }: RecordedEvent): RecordedEvent {
  return event.attempt === undefined ? event : { ...event, attempt: Math.min(event.attempt, 2) };
}

/** Each kind of event once: its type, its name and its options. */
function kindsOf(events: RecordedEvent[]): RecordedEvent[] {
  const kinds = new Map(
    events.map(({ type, name, options }) => [`${type} ${name ?? ''}`, { type, run: 1, name, options }]),
  );
  return [...kinds.keys()].sort().flatMap((key) => kinds.get(key) ?? []);
}

/** The languages whose SDKs signed workflow tasks, each time another one did; none where it is one language's run. */
function signaturesOf(events: RecordedEvent[]): RecordedEvent[] {
  const signed = events.filter(
    ({ type, language }) => language && !/^(ActivityTask(?!Sch)|Work.+Task)/.test(type),
  );
  return signed
    .map(({ language = '' }) => ({ type: 'WorkflowTaskCompleted', run: 1, name: language }))
    .filter(({ name }, i, all) => name !== all[i - 1]?.name);
}

/**
 * Makes a recording of one scenario's runs. Throws an error with a table when the languages differ.
 * `locations` tells, event by event, where in the workflow's code it was issued.
 */
export function makeRecording(
  runs: KeptRun[],
  locations: (CodeLocation | undefined)[],
  chance = false,
): Recording {
  const [first] = runs;
  if (!first) throw new Error('no runs to record');
  const { pipeline, scenario, workflow, end, skipped_seconds } = first;
  const apart = storyDifference(Object.fromEntries(runs.map((run) => [run.language, run])), chance);
  if (apart) throw new Error(`${pipeline}: "${scenario}" differs:\n${apart}`);
  const events = first.events.map((event, i) => ({
    ...event,
    ...(locations[i] ? { at: locations[i] } : {}),
  }));
  // Where chance has a part, the other languages had other events at other times.
  const timed = chance ? [first] : runs;
  const clocks = Object.fromEntries(timed.map((run) => [run.language, run.clocks]));
  const body = {
    version: RECORDING_VERSION,
    ...{ pipeline, scenario, workflow, end, runs: first.runs, skipped_seconds, events, clocks },
  } satisfies Omit<Recording, 'digest'>;
  return { ...body, digest: digestOf(body) };
}

/** Whether the file is as it was written: no hand has changed it. */
export function isUntouched({ digest, ...body }: Recording): boolean {
  return digest === digestOf(body);
}

function digestOf(body: object): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}

/** Writes a recording, and its histories. One that tells the same story as the file is not written again. */
export async function writeRecording(
  recording: Recording,
  histories: Histories,
  chance = false,
): Promise<boolean> {
  const { pipeline, scenario } = recording;
  const old = readRecording(pipeline, scenario);
  if (old && isUntouched(old) && sameFile(old, recording, chance)) return false;
  await mkdir(`${RECORDINGS}/${pipeline}/histories`, { recursive: true });
  await writeFile(fileOf(pipeline, scenario), format(recording));
  await writeFile(historiesFile(pipeline, scenario), gzipSync(JSON.stringify(histories), { level: 9 }));
  return true;
}

function sameFile(old: Recording, now: Recording, chance: boolean): boolean {
  const locations = ({ events }: Recording) => JSON.stringify(events.map(({ at }) => at));
  return (
    old.version === now.version &&
    old.end === now.end &&
    Object.keys(old.clocks).join() === Object.keys(now.clocks).join() &&
    !storyDifference({ old, now }, chance) &&
    (chance || locations(old) === locations(now))
  );
}

/** JSON with an event a line, so that a change can be read. */
function format({ events, clocks, ...rest }: Recording): string {
  const { digest, ...head } = rest;
  const lines = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  const told = events.map((event) => `    ${JSON.stringify(event)}`).join(',\n');
  const times = Object.entries(clocks).map(
    ([language, { virtual, wall }]) =>
      `    ${JSON.stringify(language)}: {\n      "virtual": ${JSON.stringify(virtual)},\n      "wall": ${JSON.stringify(wall)}\n    }`,
  );
  return `{\n${lines.join(',\n')},\n  "events": [\n${told}\n  ],\n  "clocks": {\n${times.join(',\n')}\n  },\n  "digest": ${JSON.stringify(digest)}\n}\n`;
}

/** The files of a pipeline's recordings that no scenario has any more. */
export function strayFiles(pipeline: string, scenarios: string[]): string[] {
  const folder = `${RECORDINGS}/${pipeline}`;
  const known = new Set(scenarios.map(slug));
  const inFolder = (path: string, end: string) =>
    existsSync(path)
      ? readdirSync(path)
          .filter((name) => name.endsWith(end) && !known.has(name.slice(0, -end.length)))
          .map((name) => `${path}/${name}`)
      : [];
  const ours = new Set(['faults.json', 'lines.json']);
  const recordings = inFolder(folder, '.json').filter((file) => !ours.has(file.slice(folder.length + 1)));
  return [...recordings, ...inFolder(`${folder}/histories`, '.json.gz')];
}

/** Deletes what no scenario has any more. */
export async function removeStrayFiles(pipeline: string, scenarios: string[]): Promise<void> {
  for (const file of strayFiles(pipeline, scenarios)) await rm(file);
}

/** The ids of the languages, in the order of the columns. */
export const LANGUAGE_IDS: string[] = LANGUAGES.map(({ id }) => id);
