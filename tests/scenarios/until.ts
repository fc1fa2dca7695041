/** Waiting, in wall time, for what a run does meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

/** Asks every few milliseconds until `condition` holds; after a minute throws an error that names `what`. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  every = 10,
): Promise<void> {
  const late = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > late) throw new Error(`waited a minute in vain: ${what}`);
    await sleep(every);
  }
}
