/**
 * From a history, as a Temporal service keeps it, to the events of a recording. What legitimately
 * differs between two runs, or between two languages, is taken out here and nowhere else.
 */
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { temporal } from '@temporalio/proto';
import type { Timed } from './clocks.ts';
import type { RecordedEvent, Recording } from './recording.ts';

export type IHistory = temporal.api.history.v1.IHistory;
export type IHistoryEvent = temporal.api.history.v1.IHistoryEvent;
type IPayload = temporal.api.common.v1.IPayload;
type IFailure = temporal.api.failure.v1.IFailure;

/** What is of one sandbox alone, and so goes out of its recording. */
export interface Surroundings {
  /** The workflow's id: targets and topics are named after it. */
  workflowId: string;
  /** The folder of the sandbox. */
  folder: string;
  /** The repository's. */
  root: string;
  /** The language of a worker, by its identity: of a run on which workers of several languages worked. */
  languageOf?: (identity: string) => string | undefined;
}

/** A payload larger than this is shown by its size and digest. */
const SHOWN_BYTES = 2048;

/** An event with what its recording is ordered by. */
interface Ordered {
  event: RecordedEvent;
  virtual: number;
  /** Where it stands: run, the event that began its story, itself. */
  order: [run: number, first: number, id: number];
  /** The event it follows from, in the same run. */
  of?: number;
}

/** Reads the histories of an execution, the first run first. */
export function eventsOf(histories: IHistory[], around: Surroundings): Timed {
  const began = milliseconds(histories[0]?.events?.[0]?.eventTime);
  const hide = hider(histories, around);
  const ordered = histories.flatMap((history, index) => {
    const events = history.events ?? [];
    const byId = new Map(events.map((event) => [Number(event.eventId), event]));
    const languageOf = around.languageOf && languagesOf(events, around.languageOf);
    return events.flatMap((event): Ordered[] => {
      const { type, attributes } = detailsOf(event);
      if (LEFT_OUT.test(type) && !(languageOf && type === 'WorkflowTaskFailed')) return [];
      const id = Number(event.eventId);
      const of = causeOf(attributes);
      const first = (of && firstOf(of, byId)) || id;
      const language = languageOf?.(event, type, attributes);
      const told = { ...tell(type, attributes, hide), ...(language ? { language } : {}) };
      return [
        {
          event: { type, run: index + 1, ...told },
          virtual: milliseconds(event.eventTime) - began,
          order: [index + 1, first, id],
          ...(of ? { of } : {}),
        },
      ];
    });
  });
  ordered.sort(
    (a, b) =>
      a.order[0] - b.order[0] ||
      a.order[1] - b.order[1] ||
      rank(a.event.type) - rank(b.event.type) ||
      a.order[2] - b.order[2],
  );
  const at = new Map(ordered.map(({ order: [run, , id] }, index) => [`${run}/${id}`, index]));
  return {
    events: ordered.map(({ event: { type, run, ...rest }, of }) => {
      const cause = of === undefined ? undefined : at.get(`${run}/${of}`);
      return { type, run, ...(cause === undefined ? {} : { of: cause }), ...rest };
    }),
    virtual: ordered.map(({ virtual }) => virtual),
    began,
  };
}

/** In its story: a start is written late, so a request to cancel may come before or after it. */
function rank(type: string): number {
  if (/Scheduled$|Initiated$|TimerStarted$/.test(type)) return 0;
  if (/Started$/.test(type)) return 1;
  return /CancelRequested$/.test(type) ? 2 : 3;
}

/** Workflow tasks: how many there are, and when, is the SDK's own business. */
const LEFT_OUT = /^WorkflowTask/;

/** By the names with which the SDKs sign a workflow task. */
const SDKS: Record<string, string | undefined> = {
  'temporal-typescript': 'ts',
  'temporal-go': 'go',
  'temporal-rust': 'rust',
};

/** Tells of a run's events whose worker did it. */
function languagesOf(events: IHistoryEvent[], ofWorker: NonNullable<Surroundings['languageOf']>) {
  let signed: string | undefined;
  const tasks = new Map<unknown, string | undefined>();
  for (const { eventId, workflowTaskCompletedEventAttributes: task } of events) {
    // An SDK signs when the one before was another. What a task commands stands right behind it.
    const { sdkName } = task?.sdkMetadata ?? {};
    if (sdkName) signed = SDKS[sdkName] ?? sdkName;
    tasks.set(eventId, signed);
  }
  return ({ eventId }: IHistoryEvent, type: string, { identity }: Attributes) => {
    if (BY_WORKER.test(type)) return ofWorker(String(identity));
    return COMMANDED.test(type) ? tasks.get(eventId) : undefined;
  };
}

