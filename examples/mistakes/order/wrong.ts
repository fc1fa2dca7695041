/** The same lines as in the other languages: here they are right. */
import { proxyActivities } from '@temporalio/workflow';
import type * as activities from '../activities/activities.ts';

const { Report } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** A report for each carrier. */
export async function OrderWrong(
  flown: Record<string, number>,
): Promise<Record<string, string>> {
  const reports: Record<string, string> = {};
  // #region reports
  // #step In the order of the map
  for (const carrier in flown) {
    // #step One report after the other
    const flights = flown[carrier] ?? 0;
    const report = await Report({ carrier, flights });
    reports[carrier] = report;
  }
  // #endregion reports
  return reports;
}
