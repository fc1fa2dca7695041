/** In a workflow, `Date` is the workflow's clock. */
import { sleep } from '@temporalio/workflow';

/** Loads when it is time. */
export async function ClockCured(due: number): Promise<string> {
  // #region wait
  // #step Ask the workflow
  const early = due - Date.now();

  // #step Wait, if it is too early
  if (early > 0) await sleep(early);
  return 'loaded';
  // #endregion wait
}
