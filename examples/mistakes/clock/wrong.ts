/** The sandbox replaces the clock, but not the worker's time zone. */
import { sleep } from '@temporalio/workflow';

/** Loads before six in the morning. */
export async function ClockWrong(): Promise<string> {
  // #region wait
  // #step Ask the machine
  const hour = new Date().getHours(); // in its time zone

  // #step Wait, if it is too early
  if (hour >= 6) await sleep(`${24 - hour} hours`);
  return 'loaded';
  // #endregion wait
}
