/** What a scenario is: the same for every language. */
import type { WorkflowHandle } from '@temporalio/client';
import type { Temporal } from '../world/temporal.ts';
import type { World } from '../world/world.ts';
import type { HistoryFacts } from './history.ts';

/** One run of a pipeline, while it goes on. */
export interface Run {
  readonly world: World;
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
  /** Runs the pipeline once more with the same input; returns its result. */
  again(meanwhile?: (handle: WorkflowHandle) => Promise<void>): Promise<unknown>;
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

export interface Scenario<Input, Output, Place> {
  /** What is proven, in words: it is the name of the test. */
  name: string;
  /** Prepares the world and says where this run reads and writes. */
  given(world: World, run: string): Promise<{ input: Input } & Place>;
  /** What happens while it runs. */
  during?(run: Run, place: { input: Input } & Place): Promise<void>;
  /** Its worker is to be killed, and so keeps no workflow in memory. */
  crashes?: true;
  /** When its message arrives is chance: of its recording, only the kinds of events are held against another. */
  chance?: true;
  expected: Expected<Output>;
  /** What must be true of the world and of the history after it. */
  after?(run: Run, place: { input: Input } & Place): Promise<void>;
}

export interface Pipeline<Input = unknown, Output = unknown, Place = object> {
  /** The folder of the pipeline in each language. */
  name: string;
  /** The workflow type. */
  workflow: string;
  /** What `npm run pipeline` runs: real data, whole. */
  demo(world: World): Promise<Demo<Input>>;
  /** A part of the demo's world that a reader may break while it runs. */
  edge?: Edge<Input>;
  scenarios: Scenario<Input, Output, Place>[];
}

export interface Demo<Input> {
  input: Input;
  /** Told of each answer of the query `progress`: where a run must be stopped, this does it. */
  onProgress?(progress: { processed: number }, handle: WorkflowHandle): Promise<void>;
  /** The first rows of what landed, for the reader's eyes. */
  rows(): Promise<Record<string, unknown>[]>;
}

export interface Edge<Input> {
  /** As in "break the API". */
  name: string;
  break(world: World, input: Input): Promise<void> | void;
  mend(world: World, input: Input): Promise<void> | void;
}
