/** A run that changes its language: in the middle, where it continues as new, and activity by activity. */
import type { WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ETLInput } from '../../examples/ts/etl/types.ts';
import { MIXED } from '../../recordings/format/recording.ts';
import { DelayProxy } from '../../sandbox/delay-proxy.ts';
import { departures } from '../../sandbox/departures.ts';
import { factsOf, historiesOf, sleeps } from '../../sandbox/history.ts';
import { type Language, language } from '../../sandbox/languages.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';
import { TASK_QUEUE, TestBed } from '../../sandbox/test-bed.ts';
import { HANDOVER } from '../proof/recordings.ts';
import { saveRun } from '../proof/runs.ts';
import { BUILD_LIMIT_MS, built } from './built.ts';
import { golden } from './streaming/golden.ts';
import { until } from './until.ts';

const [ts, go, rust] = (['ts', 'go', 'rust'] as const).map(language) as [Language, Language, Language];
const SAMPLE = 500;
/** The 251st of the 500 flights: in the third of five batches. */
const HELD = 'flights/2013-01-01-EV-4277-EWR';

let sandbox: Sandbox;
let bed: TestBed;
/** The scenarios' workers are used, and what they count is not kept. */
let coverage: string;

beforeAll(async () => {
  for (const one of [ts, go, rust]) await built(one);
}, BUILD_LIMIT_MS);
beforeEach(async () => {
  sandbox = await Sandbox.start();
  coverage = await sandbox.newFolder('coverage');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(bed?.log.slice(-4000));
  await bed?.stop();
  await sandbox?.stop();
});

/** Keeps the run that is over: who worked on what is told by its history, and by the workers' processes. */
async function keep(scenario: string, workflow: string, handle: WorkflowHandle): Promise<void> {
  await saveRun(
    { language: MIXED, pipeline: HANDOVER, scenario, workflow },
    await historiesOf(bed.temporal.client, handle),
    {
      workflowId: handle.workflowId,
      folder: sandbox.folder,
      root: ROOT,
      languageOf: (identity) => sandbox.languageOf(identity),
    },
    bed.temporal.readings,
  );
}

const flights = (table: string): ETLInput => ({
  pipeline_id: 'january',
  sources: [
    {
      source_id: 'flights',
      source_type: 'database',
      connection_string: sandbox.database.url('flights_sample'),
    },
  ],
  target: { target_type: 'database', connection_string: sandbox.database.url(table) },
  batch_size: 100,
});

describe('in the middle of a run', () => {
  /** ETL on the first language's worker, which is killed with half of the load done. */
  async function half(first: Language): Promise<WorkflowHandle> {
    bed = await TestBed.start(sandbox, first, { cache: 0, coverage });
    await sandbox.database.createTarget('records');
    await sandbox.database.hold('records', HELD);
    const handle = await bed.temporal.client.workflow.start('ETLPipeline', {
      taskQueue: TASK_QUEUE,
      workflowId: 'handover',
      args: [flights('records')],
    });
    await until('half is loaded', () => sandbox.database.held());
    await bed.kill();
    await sandbox.database.release('records');
    return handle;
  }

  test.each([
    { first: ts, second: rust, name: 'ETL begins in TypeScript, Rust finishes the same run' },
    { first: rust, second: ts, name: 'ETL begins in Rust, TypeScript finishes the same run' },
  ])('$name', async ({ first, second, name }) => {
    const handle = await half(first);
    await bed.enter(second);
    await bed.temporal.outlast('2 minutes');
    const output = await bed.temporal.settle(() => handle.result());
    expect(output).toMatchObject({ total_records: SAMPLE, successful_records: SAMPLE, failed_records: 0 });
    expect((await sandbox.database.contents('records')).records).toBe(SAMPLE);
    const sdk = { ts: 'temporal-typescript', go: 'temporal-go', rust: 'temporal-rust' };
    const [facts] = await factsOf(bed.temporal.client, handle);
    expect(facts?.sdks).toEqual([sdk[first.id], sdk[second.id]]);
    await keep(name, 'ETLPipeline', handle);
  });

  test('Go cannot take over in the middle: it says why, and nothing is lost', async ({ task }) => {
    const handle = await half(ts);
    await bed.enter(go);
    await bed.temporal.outlast('2 minutes');
    await until('Go has failed a workflow task', async () => {
      const { events } = await handle.fetchHistory();
      const failures = events?.flatMap(
        (event) => event.workflowTaskFailedEventAttributes?.failure?.message ?? [],
      );
      return Boolean(failures?.some((message) => /TMPRL1100.*nondeterministic/.test(message)));
    });
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await bed.kill();
    await bed.enter(ts);
    const output = await bed.temporal.settle(() => handle.result());
    expect(output).toMatchObject({ successful_records: SAMPLE });
    await keep(task.name, 'ETLPipeline', handle);
  });
});

