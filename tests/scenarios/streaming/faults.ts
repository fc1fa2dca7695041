/** Faults that people make in a stream, and the scenario that kills each. */
import type { Fault } from '../../proof/faults.list.ts';

const TS = 'examples/ts';
const GO = 'examples/reference/go';
const RUST = 'examples/reference/rust/src';

const january = 'January by hours: every window as plain SQL has it (file)';
const outOfOrder = 'out of order within the lateness counts, later goes to the late topic (file)';
const middle = 'stopped in the middle of a window: it is finished and written (file)';

const anotherTarget =
  'another file takes the name of the target: what is in it is not written again, all else is';

export default [
  {
    name: 'an event from the future is believed',
    killer: 'what is no event goes to the dead topic, with the reason (file)',
    guard: true,
    ts: {
      file: `${TS}/streaming/windows.ts`,
      find: 'return seconds(departed_at) > latest',
      replace: 'return seconds(departed_at) > 100 * latest',
    },
    go: {
      file: `${GO}/streaming/windows.go`,
      find: 'if at > latest {',
      replace: 'if at > latest && latest == 0 {',
    },
    rust: {
      file: `${RUST}/streaming/windows.rs`,
      find: 'if departure.at > latest {',
      replace: 'if latest == 0 {',
    },
  },
  {
    name: 'the number of windows is not carried over continue-as-new',
    killer: january,
    ts: {
      file: `${TS}/streaming/workflow.ts`,
      find: 'const next = { ...input, carried: state };',
      replace: 'const next = { ...input, carried: { ...state, processed_windows: 0 } };',
    },
    go: {
      file: `${GO}/streaming/workflow.go`,
      find: 'next.Carried = state',
      replace: `next.Carried = state
        next.Carried.ProcessedWindows = 0`,
    },
    rust: {
      file: `${RUST}/streaming/workflow.rs`,
      find: 'let next = input.carrying(carried);',
      replace: 'let next = input.carrying(Carried { processed_windows: 0, ..carried });',
    },
  },
  {
    name: 'no continue-as-new: the history grows for ever',
    killer: january,
    ts: {
      file: `${TS}/streaming/workflow.ts`,
      find: 'if (full && !stopped) {',
      replace: 'if (full && Boolean(0)) {',
    },
    go: {
      file: `${GO}/streaming/workflow.go`,
      find: 'if full && !stopped() {',
      replace: 'if full && false {',
    },
    rust: {
      file: `${RUST}/streaming/workflow.rs`,
      find: 'if full && !ctx.state(stopped) {',
      replace: 'if full && false {',
    },
  },
  {
    name: 'continue-as-new though a stop has arrived: the signal is lost',
    killer: 'stopped while the write that fills the run is tried again: the signal is not lost (file)',
    ts: { file: `${TS}/streaming/workflow.ts`, find: 'if (full && !stopped) {', replace: 'if (full) {' },
    go: { file: `${GO}/streaming/workflow.go`, find: 'if full && !stopped() {', replace: 'if full {' },
    rust: {
      file: `${RUST}/streaming/workflow.rs`,
      find: 'if full && !ctx.state(stopped) {',
      replace: 'if full {',
    },
  },
  {
    name: 'a deaf sleep: the signal does not wake it',
    killer: 'stopped while idle: the signal wakes the sleep (file)',
    ts: [
      {
        file: `${TS}/streaming/workflow.ts`,
        find: 'condition, continueAsNew,',
        replace: 'continueAsNew, sleep,',
      },
      {
        file: `${TS}/streaming/workflow.ts`,
        find: 'await condition(() => stopped, `${pause} seconds`);',
        replace: 'await sleep(`${pause} seconds`);',
      },
    ],
    go: {
      file: `${GO}/streaming/workflow.go`,
      find: 'return stopped() || sleep.IsReady()',
      replace: 'return sleep.IsReady()',
    },
    rust: {
      file: `${RUST}/streaming/workflow.rs`,
      find: `let mut sleep = ctx.timer(seconds(pause));
        select! {
          woken = ctx.wait_condition(stopped) => {
            woken?;
            sleep.cancel();
          }
          _ = sleep => {}
        }`,
      replace: 'let _ = ctx.timer(seconds(pause)).await;',
    },
  },
  {
    name: 'the windows that are open are dropped at the stop',
    killer: middle,
    ts: {
      file: `${TS}/streaming/workflow.ts`,
      find: `phase = 'stopping';
        await write(state.open_windows);`,
      replace: `phase = 'stopping';`,
    },
    go: {
      file: `${GO}/streaming/workflow.go`,
      find: `phase = "stopping"
      if err := write(state.OpenWindows); err != nil {
        return StreamOutput{}, err
      }`,
      replace: 'phase = "stopping"',
    },
    rust: {
      file: `${RUST}/streaming/workflow.rs`,
      find: `let open = so_far(ctx).open_windows;
        write(ctx, &input, open).await?;`,
      replace: '',
    },
  },
  {
    name: 'the cursor is taken from the first message of a page, not from the last',
    killer: middle,
    ts: {
      file: `${TS}/connectors/topic_file.ts`,
      find: 'page.cursor = line.offset + line.bytes.length + 1;',
      replace: 'if (page.messages.length === 0) page.cursor = line.offset + line.bytes.length + 1;',
    },
    go: {
      file: `${GO}/connectors/topic_file.go`,
      find: 'page.Cursor += int64(len(line) + len(newline))',
      replace: 'if len(page.Messages) <= 1 { page.Cursor += int64(len(line) + len(newline)) }',
    },
    rust: {
      file: `${RUST}/connectors/topic_file.rs`,
      find: 'lines.last().map_or(cursor, |line| line.end);',
      replace: 'lines.first().map_or(cursor, |line| line.end);',
    },
  },
  {
    name: 'marks are believed whatever file they are of',
    killer: anotherTarget,
    ts: {
      file: `${TS}/connectors/topic_file.ts`,
      find: 'if (!upto || !(await isThere(file, upto))) {',
      replace: 'if (!upto || (!(await isThere(file, upto)) && !file)) {',
    },
    go: {
      file: `${GO}/connectors/topic_file.go`,
      find: 'return digest(line) == marked.SHA256, err',
      replace: 'return digest(line) == marked.SHA256 || marked.SHA256 != "", err',
    },
    rust: {
      file: `${RUST}/connectors/topic_file.rs`,
      find: 'Ok(*to <= size && digest(&line) == *sha256)',
      replace: 'Ok(*to <= size && (digest(&line) == *sha256 || true))',
    },
  },
  {
    name: 'what a publisher that died has written is not marked',
    killer: anotherTarget,
    ts: {
      file: `${TS}/connectors/topic_file.ts`,
      find: `await markAll(file, lock);
      const first = new Map(`,
      replace: 'const first = new Map(',
    },
    go: {
      file: `${GO}/connectors/topic_file.go`,
      find: `if err == nil {
      err = markAll(file, held)
    }
    if err != nil {`,
      replace: 'if err != nil {',
    },
    rust: { file: `${RUST}/connectors/topic_file.rs`, find: 'mark_all(file, &lock).await?;', replace: '' },
  },
  {
    name: 'a line that is half-written is taken for a message',
    killer: 'a message that is half-written waits until it is whole',
    ts: {
      file: `${TS}/connectors/topic_file.ts`,
      find: 'if (end < 0) return;',
      replace: `if (end < 0) {
        if (start < bytes.length) yield { offset: offset + start, bytes: bytes.subarray(start) };
        return;
      }`,
    },
    go: {
      file: `${GO}/connectors/topic_file.go`,
      find: `if !whole {
        break
      }`,
      replace: 'if !whole && len(line) == 0 { break }',
    },
    rust: {
      file: `${RUST}/connectors/topic_file.rs`,
      find: '.filter_map(|line| line.strip_suffix(b"\\n"));',
      replace: '.map(|line| line.strip_suffix(b"\\n").unwrap_or(line));',
    },
  },
  {
    name: 'the lateness is ignored: the newest event closes its predecessors',
    killer: outOfOrder,
    ts: {
      file: `${TS}/streaming/windows.ts`,
      find: 'watermark = Math.max(watermark, at - lateness);',
      replace: 'watermark = Math.max(watermark, at);',
    },
    go: {
      file: `${GO}/streaming/windows.go`,
      find: 'watermark = max(watermark, event.departedAt-lateness)',
      replace: 'watermark = max(watermark, event.departedAt-0*lateness)',
    },
    rust: {
      file: `${RUST}/streaming/windows.rs`,
      find: 'watermark = watermark.max(Some(at - lateness));',
      replace: 'watermark = watermark.max(Some(at));',
    },
  },
  {
    name: 'the watermark goes back with every event that is older',
    killer: january,
    ts: {
      file: `${TS}/streaming/windows.ts`,
      find: 'watermark = Math.max(watermark, at - lateness);',
      replace: 'watermark = at - lateness;',
    },
    go: {
      file: `${GO}/streaming/windows.go`,
      find: 'watermark = max(watermark, event.departedAt-lateness)',
      replace: 'watermark = event.departedAt - lateness',
    },
    rust: {
      file: `${RUST}/streaming/windows.rs`,
      find: 'watermark = watermark.max(Some(at - lateness));',
      replace: 'watermark = Some(at - lateness);',
    },
  },
  {
    name: '< for <=: a window is not closed at the very second of its end',
    killer: outOfOrder,
    ts: [
      {
        file: `${TS}/streaming/windows.ts`,
        find: 'if (start + size <= watermark) {',
        replace: 'if (start + size < watermark) {',
      },
      {
        file: `${TS}/streaming/windows.ts`,
        find: 'seconds(window_start) + size <= watermark;',
        replace: 'seconds(window_start) + size < watermark;',
      },
    ],
    go: [
      {
        file: `${GO}/streaming/windows.go`,
        find: 'if start+size <= watermark {',
        replace: 'if start+size < watermark {',
      },
      {
        file: `${GO}/streaming/windows.go`,
        find: 'if seconds(&window.WindowStart)+size <= watermark {',
        replace: 'if seconds(&window.WindowStart)+size < watermark {',
      },
    ],
    rust: [
      {
        file: `${RUST}/streaming/windows.rs`,
        find: 'if Some(start + size) <= watermark {',
        replace: 'if Some(start + size) < watermark {',
      },
      {
        file: `${RUST}/streaming/windows.rs`,
        find: `is_some_and(|start| {
          Some(start + size) <= watermark`,
        replace: `is_some_and(|start| {
          Some(start + size) < watermark`,
      },
    ],
  },
  {
    name: 'a window that is closed stays open too: it is published twice',
    killer: outOfOrder,
    ts: {
      file: `${TS}/streaming/windows.ts`,
      find: 'open_windows: all.filter((window) => !closed(window)),',
      replace: 'open_windows: all,',
    },
    go: {
      file: `${GO}/streaming/windows.go`,
      find: `} else {
        out.OpenWindows = append(out.OpenWindows, window)
      }`,
      replace: `}
      out.OpenWindows = append(out.OpenWindows, window)`,
    },
    rust: [
      {
        file: `${RUST}/streaming/windows.rs`,
        find: 'let (closed_windows, open_windows) =',
        replace: 'let (closed_windows, open_windows): (Vec<Window>, Vec<Window>) =',
      },
      {
        file: `${RUST}/streaming/windows.rs`,
        find: `Sorted {
          open_windows,`,
        replace: `Sorted {
          open_windows: [&open_windows[..], &closed_windows[..]].concat(),`,
      },
    ],
  },
  {
    name: 'late events are dropped without a word',
    killer: outOfOrder,
    ts: {
      file: `${TS}/streaming/activities.ts`,
      find: 'await publish(`${target_topic}.late`, late);',
      replace: '',
    },
    go: {
      file: `${GO}/streaming/activities.go`,
      find: `err = connectors.Publish(ctx, target+".late", late)
        if err == nil {
          err = connectors.Publish(ctx, target+".dead", dead)
        }`,
      replace: 'err = connectors.Publish(ctx, target+".dead", dead)',
    },
    rust: {
      file: `${RUST}/streaming/activities.rs`,
      find: 'publish(&format!("{target}.late"), &late).await?;',
      replace: '',
    },
  },
  {
    name: 'the mean is taken over cancelled flights too',
    killer: outOfOrder,
    ts: {
      file: `${TS}/streaming/activities.ts`,
      find: 'window.delay_sum / departures;',
      replace: 'window.delay_sum / (departures + window.cancelled);',
    },
    go: {
      file: `${GO}/streaming/activities.go`,
      find: 'sum, count := window.DelaySum, window.Departures',
      replace: 'sum, count := window.DelaySum, window.Departures+window.Cancelled',
    },
    rust: {
      file: `${RUST}/streaming/activities.rs`,
      find: 'number(sum / departures as f64)',
      replace: 'number(sum / (departures + window.cancelled) as f64)',
    },
  },
  {
    name: 'messages that are no events are set aside, but not counted',
    killer: 'what is no event goes to the dead topic, with the reason (file)',
    ts: {
      file: `${TS}/streaming/workflow.ts`,
      find: 'state.dead_events += done.dead_events;',
      replace: '',
    },
    go: {
      file: `${GO}/streaming/workflow.go`,
      find: 'state.DeadEvents += done.DeadEvents',
      replace: '',
    },
    rust: {
      file: `${RUST}/streaming/workflow.rs`,
      find: 'so_far.dead_events += done.dead_events;',
      replace: '',
    },
  },
  {
    name: 'each write gives a window a new id',
    killer: 'the same stream once more, from the start: each window still once (file)',
    ts: {
      file: `${TS}/streaming/activities.ts`,
      find: 'const id = `${stream_id}/${key}`;',
      replace: 'const id = `${stream_id}/${key && crypto.randomUUID()}`;',
    },
    go: {
      file: `${GO}/streaming/activities.go`,
      find: 'input.StreamID, window.key(), events)',
      replace: 'activity.GetInfo(ctx).WorkflowExecution.RunID, window.key(), events)',
    },
    rust: {
      file: `${RUST}/streaming/activities.rs`,
      find: 'format!("{stream_id}/{key}");',
      replace: 'format!("{stream_id}/{key}/{}", uuid::Uuid::new_v4());',
    },
  },
  {
    name: 'messages go to NATS without their id: the broker keeps both of two',
    killer: 'the same stream once more, from the start: each window still once (nats)',
    ts: {
      file: `${TS}/connectors/topic_nats.ts`,
      find: 'return id ? { msgID: headerOf(id) } : {};',
      replace: "return id === 'none' ? { msgID: headerOf(id) } : {};",
    },
    go: {
      file: `${GO}/connectors/topic_nats.go`,
      find: '[]byte(message.Body), known(message.ID)...)',
      replace: '[]byte(message.Body))',
    },
    rust: {
      file: `${RUST}/connectors/topic_nats.rs`,
      find: 'message = message.message_id(to_header(id));',
      replace: 'message = message.header("Flight-Id", to_header(id).to_string().as_str());',
    },
  },
  {
    name: 'one attempt: a broker that is away for a moment ends the stream',
    killer: 'broker restarted in the middle: nothing is lost (file)',
    ts: {
      file: `${TS}/streaming/workflow.ts`,
      find: 'retry: {',
      replace: 'retry: { maximumAttempts: 1,',
    },
    go: {
      file: `${GO}/streaming/workflow.go`,
      find: 'RetryPolicy: &temporal.RetryPolicy{',
      replace: 'RetryPolicy: &temporal.RetryPolicy{ MaximumAttempts: 1,',
    },
    rust: {
      file: `${RUST}/streaming/workflow.rs`,
      find: 'RetryPolicy::builder()',
      replace: 'RetryPolicy::builder().maximum_attempts(1)',
    },
  },
  {
    name: 'the id of a result does not say how much it counts: a window that has grown is dropped',
    killer: 'stopped, more events, started where it stopped: the last word on a window counts all (file)',
    ts: {
      file: `${TS}/streaming/activities.ts`,
      find: '`${window_start}/${origin}/${events}`',
      replace: '`${window_start}/${origin}/${events * 0}`',
    },
    go: {
      file: `${GO}/streaming/activities.go`,
      find: 'input.StreamID, window.key(), events)',
      replace: 'input.StreamID, window.key(), events*0)',
    },
    rust: {
      file: `${RUST}/streaming/activities.rs`,
      find: 'let events = window.departures + window.cancelled;',
      replace: 'let events = 0;',
    },
  },
  {
    name: 'what is handed on at a stop has forgotten the windows that are open',
    killer: 'stopped, more events, started where it stopped: the last word on a window counts all (file)',
    ts: {
      file: `${TS}/streaming/workflow.ts`,
      find: `carried: state,
      };
      // #endregion stop`,
      replace: `carried: { ...state, open_windows: [] },
      };
      // #endregion stop`,
    },
    go: {
      file: `${GO}/streaming/workflow.go`,
      find: 'for stop.ReceiveAsync(nil) {',
      replace: `state.OpenWindows = []Window{}
      for stop.ReceiveAsync(nil) {`,
    },
    rust: {
      file: `${RUST}/streaming/workflow.rs`,
      find: `processed_windows: carried.processed_windows,
          carried,`,
      replace: `processed_windows: carried.processed_windows,
          carried: Carried { open_windows: vec![], ..carried },`,
    },
  },
  {
    name: 'a window that silence has closed is still open for what comes later',
    killer: 'a source that falls silent: the last window is closed, what comes for it later is late',
    ts: {
      file: `${TS}/streaming/workflow.ts`,
      find: 'state.watermark = end ?? state.watermark;',
      replace: `state.watermark = end === 'never' ? end : state.watermark;`,
    },
    go: {
      file: `${GO}/streaming/workflow.go`,
      find: `state.Watermark = endOf(
        state.OpenWindows, size, state.Watermark)`,
      replace: '_ = endOf(state.OpenWindows, size, state.Watermark)',
    },
    rust: {
      file: `${RUST}/streaming/workflow.rs`,
      find: 'end .or(so_far.watermark.take());',
      replace: 'so_far.watermark.take().or(end.filter(|_| false));',
    },
  },
] satisfies Fault[];
