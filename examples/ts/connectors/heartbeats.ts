/** Heartbeats while an activity waits: for a page, for a lock, for an answer. */
import { heartbeat } from '@temporalio/activity';

const EVERY_MS = 1000;

/**
 * Heartbeats each second, with what `details` then returns, until it is disposed of. It keeps a slow
 * attempt from being taken for a dead one, and an answer to a heartbeat is how a cancellation arrives.
 */
// #region alive
export function stayAlive(
  details: () => unknown = () => undefined,
): Disposable {
  // #step Say so each second, also while nothing arrives
  const beats = setInterval(
    () => heartbeat(details()),
    EVERY_MS,
  );

  // #step Until the work is done
  return { [Symbol.dispose]: () => clearInterval(beats) };
}
// #endregion alive
