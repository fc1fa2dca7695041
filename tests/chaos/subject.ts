/** What is put through chaos: the runs that belong together, and what must be true after them. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Sandbox } from '../../sandbox/sandbox.ts';

/** Where a subject lives. */
export interface World {
  sandbox: Sandbox;
  client: Client;
  taskQueue: string;
  /** Numbers from 0 to 1, the same for the same seed. */
  chance: () => number;
  /** Of this subject alone: its topics, table, folder and workflows are named after it. */
  name: string;
  /** Resolves so many seconds after the chaos began. */
  at(seconds: number): Promise<void>;
}

/** When the chaos ends, in seconds: from then on nothing is broken any more. */
export const CALM = 100;

/** When a worker is frozen past its timeouts, in seconds: much should be under way then. */
export const FREEZE = 12;

/** A moment from the beginning to `latest`, every second time one right before the worker is frozen. */
export function moment(chance: () => number, latest: number): number {
  return chance() < 0.5 ? FREEZE - chance() * 1.5 : chance() * latest;
}

export interface Subject {
  /** What it does, in words. */
  about: string;
  /** Resolves when all of its runs have ended. */
  play(): Promise<void>;
  /** What is wrong when everything has been quiet for a while; empty when all is right. */
  faults(): Promise<string[]>;
}

/** How a run ended. */
export type End = { completed: unknown } | { cancelled: true } | { failed: string };

export async function endOf(handle: WorkflowHandle): Promise<End> {
  try {
    return { completed: await handle.result() };
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: Error };
    if (cause?.name === 'CancelledFailure') return { cancelled: true };
    return { failed: cause?.message ?? `${name}: ${message}` };
  }
}

/** A whole number from `least` to `most`, both included. */
export function whole(chance: () => number, least: number, most: number): number {
  return least + Math.floor(chance() * (most - least + 1));
}

/** One of several. */
export function oneOf<T>(chance: () => number, choices: readonly T[]): T {
  return choices[Math.floor(chance() * choices.length)] as T;
}
