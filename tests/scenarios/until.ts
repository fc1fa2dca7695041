/** Waiting, in wall time, for what a run does meanwhile. */
import { vi } from 'vitest';

const PATIENCE_MS = 60_000;

/**
 * Asks every few milliseconds until `condition` holds; after a minute throws an error that names `what`. Not
 * `expect.poll`: what throws while it is asked fails at once, and one may wait in several tests at a time.
 */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  every = 10,
  patience = PATIENCE_MS,
): Promise<void> {
  await vi.waitUntil(condition, { interval: every, timeout: patience, message: what });
}