const BY_WORKER = /^(ActivityTask(Started|Completed|Failed|Canceled)|WorkflowTaskFailed)$/;
const COMMANDED =
  /^(ActivityTask(Scheduled|CancelRequested)|Timer(Started|Canceled)|.+Initiated|WorkflowExecution(Completed|Failed|Canceled|ContinuedAsNew))$/;

/** Every attribute that some event has: the kinds differ, what is read of them does not. */
interface Attributes {
  [name: string]: unknown;
  input?: { payloads?: IPayload[] | null } | null;
  result?: { payloads?: IPayload[] | null } | null;
  failure?: IFailure | null;
  lastFailure?: IFailure | null;
  attempt?: number | null;
}

/** What the first event of a history says: what was started, and which run of it this is. */
export function startOf({ events }: IHistory) {
  return events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
}

/** The event's type in Temporal's own words, and its attributes. */
export function detailsOf(event: IHistoryEvent): { type: string; attributes: Attributes } {
  const found = Object.entries(event).find(([key, value]) => key.endsWith('EventAttributes') && value);
  if (!found) throw new Error(`event ${event.eventId} of a history has no attributes`);
  const [key, attributes] = found;
  const type = key[0]?.toUpperCase() + key.slice(1, -'EventAttributes'.length);
  return { type, attributes: attributes as Attributes };
}

/** How a run ended, by its last event; undefined while it goes on. */
export function endOf(last: IHistoryEvent | undefined): Recording['end'] | undefined {
  return last && ENDS[detailsOf(last).type];
}

const ENDS: Record<string, Recording['end']> = {
  WorkflowExecutionCompleted: 'completed',
  WorkflowExecutionFailed: 'failed',
  WorkflowExecutionCanceled: 'cancelled',
  WorkflowExecutionTerminated: 'cancelled',
  WorkflowExecutionTimedOut: 'failed',
};

/** The event that this one answers, by its id; undefined for one that begins a story. */
function causeOf(attributes: Attributes): number | undefined {
  const id =
    attributes.scheduledEventId ??
    attributes.startedEventId ??
    attributes.initiatedEventId ??
    attributes.acceptedEventId;
  return Number(id) || undefined;
}

/** The event that began the story of another. */
function firstOf(id: number, byId: Map<number, IHistoryEvent>): number {
  const event = byId.get(id);
  const before = event && !/WorkflowTask/.test(detailsOf(event).type) && causeOf(detailsOf(event).attributes);
  return before ? firstOf(before, byId) : id;
}

/** What a recording says of an event, in the order in which it says it. */
function tell(type: string, attributes: Attributes, hide: Hide): Partial<RecordedEvent> {
  const named = (value: unknown) => (value as { name?: string } | null | undefined)?.name;
  const name =
    named(attributes.activityType) ??
    (type.includes('Child') ? named(attributes.workflowType) : undefined) ??
    (attributes.signalName as string | undefined) ??
    (attributes.acceptedRequest as { input?: { name?: string } } | undefined)?.input?.name;
  const told: Partial<RecordedEvent> = {};
  if (name) told.name = name;
  if (type === 'ActivityTaskScheduled' || type === 'StartChildWorkflowExecutionInitiated') {
    told.task_queue = (attributes.taskQueue as { name?: string } | null | undefined)?.name ?? '';
    told.options = optionsOf(attributes);
  }
  if (type === 'ActivityTaskStarted') told.attempt = attributes.attempt ?? 1;
  if (type === 'TimerStarted') told.seconds = seconds(attributes.startToFireTimeout);
  const input = jsonOf(attributes.input ?? acceptedInput(attributes), hide);
  if (input !== undefined) told.input = input;
  const output = jsonOf(attributes.result ?? outcomeOf(attributes), hide);
  if (output !== undefined) told.output = output;
  const failure = attributes.failure ?? attributes.lastFailure;
  if (failure) told.failure = failureOf(failure, hide);
  return told;
}

type Messages = Attributes['input'];

function acceptedInput(attributes: Attributes): Messages {
  return (attributes.acceptedRequest as { input?: { args?: Messages } } | undefined)?.input?.args;
}

function outcomeOf(attributes: Attributes): Messages {
  return (attributes.outcome as { success?: Messages } | undefined)?.success;
}

/** Ten years: what the test server writes where no timeout was set. */
const NEVER = 315_360_000;

