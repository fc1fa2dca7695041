/** The sandbox has a clock of its own, but the machine's time zone. */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type * as activities from '../activities/activities.ts';

const { Report } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** Reports by night. */
export async function ClockWrong(
  due: activities.Due,
): Promise<string> {
  // #region wait
  // #step Ask the machine
  const hour = new Date().getHours(); // in its time zone

  // #step Wait, if it is too early
  if (hour >= 6) await sleep(`${24 - hour} hours`);

  // #step Report
  return Report(due.flown);
  // #endregion wait
}
