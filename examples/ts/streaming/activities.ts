/** The three activities of the stream: all that touches topics and events. */
import { Context } from '@temporalio/activity';
import { invalidInput } from '../connectors/failures.ts';
import {
  fetchStaged,
  stage,
  stagedAt,
  unstageBehind,
} from '../connectors/staging.ts';
import {
  type Message,
  publish,
  readTopic,
} from '../connectors/topic.ts';
import {
  MAX_OPEN_WINDOWS,
  type ProcessInput,
  type ProcessOutput,
  type ReadInput,
  type ReadOutput,
  TOO_MANY_WINDOWS,
  type WriteInput,
} from './types.ts';
import { sortEvents } from './windows.ts';

/** Reads what is new behind the cursor, into staging. */
// #region read
export async function ReadStreamEvents(
  input: ReadInput,
): Promise<ReadOutput> {
  const { topic, cursor, max_events } = input;

  // #step Bounded: from the cursor, at most so many
  const page = await readTopic(topic, cursor, max_events);
  if (page.messages.length === 0)
    return { batch: null, cursor: page.cursor };

  // #step Stage the events, keep the reference
  const { workflowExecution: run } = Context.current().info;
  const events = `${run?.runId}/events`;
  const part = String(cursor).padStart(12, '0');
  const folder = stagedAt(`${events}/${part}`);
  const batch = await stage(folder, page.messages);

  // #step Batches before this one are done with
  await unstageBehind(events, part);
  return { batch, cursor: page.cursor };
}
// #endregion read

/** How far the clock that dates an event may be ahead of ours. */
const AHEAD_SECONDS = 24 * 3600;

/** Sorts a batch of events into windows. The same input gives the same output, but for events of the future. */
// #region process
export async function ProcessStreamEvents(
  input: ProcessInput,
): Promise<ProcessOutput> {
  const { batch, target_topic } = input;

  // #step Fetch the events behind the reference
  const messages = await fetchStaged<Message>(batch);

  // #step Sort the events into windows
  const latest = Date.now() / 1000 + AHEAD_SECONDS;
  const { late, dead, ...windows } = sortEvents(messages, {
    ...input,
    latest,
  });

  // #step Bound what goes through the history
  if (windows.open_windows.length > MAX_OPEN_WINDOWS)
    throw invalidInput(TOO_MANY_WINDOWS);

  // #step Nothing is dropped: late and dead have topics
  await publish(`${target_topic}.late`, late);
  await publish(`${target_topic}.dead`, dead);

  // #step Hand on windows and watermark
  return {
    ...windows,
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
    // #step One id a window, and a new one when it has grown
    const { window_start, origin, departures } = window;
    const events = departures + window.cancelled;
    const key = `${window_start}/${origin}/${events}`;
    const id = `${stream_id}/${key}`;

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

  // #step Published again, a result is still there once
  await publish(topic, results);
}
// #endregion write
