/** Sorted: the same in every language. */
import { proxyActivities } from '@temporalio/workflow';
import type * as activities from '../activities/activities.ts';

const { Report } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** A report for each carrier. */
export async function OrderCured(
  flown: Record<string, number>,
): Promise<Record<string, string>> {
  const reports: Record<string, string> = {};
  // #region reports
  // #step In the order of the names
  for (const carrier of Object.keys(flown).sort()) {
    // #step One report after the other
    const flights = flown[carrier] ?? 0;
    const report = await Report({ carrier, flights });
    reports[carrier] = report;
  }
  // #endregion reports
  return reports;
}
