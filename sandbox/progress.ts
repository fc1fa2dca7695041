/** How far a run is: what its workflow answers, and what its activities have staged meanwhile. */
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

/**
 * The answer of the query `progress`, and with it the rows that activities under way have staged so far. A
 * workflow learns of them when an activity is over: until then its heartbeats alone say how far it is.
 */
export async function progressOf<Progress extends { processed: number }>(
  handle: WorkflowHandle,
): Promise<Progress> {
  const progress = await handle.query<Progress>('progress');
  // In this order: what ends in between is missing for a moment, the other way it would be counted twice.
  const staged = stagedIn(await handle.describe());
  return { ...progress, processed: progress.processed + staged };
}

/** The rows of the batches that stand in the heartbeats of the activities under way. */
export function stagedIn({ raw }: Pick<WorkflowExecutionDescription, 'raw'>): number {
  let rows = 0;
  for (const { heartbeatDetails } of raw.pendingActivities ?? []) {
    for (const payload of heartbeatDetails?.payloads ?? []) rows += rowsIn(payload);
  }
  return rows;
}

function rowsIn(payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0]): number {
  let details: { batches?: { count?: unknown }[] } | null;
  try {
    details = defaultPayloadConverter.fromPayload(payload);
  } catch {
    // Encrypted, on a service of the user's: nobody can say.
    return 0;
  }
  if (!Array.isArray(details?.batches)) return 0;
  return details.batches.reduce((sum, batch) => sum + (Number(batch?.count) || 0), 0);
}
