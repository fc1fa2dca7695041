/** How far a run is: what its workflow answers, and what its activities have staged meanwhile. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
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
  const staged = await stagedIn(await handle.describe());
  return { ...progress, processed: progress.processed + staged };
}

/** The rows of the batches that the heartbeats of the activities under way refer to, in a list that is staged itself. */
export async function stagedIn({ raw }: Pick<WorkflowExecutionDescription, 'raw'>): Promise<number> {
  let rows = 0;
  for (const { heartbeatDetails } of raw.pendingActivities ?? []) {
    for (const payload of heartbeatDetails?.payloads ?? []) rows += await rowsIn(payload);
  }
  return rows;
}

type Payload = Parameters<typeof defaultPayloadConverter.fromPayload>[0];

async function rowsIn(payload: Payload): Promise<number> {
  try {
    const { staged } = defaultPayloadConverter.fromPayload<{ staged: { uri: string } }>(payload);
    const list = await readFile(fileURLToPath(staged.uri), 'utf8');
    const batches = list.split('\n').filter(Boolean);
    return batches.reduce((sum, batch) => sum + (Number(JSON.parse(batch).count) || 0), 0);
  } catch {
    // Another heartbeat, or encrypted, on a service of the user's, or staged on another machine: nobody can say.
    return 0;
  }
}
