/** A Temporal server that runs take place on: the dev server, or the test server, whose clock skips. */
import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';

export interface Server {
  readonly address: string;
  /** Nobody guesses it: who knows the port alone meets no worker, and no run. */
  readonly namespace: string;
  readonly client: Client;
  /** What both clocks said, in ms since the epoch: the server's, and that on the wall. */
  readonly readings: { virtual: number; wall: number; doubt?: number }[];
  /** Reads both clocks. It touches neither. */
  readClocks(): Promise<void>;
  stop(): Promise<void>;
}

/** A name that nobody guesses. */
export const unguessable = (purpose: string): string => `${purpose}-${randomBytes(16).toString('hex')}`;
