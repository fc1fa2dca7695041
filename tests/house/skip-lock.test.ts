import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Clock, SkipLock } from '../../sandbox/skip-lock.ts';

/** A server's counter, which takes what comes first first. A lock is slow to arrive: `meanwhile` happens before it does. */
function slowToLock(meanwhile = () => {}) {
  const counts = [1];
  const add = (by: number) => void counts.push((counts.at(-1) ?? 0) + by);
  const clock: Clock = {
    lockTimeSkipping: async () => {
      meanwhile();
      await turn();
      add(1);
    },
    unlockTimeSkipping: async () => add(-1),
  };
  return { clock, counts };
}

test('a run that begins to wait as another ends takes no more from the lock than its own', async () => {
  let second: Promise<void> | undefined;
  const { clock, counts } = slowToLock(() => {
    second ??= lock.openWhile(async () => {});
  });
  const lock = new SkipLock(clock);
  await lock.openWhile(async () => {});
  await second;
  expect(counts).toEqual([1, 0, 1, 0, 1]);
});

test('runs that wait together open it once', async () => {
  const { clock, counts } = slowToLock();
  const lock = new SkipLock(clock);
  const waits = [1, 2, 3].map((n) => lock.openWhile(() => turn(n)));
  expect(await Promise.all(waits)).toEqual([1, 2, 3]);
  expect(counts).toEqual([1, 0, 1]);
});

test('a wait that fails closes it, and says why', async () => {
  const { clock, counts } = slowToLock();
  const lock = new SkipLock(clock);
  await expect(lock.openWhile(() => Promise.reject(new Error('ended badly')))).rejects.toThrow('ended badly');
  expect(counts).toEqual([1, 0, 1]);
});
