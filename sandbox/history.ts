/** What a history says, read for assertions. */
import type { Client, WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { temporal } from '@temporalio/proto';
import proto from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;
type IHistory = temporal.api.history.v1.IHistory;
type IPayload = temporal.api.common.v1.IPayload;

export interface HistoryFacts {
  /** Bytes of the whole history, as the service counts them. */
  bytes: number;
  /** Bytes of the largest payload. */
  largestPayload: number;
  events: number;
  /** The SDKs that worked on the run, in the order of their first workflow task. */
  sdks: string[];
  /** All there is to read in it: every payload, decoded, and every other text. */
  text: string;
}

/** Reads the histories of an execution, one a run, the first run first. */
export async function factsOf(client: Client, handle: WorkflowHandle): Promise<HistoryFacts[]> {
  return (await historiesOf(client, handle)).map(read);
}

/** Fetches the histories of an execution, one a run, the first run first. */
export async function historiesOf(client: Client, handle: WorkflowHandle): Promise<IHistory[]> {
  const histories: IHistory[] = [];
  const { workflowId } = handle;
  let runId = (handle as WorkflowHandleWithFirstExecutionRunId).firstExecutionRunId;
  while (runId) {
    const history: IHistory = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    // A service tells the workflow's id here, which a replay needs; the test server leaves it out.
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    if (started) started.workflowId ||= workflowId;
    histories.push(history);
    const last = history.events?.at(-1);
    runId = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
  }
  return histories;
}

function read(history: IHistory): HistoryFacts {
  const payloads = payloadsOf(history);
  const sdks = history.events?.map(
    (event) => event.workflowTaskCompletedEventAttributes?.sdkMetadata?.sdkName,
  );
  const decoded = payloads.map((payload) => Buffer.from(payload.data ?? []).toString('utf8'));
  return {
    bytes: History.encode(history).finish().length,
    largestPayload: Math.max(0, ...payloads.map((payload) => payload.data?.length ?? 0)),
    events: history.events?.length ?? 0,
    sdks: [...new Set(sdks?.filter((name): name is string => Boolean(name)))],
    text: [JSON.stringify(history), ...decoded].join('\n'),
  };
}

function payloadsOf(value: unknown): IPayload[] {
  if (!value || typeof value !== 'object' || value instanceof Uint8Array) return [];
  if ('data' in value && value.data instanceof Uint8Array) return [value as IPayload];
  return Object.values(value).flatMap(payloadsOf);
}

/** Whether all that a run does now is wait for a timer. */
export async function sleeps(handle: WorkflowHandle): Promise<boolean> {
  const { events } = await handle.fetchHistory();
  return Boolean(events?.at(-1)?.timerStartedEventAttributes);
}

/** How many attempts of a run's activities are under way: the test server says so of those that wait for their next, too. */
export async function attemptsUnderWay(handle: WorkflowHandle): Promise<number> {
  const { raw } = await handle.describe();
  const running = raw.pendingActivities?.filter(
    ({ lastStartedTime: began, lastAttemptCompleteTime: ended }) => {
      return began && (!ended || tsToMs(began) > tsToMs(ended));
    },
  );
  return running?.length ?? 0;
}
