/** Faults that people make in their first workflows, and the scenario that kills each. */
import type { Fault } from '../../proof/faults.list.ts';

const TS = 'examples/ts/tour/workflow.ts';
const GO = 'examples/reference/go/tour/workflow.go';
const RUST = 'examples/reference/rust/src/tour/workflow.rs';

const notThere = 'a carrier that is not in the file: final at once, and the tour says which';
const never = 'the file never comes: after five attempts the tour fails';
const cancelled = 'cancelled in a pause: what is counted is written, then it ends as cancelled';
const seven = 'seven carriers: continued as new after five, nothing is lost and nothing counted twice';

export default [
  {
    name: 'what no attempt can mend is tried again',
    killer: notThere,
    ts: { file: TS, find: "nonRetryableErrorTypes: ['NoSuchCarrier'],", replace: '' },
    go: { file: GO, find: 'NonRetryableErrorTypes: []string{"NoSuchCarrier"},', replace: '' },
    rust: {
      file: RUST,
      find: '.non_retryable_error_types(vec![ "NoSuchCarrier".to_owned(), ])',
      replace: '',
    },
  },
  {
    name: 'fewer attempts than were agreed',
    killer: never,
    ts: { file: TS, find: 'maximumAttempts: 5,', replace: 'maximumAttempts: 4,' },
    go: { file: GO, find: 'MaximumAttempts: 5,', replace: 'MaximumAttempts: 4,' },
    rust: { file: RUST, find: '.maximum_attempts(5)', replace: '.maximum_attempts(4)' },
  },
  {
    name: 'the clean-up is cancelled with the rest',
    killer: cancelled,
    ts: { file: TS, find: 'await CancellationScope.nonCancellable(write);', replace: 'await write();' },
    go: {
      file: GO,
      find: 'disconnected, _ := workflow.NewDisconnectedContext(ctx)',
      replace: 'disconnected := ctx',
    },
    rust: {
      file: RUST,
      find: `let mut detached = options();
            detached.cancellation_token =
                Some(WorkflowCancellationToken::new());`,
      replace: 'let detached = options();',
    },
  },
  {
    name: 'no clean-up: what was counted is lost',
    killer: cancelled,
    ts: { file: TS, find: 'if (isCancellation(error)) {', replace: 'if (isCancellation(error) && !error) {' },
    go: { file: GO, find: 'if temporal.IsCanceledError(err) {', replace: 'if false {' },
    rust: { file: RUST, find: 'if counted.as_ref().is_err_and(is_cancelled) {', replace: 'if false {' },
  },
  {
    name: 'the cancellation is caught and kept: the run succeeds',
    killer: cancelled,
    ts: {
      file: TS,
      find: `await CancellationScope.nonCancellable(write);
    }

    // #step Then end as cancelled
    throw error;`,
      replace: `await CancellationScope.nonCancellable(write);
    } else throw error;`,
    },
    go: {
      file: GO,
      find: `err = failure
		}`,
      replace: `err = failure
		} else {
			err = nil
		}`,
    },
    rust: {
      file: RUST,
      find: 'counted?;',
      replace: 'counted.or_else(|end| if is_cancelled(&end) { Ok(()) } else { Err(end) })?;',
    },
  },
  {
    name: 'what was counted is not carried over continue-as-new',
    killer: seven,
    ts: { file: TS, find: 'carried: reports,', replace: '' },
    go: { file: GO, find: 'next.Carried = reports', replace: 'next.Carried = nil' },
    rust: { file: RUST, find: 'carried: s.reports.clone(),', replace: 'carried: vec![],' },
  },
  {
    name: 'the next run begins with the first input: what an update changed is gone',
    killer: seven,
    ts: { file: TS, find: 'pause_seconds: pause,', replace: '' },
    go: { file: GO, find: 'next.PauseSeconds = pause', replace: '' },
    rust: { file: RUST, find: 'pause_seconds: s.pause,', replace: '' },
  },
  {
    name: 'the carrier that was last is handed on: it is counted twice',
    killer: seven,
    ts: {
      file: TS,
      find: 'carriers: remaining(),',
      replace: 'carriers: carriers.slice(reports.length - before - 1),',
    },
    go: {
      file: GO,
      find: 'next.Carriers = remaining() // the channel is drained',
      replace: 'remaining(); next.Carriers = carriers[len(reports)-before-1:]',
    },
    rust: {
      file: RUST,
      find: 'carriers: remaining(s).to_vec(),',
      replace: 'carriers: s.carriers[counted(s) - 1..].to_vec(),',
    },
  },
  {
    name: 'the query forgets what earlier runs counted',
    killer: seven,
    ts: { file: TS, find: 'total: before + carriers.length,', replace: 'total: carriers.length,' },
    go: {
      file: GO,
      find: 'before + len(carriers) + added.Len(),',
      replace: 'len(carriers) + added.Len(),',
    },
    rust: {
      file: RUST,
      find: 'total: self.before + self.carriers.len(),',
      replace: 'total: self.carriers.len(),',
    },
  },
  {
    name: 'no validator: the update is accepted, whatever it brings',
    killer: 'an update of a negative pause is refused: nothing is changed, and nothing is in the history',
    ts: {
      file: TS,
      find: 'setHandler(setPause, handler, { validator });',
      replace: 'setHandler(setPause, handler);',
    },
    go: { file: GO, find: 'Validator: validatePause,', replace: '' },
    rust: {
      file: RUST,
      find: 'Ok(validate_pause(*seconds)?)',
      replace: 'let _ = validate_pause(*seconds); Ok(())',
    },
  },
  {
    name: 'the update answers the new value, not the one before',
    killer: 'an update changes the pauses to come, and answers the one before',
    ts: { file: TS, find: 'return last;', replace: 'return last && pause;' },
    go: { file: GO, find: 'return last, nil', replace: 'return last - last + pause, nil' },
    rust: {
      file: RUST,
      find: 'mem::replace(&mut self.pause, seconds)',
      replace: 'let _ = mem::replace(&mut self.pause, seconds); self.pause',
    },
  },
  {
    name: 'what the signal brings is put into a copy',
    killer: 'a signal while the last carrier is counted adds another',
    ts: { file: TS, find: 'carriers.push(carrier);', replace: 'carriers.concat(carrier);' },
    go: { file: GO, find: 'carriers = append(carriers, carrier)', replace: '_ = append(carriers, carrier)' },
    rust: {
      file: RUST,
      find: 'self.carriers.extend(carrier_in(&raw));',
      replace: 'self.carriers.clone().extend(carrier_in(&raw));',
    },
  },
  {
    name: 'the signal is believed: what it brings is not looked at',
    killer: 'signals that bring no carrier are ignored: the tour goes on',
    ts: { file: TS, find: 'if (isCarrier(carrier)) carriers', replace: 'carriers' },
    go: { file: GO, find: 'if isCarrier(carrier) {', replace: 'if carrier != "" {' },
    rust: {
      file: RUST,
      find: 'carrier_in(&raw)',
      replace: 'raw.0.as_str().map(str::to_owned).filter(|_| carrier_in(&raw) != Some(String::new()))',
    },
  },
  {
    name: 'the state is set where the run begins: a signal that came with the start is overwritten',
    killer: 'a signal that comes with the start is not lost',
    ts: { impossible: 'a signal waits until its handler is set' },
    go: { impossible: 'a signal waits in its channel' },
    rust: {
      file: RUST,
      find: 'let input = ctx.state(|s| s.input.clone());',
      replace: `let input = ctx.state(|s| s.input.clone());
        ctx.state_mut(|s| s.carriers = input.carriers.clone());`,
    },
  },
  {
    name: 'after the report nobody looks again: a signal that came meanwhile is lost',
    killer: 'a signal while the report is written: one more carrier is counted, and the report written anew',
    ts: {
      file: TS,
      find: `if (remaining().length === 0) await write();
      if (remaining().length === 0) break;`,
      replace: `if (remaining().length === 0) {
        await write();
        break;
      }`,
    },
    go: {
      file: GO,
      find: `if err := write(ctx); err != nil {
					return err
				}`,
      replace: 'return write(ctx)',
    },
    rust: {
      file: RUST,
      find: 'write(ctx, input, options()).await?;',
      replace: 'return write(ctx, input, options()).await;',
    },
  },
  {
    name: 'seconds are taken for milliseconds',
    killer: 'a pause of 30 days takes no time in a test',
    ts: { file: TS, find: 'await sleep(pause * 1000);', replace: 'await sleep(pause);' },
    go: {
      file: GO,
      find: 'time.Duration(pause) * time.Second',
      replace: 'time.Duration(pause) * time.Millisecond',
    },
    rust: { file: RUST, find: 'Duration::from_secs(pause)', replace: 'Duration::from_millis(pause)' },
  },
] satisfies Fault[];
