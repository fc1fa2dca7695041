/**
 * What a recording is: one scenario's run, as every language ran it. What happened is kept once, for
 * it is the same in every language; when it happened is kept for each.
 *
 * A file is `recordings/<pipeline>/<slug of the scenario>.json`. Its schema, for other readers, is
 * recordings/format/recording.schema.json.
 */
export const RECORDING_VERSION = 1;

/** The key of the clocks of a run on which workers of several languages worked: it is one run, and has one clock. */
export const MIXED = 'mixed';

export interface Recording {
  version: typeof RECORDING_VERSION;
  pipeline: string;
  /** The scenario's name, as the tests have it. */
  scenario: string;
  /** The workflow type. */
  workflow: string;
  /** How the last run ended. */
  end: 'completed' | 'failed' | 'cancelled';
  /** The runs of the execution: more than one when it continued as new. */
  runs: number;
  /** Seconds that nobody waited for: by how much the server's clock got ahead of the wall's, measured. */
  skipped_seconds: number;
  /** What happened: by run, and in a run by the command that caused it. */
  events: RecordedEvent[];
  /** When it happened, by language id (`ts`, `go`, `rust`), or once under `mixed`: as long as `events`, same order. */
  clocks: Record<string, Clocks>;
  /** SHA-256 of all the rest, so that no hand can change it unseen. */
  digest: string;
}

/** What can be played of a recording. A run that still goes on has no end. */
export type Played = Pick<Recording, 'workflow' | 'events' | 'clocks'> & {
  end?: Recording['end'] | undefined;
};

/** Milliseconds since the workflow started, one for each event. Not sorted where work was done side by side. */
export interface Clocks {
  /** Of the workflow's clock, which skips waits. */
  virtual: number[];
  /** Of the clock on the wall. */
  wall: number[];
}

/** Where in the workflow's code a command was issued, as `<Compare>` names it. */
export interface CodeLocation {
  /** `workflow`, `activities`, `types`. */
  file: string;
  region: string;
  /** The step's title; absent in a region without steps. */
  step?: string;
}

/**
 * One event of the history, without ids, ports, hosts and wall times. Workflow tasks are left out:
 * how many there are is the SDK's own business. In a mixed run, those that failed are told.
 */
export interface RecordedEvent {
  /** Temporal's own name of the event, such as `ActivityTaskScheduled`. */
  type: string;
  /** Which run of the execution, from 1. */
  run: number;
  /** The event that this one follows from: its index in `events`. An activity's start points to its schedule. */
  of?: number;
  /** The type of the activity or of the child workflow; the name of the signal or of the update. */
  name?: string;
  task_queue?: string;
  /** Only of `ActivityTaskStarted`: the attempt that this is. Earlier ones failed, the last of them with `failure`. */
  attempt?: number;
  /** Of a timer: how long. */
  seconds?: number;
  /** Retry policy and timeouts of an activity, in seconds. */
  options?: Record<string, unknown>;
  /** What went in. A payload over 2 kB is `{ "bytes": n, "sha256": "…" }`. */
  input?: unknown;
  /** What came out; same bound. */
  output?: unknown;
  failure?: { type: string; message: string };
  /**
   * Whose worker did it, by language id; of mixed runs alone. Of a command and of an end: the SDK that signed the
   * workflow task it came from. Of an attempt, and of how it ended: the worker that ran the activity.
   */
  language?: string;
  /** The line of the workflow that issued the command. */
  at?: CodeLocation;
}
