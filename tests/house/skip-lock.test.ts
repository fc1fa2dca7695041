import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Clock, SkipLock } from '../../sandbox/skip-lock.ts';

/** A server's counter, which takes what comes first first; a lock is slow to arrive. */
function slowToLock() {
  const counts = [1];
  const add = async (by: number, afterMs: number) => {
    await sleep(afterMs);
    counts.push((counts.at(-1) ?? 0) + by);
  };
  const clock: Clock = {
    lockTimeSkipping: () => add(1, 20),
    unlockTimeSkipping: () => add(-1, 0),
  };
  return { clock, counts };
}

test('a run that begins to wait as another ends takes no more from the lock than its own', async () => {
  const { clock, counts } = slowToLock();
  const lock = new SkipLock(clock);
  await Promise.all([lock.openWhile(() => sleep(10)), sleep(15).then(() => lock.openWhile(() => sleep(10)))]);
  expect(counts).toEqual([1, 0, 1, 0, 1]);
});

test('runs that wait together open it once', async () => {
  const { clock, counts } = slowToLock();
  const lock = new SkipLock(clock);
  expect(await Promise.all([1, 2, 3].map((n) => lock.openWhile(() => sleep(5 * n, n))))).toEqual([1, 2, 3]);
  expect(counts).toEqual([1, 0, 1]);
});

test('a wait that fails closes it, and says why', async () => {
  const { clock, counts } = slowToLock();
  const lock = new SkipLock(clock);
  await expect(lock.openWhile(() => Promise.reject(new Error('ended badly')))).rejects.toThrow('ended badly');
  expect(counts).toEqual([1, 0, 1]);
});
