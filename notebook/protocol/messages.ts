/** What the notebook's page, its server and the process of a run say to each other. */
import type { RecordedEvent, Recording } from '../../recordings/format/recording.ts';

/** What a reader wants to run. */
export interface Wanted {
  pipeline: string;
  language: string;
  /** Wait, when the sandbox is there, until the input has been edited. */
  edit?: boolean;
  /** Begin with the edge broken. */
  broken?: boolean;
}

/** How far a run is. The last three are its ends. */
export type Phase = 'building' | 'starting' | 'ready' | 'running' | 'done' | 'failed' | 'stopped';
export const ENDS: Phase[] = ['done', 'failed', 'stopped'];

/** What is told of a run, in the order in which it happens. */
export type News =
  | { kind: 'phase'; phase: Phase; why?: string }
  | { kind: 'input'; input: unknown }
  | { kind: 'progress'; phase: string; processed: number; total: number }
  | ({ kind: 'history' } & Tail)
  | { kind: 'note'; text: string }
  /** Where Temporal's own page of the run is, while it goes on. */
  | { kind: 'web'; url: string }
  | { kind: 'broken'; broken: boolean }
  | { kind: 'output'; output: unknown }
  | { kind: 'rows'; rows: Record<string, unknown>[] }
  /** The last that a process says. */
  | { kind: 'over' };

/** The events of a run from the one that has changed, with both clocks; and what the clocks say now. */
export interface Tail {
  from: number;
  events: RecordedEvent[];
  virtual: number[];
  wall: number[];
  now: { virtual: number; wall: number };
  end?: Recording['end'];
}

/** What a reader does to a run. */
export type Deed = { do: 'start'; input: unknown } | { do: 'crash' | 'break' | 'mend' | 'stop' };

/** What the process of a run must know. */
export interface Plan extends Wanted {
  edit: boolean;
  broken: boolean;
  /** Where its sandbox keeps its files. */
  folder: string;
}
