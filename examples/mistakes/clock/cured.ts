/** In a workflow, `Date` is the workflow's clock. */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type * as activities from '../activities/activities.ts';

const { Report } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** Reports when it is time. */
export async function ClockCured(
  due: activities.Due,
): Promise<string> {
  // #region wait
  // #step Ask the workflow
  const early = due.at - Date.now();

  // #step Wait, if it is too early
  if (early > 0) await sleep(early);

  // #step Report
  return Report(due.flown);
  // #endregion wait
}
