/** How far a run is: the workflow's answer, and the heartbeats of what is under way. */
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { progressOf, stagedIn } from '../../sandbox/progress.ts';

type Description = Pick<WorkflowExecutionDescription, 'raw'>;

/** A description of a run with these activities under way, by the details of their heartbeats. */
function described(...details: unknown[]): Description {
  const pendingActivities = details.map((one) => ({
    heartbeatDetails: one === undefined ? null : { payloads: [defaultPayloadConverter.toPayload(one)] },
  }));
  return { raw: { pendingActivities } } as unknown as Description;
}
const staged = (...counts: number[]) => ({
  cursor: 'any',
  batches: counts.map((count, i) => ({ uri: `file:///${i}`, count, sha256: '' })),
});

test('the batches of all activities under way are counted', () => {
  expect(stagedIn(described(staged(5000, 5000, 4), staged(500)))).toBe(10_504);
});

test('an activity without a heartbeat, or with another, counts nothing', () => {
  expect(stagedIn(described(undefined, 'a page', 7, null, { batches: 3 }, staged()))).toBe(0);
  expect(stagedIn({ raw: {} } as Description)).toBe(0);
});

test('a heartbeat that cannot be read counts nothing', () => {
  const payloads = [{ metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.from('?') }];
  const raw = { pendingActivities: [{ heartbeatDetails: { payloads } }] };
  expect(stagedIn({ raw } as unknown as Description)).toBe(0);
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
      return described(staged(5000, 20));
    },
  } as unknown as WorkflowHandle;
  expect(await progressOf(handle)).toEqual({ phase: 'extract', processed: 8342, total: 0 });
  expect(asked).toEqual(['progress', 'describe']);
});
