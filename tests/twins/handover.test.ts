/** A run that changes its language: in the middle, where it continues as new, and activity by activity. */
import type { WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ETLInput } from '../../examples/ts/etl/types.ts';
import { departures } from '../world/departures.ts';
import { type Language, language } from '../world/languages.ts';
import { ROOT } from '../world/processes.ts';
import { Wire } from '../world/wire.ts';
import { World } from '../world/world.ts';
import { factsOf } from './history.ts';
import { Stage, TASK_QUEUE } from './stage.ts';
import { golden } from './streaming.golden.ts';
import { sleeps, until } from './until.ts';

const [ts, go, rust] = (['ts', 'go', 'rust'] as const).map(language) as [Language, Language, Language];
const SAMPLE = 500;
/** The 251st of the 500 flights: in the third of five batches. */
const HELD = 'flights/2013-01-01-EV-4277-EWR';

let world: World;
let stage: Stage;

beforeEach(async () => {
  world = await World.start();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(stage?.log.slice(-4000));
  await stage?.stop();
  await world?.stop();
});

const flights = (table: string): ETLInput => ({
  pipeline_id: 'january',
  sources: [
    {
      source_id: 'flights',
      source_type: 'database',
      connection_string: world.database.url('flights_sample'),
    },
  ],
  target: { target_type: 'database', connection_string: world.database.url(table) },
  batch_size: 100,
});

describe('in the middle of a run', () => {
  /** ETL on the first language's worker, which is killed with half of the load done. */
  async function half(first: Language): Promise<WorkflowHandle> {
    stage = await Stage.start(world, first, { cache: 0 });
    await world.database.createTarget('records');
    await world.database.hold('records', HELD);
    const handle = await stage.temporal.client.workflow.start('ETLPipeline', {
      taskQueue: TASK_QUEUE,
      workflowId: 'handover',
      args: [flights('records')],
    });
    await until('half is loaded', () => world.database.held());
    await stage.kill();
    await world.database.release('records');
    return handle;
  }

  test.each([
    { first: ts, second: rust, name: 'ETL begins in TypeScript, Rust finishes the same run' },
    { first: rust, second: ts, name: 'ETL begins in Rust, TypeScript finishes the same run' },
  ])('$name', async ({ first, second }) => {
    const handle = await half(first);
    await stage.enter(second);
    await stage.temporal.outlast('6 minutes');
    const output = await stage.temporal.settle(() => handle.result());
    expect(output).toMatchObject({ total_records: SAMPLE, successful_records: SAMPLE, failed_records: 0 });
    expect((await world.database.contents('records')).records).toBe(SAMPLE);
    const sdk = { ts: 'temporal-typescript', go: 'temporal-go', rust: 'temporal-rust' };
    const [facts] = await factsOf(stage.temporal.client, handle);
    expect(facts?.sdks).toEqual([sdk[first.id], sdk[second.id]]);
  });

  test('Go cannot take over in the middle: it says why, and nothing is lost', async () => {
    const handle = await half(ts);
    await stage.enter(go);
    await stage.temporal.outlast('6 minutes');
    await until('Go has failed a workflow task', async () => {
      const { events } = await handle.fetchHistory();
      const failures = events?.flatMap(
        (event) => event.workflowTaskFailedEventAttributes?.failure?.message ?? [],
      );
      return Boolean(failures?.some((message) => /TMPRL1100.*nondeterministic/.test(message)));
    });
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await stage.kill();
    await stage.enter(ts);
    const output = await stage.temporal.settle(() => handle.result());
    expect(output).toMatchObject({ successful_records: SAMPLE });
  });
});

describe('where a run continues as new', () => {
  /** Lets a worker have the stream until it continues as new, and the next run is yet untouched. */
  async function untilItGoesOn(one: Language, handle: WorkflowHandle): Promise<void> {
    const { temporal } = stage;
    const runId = async () => (await handle.describe()).runId;
    for (let untouched = false; !untouched; ) {
      const wire = await Wire.to(temporal.address);
      const before = await runId();
      await stage.enter(one, wire.address);
      await until('it continues as new', async () => (await runId()) !== before, 2);
      wire.cut();
      await stage.kill();
      // The task that the worker did not hear of is given to the next one.
      await temporal.advance('11 seconds');
      const { events } = await handle.fetchHistory();
      untouched = !events?.some((event) => event.workflowTaskCompletedEventAttributes);
    }
  }

  test('a stream in TypeScript goes on in Go and ends in Rust: totals right to the event', async () => {
    stage = await Stage.start(world, ts, { cache: 0 });
    await stage.kill();
    const { temporal } = stage;
    const [source, target] = [
      await world.topics.url('file', 'departures'),
      await world.topics.url('file', 'delays'),
    ];
    await world.topics.publish(source, departures());
    const handle = await temporal.client.workflow.start('StreamProcessing', {
      taskQueue: TASK_QUEUE,
      workflowId: 'handover',
      args: [{ stream_id: 'january', source_topic: source, target_topic: target, window_size_seconds: 600 }],
    });
    for (const one of [ts, go]) await untilItGoesOn(one, handle);
    await stage.enter(rust);
    await until('all is read', () => sleeps(handle));
    await handle.signal('stop_streaming');
    const output = await temporal.settle(() => handle.result());
    const want = await golden(600, world.folder);
    expect(output).toEqual({ stream_id: 'january', total_events: 27_004, processed_windows: want.windows });
    expect(await world.topics.read(target)).toHaveLength(want.windows);
    const sdks = (await factsOf(temporal.client, handle)).map((facts) => facts.sdks.join());
    expect([...new Set(sdks)]).toEqual(['temporal-typescript', 'temporal-go', 'temporal-rust']);
  });
});

describe('activity by activity', () => {
  test('a TypeScript workflow calls a Go and a Rust activity by task queue alone', async () => {
    stage = await Stage.start(world, ts);
    const { temporal } = stage;
    const at = { address: temporal.address, namespace: 'default' };
    const others = await Promise.all(
      [go, rust].map((one) => world.startWorker(one, `pipelines-${one.id}`, at)),
    );
    await world.database.createTarget('records');
    const connection = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection,
      taskQueue: 'mixed',
      workflowsPath: `${ROOT}/examples/mixed/workflow.ts`,
    });
    const loaded = await worker.runUntil(
      temporal.settle(() =>
        temporal.client.workflow.execute('MixedPipeline', {
          taskQueue: 'mixed',
          workflowId: 'mixed',
          args: [flights('records')],
        }),
      ),
    );
    await connection.close();
    for (const other of others) await other.stop();
    expect(loaded).toBe(SAMPLE);
    expect((await world.database.contents('records')).records).toBe(SAMPLE);
  });
});
