/**
 * What supervised.test.ts ends from outside: a test that starts one of each server and worker, and waits.
 * It is the only one of the project `house` when HOUSE=held.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'vitest';
import { Service } from '../../sandbox/processes.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';
import { Temporal } from '../../sandbox/temporal.ts';

const LONG_MS = 600_000;

test('a sandbox waits for its end', { timeout: LONG_MS }, async () => {
  const worker = `console.log('READY'); setInterval(() => {}, ${LONG_MS}, 'the worker')`;
  await Promise.all([
    Sandbox.start(),
    Temporal.start(),
    Service.start('the worker', process.execPath, ['--eval', worker], { ready: 'READY' }),
  ]);
  await sleep(LONG_MS);
});
