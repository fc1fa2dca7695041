/** The activity tells how far it is; the workflow says how often it must. */
import { proxyActivities } from '@temporalio/workflow';
import type * as activities from '../activities/activities.ts';

// #region count
// #step Miss the activity after half a minute of silence
const { CountFlights } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
});
// #endregion count

/** Counts the flights of several tables. */
export async function HeartbeatCured(
  connections: string[],
): Promise<number> {
  let flights = 0;
  for (const connection of connections) {
    flights += await CountFlights(connection);
  }
  return flights;
}
