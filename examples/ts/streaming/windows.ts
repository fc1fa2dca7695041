/** Events into windows: pure, so that the same input gives the same output, whenever it runs. */
import {
  isObject,
  parseJson,
  tokenOf,
} from '../connectors/json.ts';
import type { Message } from '../connectors/topic.ts';
import type { Window } from './types.ts';

/** How to sort, and how far the batches before came. */
export interface SortInput {
  window_size_seconds: number;
  allowed_lateness_seconds: number;
  watermark: string | null;
  open_windows: Window[];
  /** The last instant that is believed, in seconds since the epoch. */
  latest: number;
}

/** The windows, and the messages that are in none, ready to publish. */
export interface Sorted {
  open_windows: Window[];
  closed_windows: Window[];
  watermark: string | null;
  late: Message[];
  dead: Message[];
}

interface Departure {
  origin: string;
  departed_at: string;
  delay_minutes: number | null;
}

/** Sorts a batch of messages into windows. */
// #region windows
export function sortEvents(
  messages: Message[],
  input: SortInput,
): Sorted {
  const { window_size_seconds: size } = input;
  const lateness = input.allowed_lateness_seconds;
  const windows = new Map(input.open_windows.map(keyed));
  let watermark = seconds(input.watermark);
  const late: Message[] = [];
  const dead: Message[] = [];

  for (const message of messages) {
    // #step What is no event goes aside, with the reason
    const event = eventOf(message, input.latest);
    const { id, body } = message;
    if (typeof event === 'string') {
      const letter = { reason: event, id, body };
      dead.push({ id, body: JSON.stringify(letter) });
      continue;
    }

    // #step An event whose window is closed is late
    const at = seconds(event.departed_at);
    const start = Math.floor(at / size) * size;
    if (start + size <= watermark) {
      late.push({ id, body });
      continue;
    }

    // #step Any other counts in its window
    count(windows, instant(start), event);

    // #step The newest event moves the watermark
    watermark = Math.max(watermark, at - lateness);
  }

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
    late,
    dead,
  };
}
// #endregion windows

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

const ORIGIN = /^[\x21-\x7E]{1,32}$/;
const INSTANT =
  /^(19[7-9]\d|20\d\d)-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const MAX_DELAY_MINUTES = 100_000;

/** The event in a message, or why it is none. */
// #region event
function eventOf(
  { body, fault }: Message,
  latest: number,
): Departure | string {
  // #step Only JSON can be an event
  if (fault !== undefined) return fault;
  let event: unknown;
  try {
    event = parseJson(body);
  } catch {
    return 'not JSON';
  }

  // #step Only what can be trusted is a departure
  if (!isObject(event)) return 'not a departure';
  const { origin, departed_at } = event;
  const delay_minutes = delayOf(event.delay_minutes);
  const known =
    typeof origin === 'string' &&
    ORIGIN.test(origin) &&
    typeof departed_at === 'string' &&
    INSTANT.test(departed_at) &&
    Number.isFinite(seconds(departed_at)) &&
    delay_minutes !== undefined;
  if (!known) return 'not a departure';

  // #step One from the future would make all others late
  return seconds(departed_at) > latest
    ? 'in the future'
    : { origin, departed_at, delay_minutes };
}
// #endregion event

/** Whole minutes, or null; undefined for anything else. */
function delayOf(value: unknown): number | null | undefined {
  if (value === null) return null;
  const minutes = Number(tokenOf(value)) + 0;
  return Number.isInteger(minutes) &&
    Math.abs(minutes) <= MAX_DELAY_MINUTES
    ? minutes
    : undefined;
}

function keyed(window: Window): [string, Window] {
  const { window_start, origin } = window;
  return [`${window_start}/${origin}`, { ...window }];
}

/** By code point, which is the order of the bytes in UTF-8. */
function byKey(a: Window, b: Window): number {
  return Buffer.compare(
    Buffer.from(keyed(a)[0]),
    Buffer.from(keyed(b)[0]),
  );
}

/** Seconds since the epoch of an RFC 3339 UTC instant; minus infinity for none, NaN for nonsense. */
function seconds(text: string | null): number {
  if (text === null) return Number.NEGATIVE_INFINITY;
  const found = Date.parse(text) / 1000;
  const same =
    Number.isFinite(found) && instant(found) === text;
  return same ? found : Number.NaN;
}

function instant(seconds: number): string {
  return new Date(seconds * 1000)
    .toISOString()
    .replace('.000', '');
}
