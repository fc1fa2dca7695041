/** What a scenario is: the same for every language. */
import { existsSync, readdirSync } from 'node:fs';
import type { WorkflowHandle } from '@temporalio/client';
import type { HistoryFacts } from '../../sandbox/history.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Temporal } from '../../sandbox/temporal.ts';

/** One run of a pipeline, while it goes on. */
export interface Run {
  readonly sandbox: Sandbox;
  readonly temporal: Temporal;
  readonly handle: WorkflowHandle;
  /** Kills the run's own worker with SIGKILL, and starts another. */
  crash(meanwhile?: () => Promise<void> | void): Promise<void>;
  /** Waits, in wall time, until `condition` holds; fails after a minute, naming `what`. */
  until(what: string, condition: () => Promise<boolean> | boolean): Promise<void>;
  /** The answer of the query `progress`, held against the contract. */
  progress<Progress>(): Promise<Progress>;
  /** Whether all that the run does now is wait for a timer. */
  sleeps(): Promise<boolean>;
  /** What the histories say, one a run of the execution, the first run first. */
  histories(): Promise<HistoryFacts[]>;
  /** Runs the pipeline once more, with the same input where no other is given; returns its result. */
  again(meanwhile?: (handle: WorkflowHandle) => Promise<void>, input?: unknown): Promise<unknown>;
  /** When the pending activity of this type was last heard of, in ms; 0 when it was not. */
  heartbeatAt(activity: string): Promise<number>;
  /** The attempt that the pending activity of this type is in; 0 when none is pending. */
  attempt(activity: string): Promise<number>;
}

/** How a run must end: a result that holds these values, or a failure of this type and words. */
export type Expected<Output> =
  | { output: { [Field in keyof Output]: Output[Field] | Between } }
  | { failure: { type: string; message: string } }
  | { cancelled: true };

/** A number within bounds, both included: for virtual seconds, which hold some wall time. */
export interface Between {
  from: number;
  to: number;
}

export interface Scenario<Input, Output, Target> {
  /** What is proven, in words: it is the name of the test. */
  name: string;
  /** Prepares the sandbox and says where this run reads and writes. */
  given(sandbox: Sandbox, run: string): Promise<{ input: Input } & Target>;
  /** What happens while it runs. */
  during?(run: Run, target: { input: Input } & Target): Promise<void>;
  /**
   * It has a server and a worker of its own, and may move the clock by hand or leave an attempt hanging. All
   * others of a language share one server and one worker.
   */
  alone?: true;
  /** Its worker is to be killed, and so keeps no workflow in memory. It is alone, too. */
  crashes?: true;
  /**
   * Neither the sandbox nor the clock matters to it: it runs with others of its kind at the same time, on a server
   * of theirs. It may leave an attempt behind, which holds the test server's clock for good.
   */
  together?: true;
  /** When its message arrives is chance: of its recording, only the kinds of events are held against another. */
  chance?: true;
  expected: Expected<Output>;
  /** What must be true of the sandbox and of the history after it. */
  after?(run: Run, target: { input: Input } & Target): Promise<void>;
}

export interface Pipeline<Input = unknown, Output = unknown, Target = object> {
  /** The folder of the pipeline in each language. */
  name: string;
  /** The workflow type. */
  workflow: string;
  scenarios: Scenario<Input, Output, Target>[];
}

/** The folders of tests/scenarios that have a list of scenarios. */
export const LISTED: string[] = readdirSync(import.meta.dirname)
  .filter((name) => existsSync(`${import.meta.dirname}/${name}/scenarios.ts`))
  .sort();

/** The list of a pipeline: tests/scenarios/<pipeline>/scenarios.ts. */
export async function scenariosOf(pipeline: string): Promise<Pipeline> {
  return (await import(`./${pipeline}/scenarios.ts`)).default;
}
