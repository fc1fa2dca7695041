/** The lock of a file topic: who is frozen with it, or dies, loses it, and then writes nothing. */
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { locked } from '../../examples/ts/connectors/files.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  file = join(folder, 'topic');
});
afterEach(() => rm(folder, { recursive: true }));

/** As if it had been taken a minute ago. */
const age = () => utimes(`${file}.lock`, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));

test('who was frozen with the lock finds that another has had it', async () => {
  await locked(file, async (frozen) => {
    frozen.check();
    await age();
    await locked(file, async (other) => {
      other.check();
      expect(() => frozen.check()).toThrow('lock was lost');
    });
    expect(() => frozen.check()).toThrow();
  });
  expect(await readdir(folder)).toEqual([]);
});

test('who was frozen leaves the lock of the next as it is', async () => {
  const { promise: thawed, resolve: thaw } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const frozen = locked(file, async () => {
    begin();
    await thawed;
  });
  await begun;
  await age();
  await locked(file, async (other) => {
    thaw();
    await frozen;
    other.check();
  });
  expect(existsSync(`${file}.lock`)).toBe(false);
});

test('of many who find a stale lock, none overwrites what another wrote', async () => {
  for (let round = 0; round < 20; round++) {
    await writeFile(`${file}.lock`, 'of a process that died');
    await age();
    await writeFile(file, '0');
    const writes = Array.from({ length: 12 }, async () => {
      await locked(file, async (lock) => {
        const count = Number(await readFile(file, 'utf8'));
        await sleep(1);
        lock.check();
        writeFileSync(file, String(count + 1));
      });
    });
    const ended = await Promise.allSettled(writes);
    // Who lost it is told, and would be tried again.
    for (const one of ended)
      if (one.status === 'rejected') expect(String(one.reason)).toMatch(/lock was lost/);
    const written = ended.filter(({ status }) => status === 'fulfilled');
    expect(Number(await readFile(file, 'utf8'))).toBe(written.length);
    expect(existsSync(`${file}.lock`)).toBe(false);
  }
});
