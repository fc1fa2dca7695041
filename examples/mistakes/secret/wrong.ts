/** Takes any connection string, also one with a password in it. */
import { proxyActivities } from '@temporalio/workflow';
import type * as activities from '../activities/activities.ts';

const { CountFlights } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** Counts the flights of a table. */
export async function SecretWrong(
  connection: string,
): Promise<number> {
  // #region connect
  // #step Hand the connection string on
  return CountFlights(connection);
  // #endregion connect
}