describe('where a run continues as new', () => {
  /** Lets a worker have the stream until it continues as new, and the next run is yet untouched. */
  async function untilItGoesOn(one: Language, handle: WorkflowHandle): Promise<void> {
    const { temporal } = bed;
    const runId = async () => (await handle.describe()).runId;
    for (let untouched = false; !untouched; ) {
      const proxy = await DelayProxy.to(temporal.address);
      const before = await runId();
      await bed.enter(one, proxy.address);
      await until('it continues as new', async () => (await runId()) !== before, 2);
      proxy.cut();
      await bed.kill();
      // The task that the worker did not hear of is given to the next one.
      await temporal.advance('11 seconds');
      const { events } = await handle.fetchHistory();
      untouched = !events?.some((event) => event.workflowTaskCompletedEventAttributes);
    }
  }

  test('a stream in TypeScript goes on in Go and ends in Rust: totals right to the event', async ({
    task,
  }) => {
    bed = await TestBed.start(sandbox, ts, { cache: 0, coverage });
    await bed.kill();
    const { temporal } = bed;
    const [source, target] = [
      await sandbox.topics.url('file', 'departures'),
      await sandbox.topics.url('file', 'delays'),
    ];
    await sandbox.topics.publish(source, departures());
    const handle = await temporal.client.workflow.start('StreamProcessing', {
      taskQueue: TASK_QUEUE,
      workflowId: 'handover',
      args: [{ stream_id: 'january', source_topic: source, target_topic: target, window_size_seconds: 600 }],
    });
    for (const one of [ts, go]) await untilItGoesOn(one, handle);
    await bed.enter(rust);
    await until('all is read', () => sleeps(handle));
    await handle.signal('stop_streaming');
    const output = await temporal.settle(() => handle.result());
    const want = await golden(600, sandbox.folder);
    const totals = { total_events: 27_004, processed_windows: want.windows };
    const carried = expect.objectContaining({ ...totals, late_events: want.late, dead_events: 0 });
    expect(output).toEqual({ stream_id: 'january', ...totals, carried });
    expect(await sandbox.topics.read(target)).toHaveLength(want.windows);
    const sdks = (await factsOf(temporal.client, handle)).map((facts) => facts.sdks.join());
    expect([...new Set(sdks)]).toEqual(['temporal-typescript', 'temporal-go', 'temporal-rust']);
    await keep(task.name, 'StreamProcessing', handle);
  });
});

describe('activity by activity', () => {
  test('a TypeScript workflow calls a Go and a Rust activity by task queue alone', async ({ task }) => {
    bed = await TestBed.start(sandbox, ts, { coverage });
    const { temporal } = bed;
    const { address, namespace } = temporal;
    const at = { address, namespace };
    const others = await Promise.all(
      [go, rust].map((one) => sandbox.startWorker(one, `pipelines-${one.id}`, at, { coverage })),
    );
    await sandbox.database.createTarget('records');
    const connection = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue: 'mixed',
      workflowsPath: `${ROOT}/examples/mixed/workflow.ts`,
    });
    const handle = await temporal.client.workflow.start('MixedPipeline', {
      taskQueue: 'mixed',
      workflowId: 'mixed',
      args: [flights('records')],
    });
    const loaded = await worker.runUntil(temporal.settle(() => handle.result()));
    await connection.close();
    for (const other of others) await other.stop();
    expect(loaded).toBe(SAMPLE);
    await keep(task.name, 'MixedPipeline', handle);
    expect((await sandbox.database.contents('records')).records).toBe(SAMPLE);
  });
});
