/**
 * What the scenarios leave behind for the proof: one file a language and scenario under .cache/proof,
 * with the run's events, its histories, and a folder of what the worker executed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import proto from '@temporalio/proto';
import { CACHE } from '../world/processes.ts';
import {
  clocksOf,
  detailsOf,
  eventsOf,
  type IHistory,
  type IHistoryEvent,
  type Surroundings,
} from './events.ts';
import type { Clocks, RecordedEvent, Recording } from './recording.ts';

const { History } = proto.temporal.api.history.v1;
const PROOF = `${CACHE}/proof`;

/** Whose run it was. */
export interface About {
  language: string;
  pipeline: string;
  scenario: string;
}

/** One run of a scenario in one language. */
export interface RunRecord extends About {
  workflow: string;
  end: Recording['end'];
  runs: number;
  skipped_seconds: number;
  events: RecordedEvent[];
  clocks: Clocks;
  /** The histories in Protobuf, as base64, the first run first. */
  histories: string[];
}

/** The name of a scenario as a file's. */
export function slugOf(scenario: string): string {
  const words = scenario.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return words.replace(/^-|-$/g, '');
}

const fileOf = ({ language, pipeline, scenario }: About) =>
  `${PROOF}/${language}/${pipeline}/${slugOf(scenario)}`;

/** A new folder for what the worker of this run executes. */
export async function coverageFolder(about: About): Promise<string> {
  const folder = `${fileOf(about)}.coverage`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * Keeps a run. `took` is how many ms it took on the wall; `bounded` puts bounds in the place of
 * numbers that hold some wall time.
 */
export async function saveRun(
  about: About & { workflow: string },
  histories: IHistory[],
  around: Surroundings,
  took: number,
  bounded: (output: unknown) => unknown = (output) => output,
): Promise<void> {
  const { events, virtual } = eventsOf(histories, around);
  const last = histories.at(-1)?.events?.at(-1);
  const end = endOf(last);
  if (!end) throw new Error(`the run has not ended: ${last && detailsOf(last).type}`);
  for (const event of events) {
    if (event.type === 'WorkflowExecutionCompleted') event.output = bounded(event.output);
  }
  // What the server's clock told more than the wall's was skipped.
  const skipped = Math.max(0, Math.max(...virtual) - took);
  const record: RunRecord = {
    ...about,
    ...{ end, runs: histories.length, skipped_seconds: Math.round(skipped / 1000), events },
    clocks: clocksOf(virtual, skipped),
    histories: histories.map((history) => Buffer.from(History.encode(history).finish()).toString('base64')),
  };
  const file = `${fileOf(about)}.json`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(record));
}

/** How a run ended, by its last event; undefined while it goes on. */
export function endOf(last: IHistoryEvent | undefined): Recording['end'] | undefined {
  return last && ENDS[detailsOf(last).type];
}

const ENDS: Record<string, Recording['end']> = {
  WorkflowExecutionCompleted: 'completed',
  WorkflowExecutionFailed: 'failed',
  WorkflowExecutionCanceled: 'cancelled',
  WorkflowExecutionTerminated: 'cancelled',
  WorkflowExecutionTimedOut: 'failed',
};

/** The runs of a pipeline that were kept, by language. */
export function runsOf(language: string, pipeline: string): RunRecord[] {
  const folder = `${PROOF}/${language}/${pipeline}`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')));
}

/** The folders with what the workers of a pipeline's runs executed. */
export function coverageOf(language: string, pipeline: string): { scenario: string; folder: string }[] {
  return runsOf(language, pipeline).map(({ scenario }) => ({
    scenario,
    folder: `${fileOf({ language, pipeline, scenario })}.coverage`,
  }));
}

/** Forgets what earlier runs left. */
export async function forgetRuns(): Promise<void> {
  await rm(PROOF, { recursive: true, force: true });
}
