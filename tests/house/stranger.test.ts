/** Who knows the port of the test server, which listens everywhere, and nothing else: what it gets is nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { language } from '../../sandbox/languages.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';
import { TASK_QUEUE, TestBed } from '../../sandbox/test-bed.ts';

const LIMIT_MS = 120_000;
/** A run of the stranger's would be under way by then. */
const PATIENCE_MS = 3000;

let sandbox: Sandbox;
let bed: TestBed;
let connection: Connection;
beforeAll(async () => {
  const ts = language('ts');
  await ts.build();
  sandbox = await Sandbox.start();
  bed = await TestBed.start(sandbox, ts);
  connection = await Connection.connect({ address: bed.temporal.address });
}, LIMIT_MS);
afterAll(async () => {
  await connection?.close();
  await bed?.stop();
  await sandbox?.stop();
}, LIMIT_MS);

/** An input that would read a file of the sandbox, and write another. */
const input = (name: string) => ({
  pipeline_id: name,
  sources: [
    {
      source_id: 'planes',
      source_type: 'file',
      connection_string: `${pathToFileURL(sandbox.folder)}/planes.csv`,
    },
  ],
  target: { target_type: 'file', connection_string: `${pathToFileURL(sandbox.folder)}/${name}` },
  batch_size: 10,
});

test('its runs meet no worker; ours it can neither read, nor signal, nor end', {
  timeout: LIMIT_MS,
}, async () => {
  await sandbox.write('planes.csv', 'tailnum,year\nN1,1991\n');
  const options = { taskQueue: TASK_QUEUE, workflowId: 'ours', args: [input('ours')] };
  const ours = await bed.temporal.client.workflow.start('ETLPipeline', options);
  for (const namespace of ['default', '', 'tests']) {
    const stranger = new Client({ connection, namespace });
    const run = await stranger.workflow
      .start('ETLPipeline', { taskQueue: TASK_QUEUE, workflowId: 'theirs', args: [input('theirs')] })
      .catch(() => undefined);
    await sleep(PATIENCE_MS);
    const events = run && (await run.fetchHistory()).events;
    expect(events?.length ?? 0, 'nobody has taken its task').toBeLessThanOrEqual(2);
    await run?.terminate();
    expect(await sandbox.list(`${sandbox.folder}/theirs`)).toEqual([]);

    const seen = stranger.workflow.getHandle('ours');
    await expect(seen.fetchHistory()).rejects.toThrow();
    await expect(seen.signal('stop_streaming')).rejects.toThrow();
    await expect(seen.terminate()).rejects.toThrow();
  }
  expect(await bed.temporal.settle(() => ours.result())).toMatchObject({ successful_records: 1 });
  expect(await sandbox.list(`${sandbox.folder}/ours`)).not.toEqual([]);
});