/** Retry policy and timeouts, in seconds, where they are set. */
function optionsOf(attributes: Attributes): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const name of ['scheduleToClose', 'scheduleToStart', 'startToClose', 'heartbeat']) {
    const timeout = seconds(attributes[`${name}Timeout`]);
    if (timeout && timeout < NEVER) options[`${snake(name)}_timeout`] = timeout;
  }
  const retry = attributes.retryPolicy as temporal.api.common.v1.IRetryPolicy | null | undefined;
  if (!retry) return options;
  options.retry = {
    initial_interval: seconds(retry.initialInterval),
    backoff_coefficient: retry.backoffCoefficient ?? 0,
    maximum_interval: seconds(retry.maximumInterval),
    // 0: for ever.
    maximum_attempts: retry.maximumAttempts ?? 0,
    ...(retry.nonRetryableErrorTypes?.length
      ? { non_retryable_error_types: retry.nonRetryableErrorTypes }
      : {}),
  };
  return options;
}

/** The type and the words of the failure that caused all the others. */
function failureOf(failure: IFailure, hide: Hide): { type: string; message: string } {
  const application = failure.applicationFailureInfo;
  if (!application && failure.cause) return failureOf(failure.cause, hide);
  const type =
    application?.type ||
    (failure.timeoutFailureInfo && 'Timeout') ||
    (failure.canceledFailureInfo && 'Cancelled') ||
    'Failure';
  // The SDKs word a timeout and a cancellation each in their way.
  const message = application ? hide.text(failure.message ?? '') : type;
  return { type, message };
}

// ---- What differs from run to run

interface Hide {
  text(text: string): string;
  value(value: unknown, key?: string): unknown;
}

/** A path, and the same as it stands in a URL, where a space or an umlaut is percent-encoded. */
function pathsOf(path: string, name: string): [string, string][] {
  const { pathname } = pathToFileURL(path);
  return pathname === path
    ? [[path, name]]
    : [
        [pathname, name],
        [path, name],
      ];
}

/** Takes out what is of one run alone, and says what stood there. */
function hider(histories: IHistory[], { workflowId, folder, root }: Surroundings): Hide {
  const known: [string, string][] = [
    ...histories.map(({ events }, index): [string, string] => {
      const runId = events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId ?? '';
      return [runId, histories.length > 1 ? `<run ${index + 1}>` : '<run>'];
    }),
    ...pathsOf(folder, '/<sandbox>'),
    ...pathsOf(root, '/<repository>'),
    [workflowId, '<workflow>'],
  ];
  const text = (words: string) => {
    let hidden = words;
    for (const [value, name] of known) if (value) hidden = hidden.replaceAll(value, name);
    return (
      hidden
        // What is staged is named by its bytes, which are each language's own.
        .replace(/\b[0-9a-f]{64}\.ndjson\b/g, '<sha256>.ndjson')
        // Ports are free ones.
        .replace(/\b(localhost|127\.0\.0\.1):\d+/g, '<host>')
        // The clock of the run, which a server that is shared may have moved by decades: its data is of 2013.
        .replace(/\b2(0[2-9]|[12]\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    );
  };
  const value = (found: unknown): unknown => {
    if (typeof found === 'string') return text(found);
    if (Array.isArray(found)) return found.map(value);
    if (!found || typeof found !== 'object') return found;
    const fields = Object.entries(found).map(([key, inner]): [string, unknown] => [key, value(inner)]);
    const result = Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
    // How a line is written is each language's own, so the digest of lines is.
    if ('uri' in result && 'sha256' in result) result.sha256 = '<sha256>';
    return result;
  };
  return { text, value };
}

/** The JSON in a message, its keys in order: the languages write them in their own. */
function jsonOf(messages: Messages, hide: Hide): unknown {
  const payloads = messages?.payloads ?? [];
  if (!payloads.length) return undefined;
  const values = payloads.map((payload) => {
    const text = Buffer.from(payload.data ?? []).toString('utf8');
    return text ? hide.value(JSON.parse(text)) : null;
  });
  const value = values.length === 1 ? values[0] : values;
  // TypeScript sends `undefined`, Go `nil`, Rust nothing.
  if (value === null) return undefined;
  const json = JSON.stringify(value);
  if (json.length <= SHOWN_BYTES) return value;
  return { bytes: json.length, sha256: createHash('sha256').update(json).digest('hex') };
}

// ---- Time

/** A timestamp or a duration of a history, in ms. */
export function milliseconds(time: unknown): number {
  const { seconds: whole, nanos } = (time ?? {}) as { seconds?: unknown; nanos?: number | null };
  return Number(whole ?? 0) * 1000 + Math.round((nanos ?? 0) / 1e6);
}

function seconds(duration: unknown): number {
  return milliseconds(duration) / 1000;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
