/** What `npm run pipeline` and the Run button run: one demo a pipeline, sandbox/demos/<pipeline>.ts. */
import type { WorkflowHandle } from '@temporalio/client';
import type { Sandbox } from './sandbox.ts';

export interface Demo<Input = unknown> {
  /** The workflow type. */
  workflow: string;
  /** Puts real data, whole, into the sandbox. */
  prepare(sandbox: Sandbox): Promise<Prepared<Input>>;
  /** A part of the sandbox that a reader may break while the demo runs. */
  edge?: Edge<Input>;
}

export interface Prepared<Input> {
  input: Input;
  /** Told of each answer of the query `progress`: where a run must be stopped, this does it. */
  onProgress?(progress: { processed: number }, handle: WorkflowHandle): Promise<void>;
  /** The first rows of what landed, for the reader's eyes. */
  rows(): Promise<Record<string, unknown>[]>;
}

export interface Edge<Input> {
  /** As in "break the API". */
  name: string;
  break(sandbox: Sandbox, input: Input): Promise<void> | void;
  mend(sandbox: Sandbox, input: Input): Promise<void> | void;
}

/** The demo of a pipeline. Throws when there is no sandbox/demos/<pipeline>.ts. */
export async function demoOf(pipeline: string): Promise<Demo> {
  return (await import(`./demos/${pipeline}.ts`)).default;
}
