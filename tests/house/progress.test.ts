/** How far a run is: the workflow's answer, and the heartbeats of what is under way. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { progressOf, stagedIn } from '../../sandbox/progress.ts';

type Description = Pick<WorkflowExecutionDescription, 'raw'>;

/** A description of a run with these activities under way, by the details of their heartbeats. */
function described(...details: unknown[]): Description {
  const pendingActivities = details.map((one) => ({
    heartbeatDetails: one === undefined ? null : { payloads: [defaultPayloadConverter.toPayload(one)] },
  }));
  return { raw: { pendingActivities } } as unknown as Description;
}
/** A heartbeat as the activities make it: a list of batches is staged, and referred to. */
async function staged(...counts: number[]) {
  const file = join(folder, `${++files}.ndjson`);
  const lines = counts.map((count, i) => JSON.stringify({ uri: `file:///${i}`, count, sha256: '' }));
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  return { cursor: 'any', staged: { uri: pathToFileURL(file).href, count: counts.length, sha256: '' } };
}

let folder = '';
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'progress-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('the batches of all activities under way are counted', async () => {
  expect(await stagedIn(described(await staged(5000, 5000, 4), await staged(500)))).toBe(10_504);
});

test('an activity without a heartbeat, or with another, counts nothing', async () => {
  const gone = { cursor: '', staged: { uri: 'file:///no/such/list', count: 1, sha256: '' } };
  const odd = [undefined, 'a page', 7, null, { staged: 3 }, gone, await staged()];
  expect(await stagedIn(described(...odd))).toBe(0);
  expect(await stagedIn({ raw: {} } as Description)).toBe(0);
});

test('a heartbeat that cannot be read counts nothing', async () => {
  const payloads = [{ metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.from('?') }];
  const raw = { pendingActivities: [{ heartbeatDetails: { payloads } }] };
  expect(await stagedIn({ raw } as unknown as Description)).toBe(0);
});

test('they are added to what the workflow knows, which is asked first', async () => {
  const asked: string[] = [];
  const handle = {
    query: async (name: string) => {
      asked.push(name);
      return { phase: 'extract', processed: 3322, total: 0 };
    },
    describe: async () => {
      asked.push('describe');
      return described(await staged(5000, 20));
    },
  } as unknown as WorkflowHandle;
  expect(await progressOf(handle)).toEqual({ phase: 'extract', processed: 8342, total: 0 });
  expect(asked).toEqual(['progress', 'describe']);
});
