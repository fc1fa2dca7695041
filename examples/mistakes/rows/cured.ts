/** A reference goes through the history: a claim check. */
import { proxyActivities } from '@temporalio/workflow';
import type * as activities from '../activities/activities.ts';

const { StageRows, CountStaged } = proxyActivities<
  typeof activities
>({ startToCloseTimeout: '1 minute' });

/** Counts the first rows of a table. */
export async function RowsCured(
  input: activities.Rows,
): Promise<number> {
  // #region hand-on
  // #step A reference comes back to the workflow
  const batch = await StageRows(input);

  // #step The workflow hands it on
  return CountStaged(batch);
  // #endregion hand-on
}
