/** The three activities of the stream: all that touches topics and events. */
import { Context } from '@temporalio/activity';
import {
  fetchStaged,
  stage,
  stagedAt,
} from '../connectors/staging.ts';
import {
  type Message,
  publish,
  readTopic,
} from '../connectors/topic.ts';
import type {
  ProcessInput,
  ProcessOutput,
  ReadInput,
  ReadOutput,
  Window,
  WriteInput,
} from './types.ts';

/** Reads what is new behind the cursor, into staging. */
// #region read
export async function ReadStreamEvents(
  input: ReadInput,
): Promise<ReadOutput> {
  const { topic, cursor, max_events } = input;

  // #step Bounded: from the cursor, at most so many
  const page = await readTopic(topic, cursor, max_events);
  if (page.messages.length === 0)
    return { batch: null, cursor };

  // #step Stage the events, keep the reference
  const { workflowExecution: run } = Context.current().info;
  const part = String(cursor).padStart(12, '0');
  const uri = stagedAt(`${run?.runId}/events/${part}.ndjson`);
  const batch = await stage(uri, page.messages);
  return { batch, cursor: page.cursor };
}
// #endregion read

/** Sorts a batch of events into windows. The same input gives the same output, whenever it runs. */
// #region process
export async function ProcessStreamEvents(
  input: ProcessInput,
): Promise<ProcessOutput> {
  const { target_topic, window_size_seconds: size } = input;
  const lateness = input.allowed_lateness_seconds;
  const messages = await fetchStaged<Message>(input.batch);
  const windows = new Map(input.open_windows.map(keyed));
  let watermark = seconds(input.watermark);
  const late: Message[] = [];
  const dead: Message[] = [];

  for (const message of messages) {
    // #step What is no event goes aside, with the reason
    const event = parse(message.body);
    if (typeof event === 'string') {
      const body = JSON.stringify({
        reason: event,
        ...message,
      });
      dead.push({ id: message.id, body });
      continue;
    }

    // #step An event whose window is closed is late
    const at = seconds(event.departed_at);
    const start = Math.floor(at / size) * size;
    if (start + size <= watermark) {
      late.push(message);
      continue;
    }

    // #step Any other counts in its window
    count(windows, instant(start), event);

    // #step The newest event moves the watermark
    watermark = Math.max(watermark, at - lateness);
  }

  // #step Nothing is dropped: late and dead have topics
  await publish(`${target_topic}.late`, late);
  await publish(`${target_topic}.dead`, dead);

  // #step Windows behind the watermark are closed
  const all = [...windows.values()].sort(byKey);
  const closed = ({ window_start }: Window) =>
    seconds(window_start) + size <= watermark;
  return {
    open_windows: all.filter((window) => !closed(window)),
    closed_windows: all.filter(closed),
    watermark: Number.isFinite(watermark)
      ? instant(watermark)
      : null,
    late_events: late.length,
    dead_events: dead.length,
  };
}
// #endregion process

/** Publishes the results of closed windows. */
// #region write
export async function WriteStreamResults(
  input: WriteInput,
): Promise<void> {
  const { stream_id, topic } = input;
  const results = input.windows.map((window) => {
    // #step The key of a window is its de-duplication id
    const { window_start, origin, departures } = window;
    const id = `${stream_id}/${window_start}/${origin}`;

    // #step Means are taken at the end, from sums
    const mean_delay =
      departures === 0 ? null : window.delay_sum / departures;
    const { cancelled, worst_delay } = window;
    const result = {
      stream_id,
      window_start,
      origin,
      departures,
      cancelled,
      mean_delay,
      worst_delay,
    };
    return { id, body: JSON.stringify(result) };
  });

  // #step Published again, a window is still there once
  await publish(topic, results);
}
// #endregion write

interface Departure {
  origin: string;
  departed_at: string;
  delay_minutes: number | null;
}

/** The event in a message, or why it is none. */
function parse(body: string): Departure | string {
  let event: Partial<Departure> | null;
  try {
    event = JSON.parse(body);
  } catch {
    return 'not JSON';
  }
  const { origin, departed_at, delay_minutes } = event ?? {};
  const known =
    typeof origin === 'string' &&
    Number.isFinite(seconds(departed_at)) &&
    (delay_minutes === null ||
      Number.isSafeInteger(delay_minutes));
  return known ? (event as Departure) : 'not a departure';
}

/** Adds an event to its window, which begins with its first event. */
// #region count
function count(
  windows: Map<string, Window>,
  window_start: string,
  { origin, delay_minutes }: Departure,
): void {
  // #step One window an airport and a time
  const key = `${window_start}/${origin}`;
  const window = windows.get(key) ?? {
    window_start,
    origin,
    departures: 0,
    cancelled: 0,
    delay_sum: 0,
    worst_delay: null,
  };
  windows.set(key, window);

  // #step A flight without a delay never left
  if (delay_minutes === null) {
    window.cancelled += 1;
    return;
  }

  // #step Sums can be added to; means cannot
  window.departures += 1;
  window.delay_sum += delay_minutes;
  window.worst_delay = Math.max(
    window.worst_delay ?? delay_minutes,
    delay_minutes,
  );
}
// #endregion count

function keyed(window: Window): [string, Window] {
  const { window_start, origin } = window;
  return [`${window_start}/${origin}`, { ...window }];
}

function byKey(a: Window, b: Window): number {
  return keyed(a)[0] < keyed(b)[0] ? -1 : 1;
}

/** Seconds since the epoch of an RFC 3339 UTC instant; minus infinity for none, NaN for nonsense. */
function seconds(text: unknown): number {
  if (text === null) return Number.NEGATIVE_INFINITY;
  const found = Date.parse(String(text)) / 1000;
  const same =
    Number.isFinite(found) && instant(found) === text;
  return same ? found : Number.NaN;
}

function instant(seconds: number): string {
  return new Date(seconds * 1000)
    .toISOString()
    .replace('.000', '');
}
