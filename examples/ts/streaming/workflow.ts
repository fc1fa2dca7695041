/** The stream: it keeps the cursor, the watermark and the open windows, and never sees an event. */
import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { failWith } from '../connectors/failures.ts';
import type * as activities from './activities.ts';
import {
  type Carried,
  type Progress,
  type StreamInput,
  type StreamOutput,
  validate,
  type Window,
} from './types.ts';

const MAX_EVENTS = 500;
const MAX_WINDOWS = 1000;
const MAX_HISTORY = 1500;

// #region options
// #step All three: short, and retried for as long as it takes
const {
  ReadStreamEvents,
  ProcessStreamEvents,
  WriteStreamResults,
} = proxyActivities<typeof activities>({
  startToCloseTimeout: '60 seconds',
  retry: {
    initialInterval: '1 second',
    maximumInterval: '60 seconds',
    backoffCoefficient: 2,
  },
});
// #endregion options

// #region messages
// #step The signal that stops the stream
const stopSignal = defineSignal('stop_streaming');

// #step The query that asks how far it is
const progressQuery = defineQuery<Progress>('progress');
// #endregion messages

const START: Carried = {
  total_events: 0,
  processed_windows: 0,
  late_events: 0,
  dead_events: 0,
  cursor: 0,
  watermark: null,
  idle_seconds: 0,
  open_windows: [],
};

/** Reads, windows and publishes until it is told to stop; answers what it did in all its runs. */
export async function StreamProcessing(
  raw: StreamInput,
): Promise<StreamOutput> {
  // #region start
  // #step Refuse bad input at once
  const input = validate(raw);
  const size = input.window_size_seconds;
  const lateness = input.allowed_lateness_seconds ?? size;
  const patience = input.idle_timeout_seconds ?? Infinity;

  // #step Go on where the last run ended
  const state = { ...(input.carried ?? START) };
  const before = state.processed_windows;

  // #step Hear the signal at any moment
  let stopped = false;
  setHandler(stopSignal, () => {
    stopped = true;
  });

  // #step Answer the query at any moment
  let phase: Progress['phase'] = 'reading';
  setHandler(progressQuery, () => ({
    phase,
    processed: state.total_events,
    total: 0,
    windows: state.processed_windows,
    late: state.late_events,
    dead: state.dead_events,
    cursor: state.cursor,
    watermark: state.watermark,
    lateness_seconds: lateness,
  }));
  // #endregion start

  // #region loop
  while (!stopped) {
    // #step Read what is new behind the cursor
    phase = 'reading';
    const { batch, cursor } = await ReadStreamEvents({
      topic: input.source_topic,
      cursor: state.cursor,
      max_events: MAX_EVENTS,
    }).catch(failWith('source topic'));

    // #step Nothing new: sleep one window, or until the signal
    if (batch === null) {
      phase = 'idle';
      state.cursor = cursor;
      const pause = Math.min(size, patience);
      await condition(() => stopped, `${pause} seconds`);
      if (!stopped) state.idle_seconds += pause;

      // #step Idle for too long: close what is open
      if (state.idle_seconds >= patience) {
        await write(state.open_windows);
        const end = endOf(state.open_windows, size);
        state.watermark = end ?? state.watermark;
        state.open_windows = [];
        state.idle_seconds = 0;
      }
    } else {
      // #step Sort the events into windows
      const done = await ProcessStreamEvents({
        batch,
        target_topic: input.target_topic,
        window_size_seconds: size,
        allowed_lateness_seconds: lateness,
        watermark: state.watermark,
        open_windows: state.open_windows,
      }).catch(failWith('events'));

      // #step Publish the windows that are closed
      await write(done.closed_windows);

      // #step Only now is the batch behind us
      state.cursor = cursor;
      state.idle_seconds = 0;
      state.watermark = done.watermark;
      state.open_windows = done.open_windows;
      state.total_events += batch.count;
      state.late_events += done.late_events;
      state.dead_events += done.dead_events;
    }

    // #step Begin a new history before this one is long
    const info = workflowInfo();
    const full =
      info.continueAsNewSuggested ||
      info.historyLength >= MAX_HISTORY ||
      state.processed_windows - before >= MAX_WINDOWS;
    if (full && !stopped) {
      const next = { ...input, carried: state };
      await continueAsNew<typeof StreamProcessing>(next);
    }
  }
  // #endregion loop

  // #region stop
  // #step Publish the windows that are open, as far as they are
  phase = 'stopping';
  await write(state.open_windows);

  // #step Answer the totals, and where another can go on
  phase = 'done';
  return {
    stream_id: input.stream_id,
    total_events: state.total_events,
    processed_windows: state.processed_windows,
    carried: state,
  };
  // #endregion stop

  /** Publishes windows, and counts them. */
  async function write(windows: Window[]): Promise<void> {
    if (windows.length === 0) return;
    await WriteStreamResults({
      stream_id: input.stream_id,
      topic: input.target_topic,
      windows,
    }).catch(failWith('target topic'));
    state.processed_windows += windows.length;
  }
}

/** When the last of the windows ends; undefined when there are none. */
function endOf(
  windows: Window[],
  size: number,
): string | undefined {
  const last = windows.at(-1);
  if (!last) return undefined;
  const end = Date.parse(last.window_start) + size * 1000;
  return new Date(end).toISOString().replace('.000', '');
}
