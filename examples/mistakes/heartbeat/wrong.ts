/** Cannot be bundled: a heartbeat is an activity's. */
import { heartbeat } from '@temporalio/activity';
import { proxyActivities } from '@temporalio/workflow';
import type * as activities from '../activities/activities.ts';

const { CountFlights } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10 minutes',
});

/** Counts the flights of several tables. */
export async function HeartbeatWrong(
  connections: string[],
): Promise<number> {
  let flights = 0;
  // #region count
  for (const connection of connections) {
    // #step Work table by table
    flights += await CountFlights(connection);

    // #step Tell Temporal how far we are
    heartbeat(flights);
  }
  // #endregion count
  return flights;
}
