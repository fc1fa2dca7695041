/** What a run has left in staging, as the input of a run that loads it. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { Batch } from '../examples/ts/connectors/records.ts';
import type { ETLInput, ETLOutput, LoadInput } from '../examples/ts/etl/types.ts';

type Event = temporal.api.history.v1.IHistoryEvent;
type Payloads = temporal.api.common.v1.IPayloads;

/** A run that a retry goes on from: its workflow type, and the input of the retry. */
export interface Retry {
  workflow: string;
  input: ETLInput;
}

/**
 * Reads from a run's history what it has staged and not loaded: its failed batches where it completed, all that it
 * had not come to where it failed or was cancelled. Throws an error that says why there is nothing to retry.
 */
export async function retryOf(client: Client, workflowId: string): Promise<Retry> {
  const handle = client.workflow.getHandle(workflowId);
  const { events } = await handle.fetchHistory().catch((error: Error) => {
    throw new Error(`${workflowId}: ${error.message.split('\n')[0]}`);
  });
  const run = readRun(workflowId, events ?? []);
  const { input, staged, transformed, loaded, failed } = run;
  const { retry } = input;
  if (failed === undefined && (staged.size === 0 || transformed.length < staged.size) && !retry) {
    throw new Error(
      `${workflowId}: was not over with reading when it ended: start it again from the beginning`,
    );
  }
  const waiting = [...(retry?.batches ?? []), ...transformed];
  const left = waiting.filter(({ uri }) => (failed ? failed.has(uri) : !loaded.has(uri)));
  // A run that failed as it completed its load: one batch again changes nothing, and it is completed.
  const batches = failed || left.length ? left : waiting.slice(-1);
  if (batches.length === 0) throw new Error(`${workflowId}: there is no batch that failed`);
  const processed_at = retry?.processed_at ?? run.processedAt ?? '';
  const loaded_parts = (retry?.loaded_parts ?? 0) + waiting.length - batches.length;
  const run_id = retry?.run_id ?? run.runId;
  return {
    workflow: run.workflow,
    input: { ...input, retry: { run_id, processed_at, loaded_parts, batches } },
  };
}

interface Ended {
  workflow: string;
  runId: string;
  input: ETLInput;
  processedAt: string | undefined;
  /** How the extracted batches are called, and what became of them. */
  staged: Set<string>;
  transformed: Batch[];
  loaded: Set<string>;
  /** The batches that the output lists; none while there is no output. */
  failed: Set<string> | undefined;
}

function readRun(workflowId: string, events: Event[]): Ended {
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  const workflow = started?.workflowType?.name ?? '';
  if (workflow !== 'ETLPipeline') {
    throw new Error(`${workflowId}: is no ETLPipeline: no other stages what a retry could load`);
  }
  if (!isOver(events.at(-1))) throw new Error(`${workflowId}: is not over yet`);
  const scheduled = new Map(
    events.map((event) => [String(event.eventId), event.activityTaskScheduledEventAttributes]),
  );
  const run: Ended = {
    workflow,
    runId: started?.originalExecutionRunId ?? '',
    input: decoded<ETLInput>(started?.input),
    processedAt: undefined,
    ...{ staged: new Set(), transformed: [], loaded: new Set(), failed: undefined },
  };
  for (const activity of scheduled.values()) {
    // A run that was reset has the events of the one before: its loads know whose they are.
    if (activity?.activityType?.name === 'LoadData')
      run.runId = decoded<LoadInput>(activity.input).run_id ?? run.runId;
  }
  for (const event of events) {
    const completed = event.activityTaskCompletedEventAttributes;
    const activity = scheduled.get(String(completed?.scheduledEventId));
    const name = activity?.activityType?.name;
    if (name === 'ExtractData') {
      for (const { uri } of decoded<{ batches: Batch[] }>(completed?.result).batches) run.staged.add(uri);
    } else if (name === 'TransformData') {
      run.transformed.push(decoded<{ batch: Batch }>(completed?.result).batch);
      run.processedAt = decoded<{ processed_at: string }>(activity?.input).processed_at;
    } else if (name === 'LoadData') {
      run.loaded.add(decoded<LoadInput>(activity?.input).batch.uri);
    }
    const output = event.workflowExecutionCompletedEventAttributes?.result;
    if (output) run.failed = new Set(decoded<ETLOutput>(output).failed_batches.map(({ uri }) => uri));
  }
  return run;
}

function isOver(last: Event | undefined): boolean {
  return Boolean(
    last?.workflowExecutionCompletedEventAttributes ??
      last?.workflowExecutionFailedEventAttributes ??
      last?.workflowExecutionCanceledEventAttributes ??
      last?.workflowExecutionTerminatedEventAttributes ??
      last?.workflowExecutionTimedOutEventAttributes,
  );
}

function decoded<T>(payloads: Payloads | null | undefined): T {
  return defaultPayloadConverter.fromPayload<T>(payloads?.payloads?.[0] ?? {});
}
