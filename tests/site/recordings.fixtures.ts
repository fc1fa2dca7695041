/** Recordings made by hand, in the shape of the real ones: for tests of what draws them. */
import {
  MIXED,
  RECORDING_VERSION,
  type RecordedEvent,
  type Recording,
} from '../../recordings/format/recording.ts';

/** Writes a history down, event by event. */
class Script {
  events: RecordedEvent[] = [];
  virtual: number[] = [];
  wall: number[] = [];
  run = 1;
  /** The two clocks, in ms. */
  now = 0;
  clock = 0;

  /** Time passes on both clocks; `skipped` on the workflow's alone. */
  pass(wall: number, skipped = 0): void {
    this.clock += wall;
    this.now += wall + skipped;
  }

  event(type: string, more: Partial<RecordedEvent> = {}): number {
    this.virtual.push(this.now);
    this.wall.push(this.clock);
    return this.events.push({ type, run: this.run, ...more }) - 1;
  }

  activity(name: string, step: string, input: unknown, ms = 20, region = 'extract'): void {
    const at = { file: 'workflow', region, step };
    const of = this.event('ActivityTaskScheduled', { name, task_queue: 'pipelines', input, at });
    this.event('ActivityTaskStarted', { of, attempt: 1 });
    this.pass(ms);
    this.event('ActivityTaskCompleted', { of, output: { count: 100 } });
    this.pass(2);
  }

  recording(pipeline: string, scenario: string, workflow: string, end: Recording['end']): Recording {
    const slower = (times: number[], by: number) => times.map((time) => time * by);
    return {
      version: RECORDING_VERSION,
      ...{ pipeline, scenario, workflow, end },
      runs: this.run,
      skipped_seconds: (this.now - this.clock) / 1000,
      events: this.events,
      clocks: {
        ts: { virtual: this.virtual, wall: this.wall },
        go: {
          virtual: this.virtual.map((time, i) => time - (this.wall[i] ?? 0) / 2),
          wall: slower(this.wall, 0.5),
        },
        rust: {
          virtual: this.virtual.map((time, i) => time + (this.wall[i] ?? 0)),
          wall: slower(this.wall, 2),
        },
      },
      digest: '',
    };
  }
}

/** Three sources read side by side, one of them told to come back in an hour; then batches. */
export function etl(batches = 5): Recording {
  const script = new Script();
  script.event('WorkflowExecutionStarted', { input: { pipeline_id: 'january', batch_size: 100 } });
  script.pass(4);
  const at = { file: 'workflow', region: 'extract', step: 'Read all sources at the same time' };
  const sources = ['flights', 'weather', 'planes'].map((source_id) =>
    script.event('ActivityTaskScheduled', {
      name: 'ExtractData',
      task_queue: 'pipelines',
      input: { source: { source_id, connection_string: `http://<host>/${source_id}?token=\${API_TOKEN}` } },
      at,
    }),
  );
  const close = (of: number | undefined, started: Partial<RecordedEvent>) => {
    if (of === undefined) return;
    script.event('ActivityTaskStarted', { of, ...started });
    script.pass(30);
    script.event('ActivityTaskCompleted', { of, output: { batches: [{ count: 100, uri: 'file:///a' }] } });
  };
  close(sources[0], { attempt: 1 });
  script.pass(40);
  close(sources[2], { attempt: 1 });
  script.pass(15, 3_600_000);
  const failure = { type: 'RateLimited', message: 'API answered 429 <b>"later"</b>' };
  close(sources[1], { attempt: 3, failure });
  for (const [region, name, step] of [
    ['transform', 'TransformData', 'One batch at a time'],
    ['load', 'LoadData', 'Load one batch'],
  ] as const) {
    for (let i = 1; i <= batches; i++) {
      script.activity(
        name,
        step,
        { batch: { uri: `file:///<sandbox>/flights/${i}`, count: 100 } },
        12,
        region,
      );
    }
  }
  script.event('WorkflowExecutionCompleted', { output: { successful_records: batches * 100 } });
  return script.recording('etl', 'three sources, one of them away for an hour', 'ETLPipeline', 'completed');
}

/** A stream: batches, a sleep that a signal wakes, and a run that continues as new. */
export function stream(batches = 8): Recording {
  const script = new Script();
  for (const run of [1, 2]) {
    script.run = run;
    script.event('WorkflowExecutionStarted', { input: { stream_id: 'january' } });
    for (let i = 1; i <= batches; i++) {
      const cursor = i * 500;
      script.activity('ReadStreamEvents', 'Read what is new behind the cursor', { cursor }, 8, 'loop');
      const batch = { uri: `file:///<sandbox>/events/${cursor}` };
      script.activity('ProcessStreamEvents', 'Sort the events into windows', { batch }, 9, 'loop');
      script.activity(
        'WriteStreamResults',
        'Publish the windows that are closed',
        { windows: i },
        10,
        'loop',
      );
    }
    const at = {
      file: 'workflow',
      region: 'loop',
      step: 'Nothing new: sleep one window, or until the signal',
    };
    const fired = script.event('TimerStarted', { seconds: 86_400, at });
    script.pass(3, 86_400_000);
    script.event('TimerFired', { of: fired });
    if (run === 1) script.event('WorkflowExecutionContinuedAsNew', { input: { carried: { cursor: 4000 } } });
    script.pass(3);
  }
  const woken = script.event('TimerStarted', { seconds: 86_400 });
  script.pass(3, 7_200_000);
  script.event('WorkflowExecutionSignaled', { name: 'stop_streaming' });
  script.pass(1);
  script.event('TimerCanceled', { of: woken });
  script.event('WorkflowExecutionCompleted', { output: { total_events: 8000 } });
  return script.recording(
    'streaming',
    'a stream of two runs, woken by its signal',
    'StreamProcessing',
    'completed',
  );
}

/** Begun in TypeScript, whose worker dies in an activity; Go fails its workflow task; Rust does the rest. */
export function handover(): Recording {
  const script = new Script();
  const activity = (by: string, ran: string, attempt = 1) => {
    const of = script.event('ActivityTaskScheduled', {
      name: 'LoadData',
      task_queue: 'pipelines',
      language: by,
    });
    if (attempt > 1) script.pass(20, 360_000);
    script.event('ActivityTaskStarted', { of, attempt, language: ran });
    script.pass(20);
    script.event('ActivityTaskCompleted', { of, output: { count: 100 }, language: ran });
    script.pass(2);
  };
  script.event('WorkflowExecutionStarted', { input: { pipeline_id: 'january' } });
  script.pass(4);
  activity('ts', 'ts');
  activity('ts', 'go', 2);
  const failure = { type: 'Failure', message: '[TMPRL1100] nondeterministic <workflow>' };
  script.event('WorkflowTaskFailed', { failure, language: 'go' });
  script.pass(50);
  activity('rust', 'rust');
  script.event('WorkflowExecutionCompleted', { output: { total: 300 }, language: 'rust' });
  const recording = script.recording('handover', 'three SDKs in one run', 'ETLPipeline', 'completed');
  const { ts } = recording.clocks;
  return { ...recording, clocks: ts ? { [MIXED]: ts } : {} };
}
