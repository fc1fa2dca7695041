/**
 * What the scenarios leave behind for the proof: one file a language and scenario under .cache/proof,
 * with the run's events, its histories, and a folder of what the worker executed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import proto from '@temporalio/proto';
import { clocksOf, type Reading } from '../../recordings/format/clocks.ts';
import {
  detailsOf,
  endOf,
  eventsOf,
  type IHistory,
  type Surroundings,
} from '../../recordings/format/from-history.ts';
import type { Clocks, RecordedEvent, Recording } from '../../recordings/format/recording.ts';
import { slug } from '../../recordings/format/slug.ts';
import { CACHE } from '../../sandbox/processes.ts';

const { History } = proto.temporal.api.history.v1;
const PROOF = `${CACHE}/proof`;

/** Whose run it was. */
export interface About {
  language: string;
  pipeline: string;
  scenario: string;
}

/** One run of a scenario in one language. */
export interface KeptRun extends About {
  workflow: string;
  end: Recording['end'];
  runs: number;
  skipped_seconds: number;
  events: RecordedEvent[];
  clocks: Clocks;
  /** The histories in Protobuf, as base64, the first run first. */
  histories: string[];
}

const fileOf = ({ language, pipeline, scenario }: About) =>
  `${PROOF}/${language}/${pipeline}/${slug(scenario)}`;

/** Where the counts of one scenario alone are kept, when recordings are made. */
export const coverageOf = (about: About): string => `${fileOf(about)}.coverage`;

/** What all workers of a language execute, whatever the scenarios that they serve: no two write the same file. */
export const coverageOfAll = (language: string): string => `${PROOF}/${language}/coverage`;

/** An empty folder for what is executed. */
export async function emptied(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * Keeps a run. `readings` are those of its server's clocks; `bounded` puts bounds in the place of numbers
 * that hold some wall time.
 */
export async function saveRun(
  about: About & { workflow: string },
  histories: IHistory[],
  around: Surroundings,
  readings: Reading[],
  bounded: (output: unknown) => unknown = (output) => output,
): Promise<void> {
  const timed = eventsOf(histories, around);
  const { events } = timed;
  const last = histories.at(-1)?.events?.at(-1);
  const end = endOf(last);
  if (!end) throw new Error(`the run has not ended: ${last && detailsOf(last).type}`);
  for (const event of events) {
    if (event.type === 'WorkflowExecutionCompleted') event.output = bounded(event.output);
  }
  const clocks = clocksOf(timed, readings);
  // What the server's clock told more than the wall's was skipped.
  const skipped = Math.max(0, lastOf(clocks.virtual) - lastOf(clocks.wall));
  const kept: KeptRun = {
    ...about,
    ...{ end, runs: histories.length, skipped_seconds: Math.round(skipped / 1000), events },
    clocks,
    histories: histories.map((history) => Buffer.from(History.encode(history).finish()).toString('base64')),
  };
  const file = `${fileOf(about)}.json`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(kept));
}

const lastOf = (times: number[]) => times.reduce((last, time) => Math.max(last, time), 0);

/** The runs of a pipeline that were kept, by language. */
export function runsOf(language: string, pipeline: string): KeptRun[] {
  const folder = `${PROOF}/${language}/${pipeline}`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')));
}

/** Forgets what earlier runs left. */
export async function forgetRuns(): Promise<void> {
  await rm(PROOF, { recursive: true, force: true });
}
