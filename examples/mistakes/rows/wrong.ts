/** All rows go through the history, twice. */
import { proxyActivities } from '@temporalio/workflow';
import type * as activities from '../activities/activities.ts';

const { ReadRows, CountRows } = proxyActivities<
  typeof activities
>({ startToCloseTimeout: '1 minute' });

/** Counts the first rows of a table. */
export async function RowsWrong(
  input: activities.Rows,
): Promise<number> {
  // #region hand-on
  // #step The rows come back to the workflow
  const rows = await ReadRows(input);

  // #step The workflow hands them on
  return CountRows(rows);
  // #endregion hand-on
}
