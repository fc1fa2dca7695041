/** What a run is said to do now: an attempt too many moves the test server's clock too far. */
import type { WorkflowHandle } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { expect, test } from 'vitest';
import { attemptsUnderWay } from '../../sandbox/history.ts';

/** When an attempt began, and when the one before it ended, in seconds. */
type Attempt = [began?: number, ended?: number];

/** A run with these activities pending: all of them STARTED, as the test server has it. */
function pending(...attempts: Attempt[]): WorkflowHandle {
  const time = (seconds?: number) => (seconds === undefined ? null : msToTs(seconds * 1000));
  const pendingActivities = attempts.map(([began, ended]) => {
    return { state: 2, lastStartedTime: time(began), lastAttemptCompleteTime: time(ended) };
  });
  return { describe: async () => ({ raw: { pendingActivities } }) } as unknown as WorkflowHandle;
}

test.each<[string, number, Attempt[]]>([
  ['a first attempt', 1, [[100]]],
  ['an attempt after one that failed', 1, [[105, 101]]],
  ['one that waits for its next attempt', 0, [[100, 101]]],
  ['one that no worker has taken yet', 0, [[]]],
  ['several', 2, [[100], [100, 101], [103, 102], []]],
])('attempts under way: %s', async (_, count, attempts) => {
  expect(await attemptsUnderWay(pending(...attempts))).toBe(count);
});
