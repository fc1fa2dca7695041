/**
 * The gallery of mistakes: each must fail as examples/mistakes/expected.json has it, and its cure must not.
 * PROVEN_LANGUAGES, a list with commas, keeps to some languages: tools/test.ts sets it.
 */
import { readdirSync } from 'node:fs';
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import expected from '../../examples/mistakes/expected.json' with { type: 'json' };
import { flights } from '../../sandbox/data.ts';
import { factsOf, sleeps } from '../../sandbox/history.ts';
import { LANGUAGES, type Language } from '../../sandbox/languages.ts';
import type { Service } from '../../sandbox/processes.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';
import { traceOf } from '../../sandbox/secrets.ts';
import { Temporal } from '../../sandbox/temporal.ts';
import { until } from '../scenarios/until.ts';
import { buildHeartbeat, MISTAKES, mistaken } from './workers.ts';

const wanted = process.env.PROVEN_LANGUAGES?.split(',') ?? LANGUAGES.map(({ id }) => id);
const QUEUE = 'mistakes';
const SAMPLE = 500;
/** What Temporal's service takes: bytes of one payload. */
const PAYLOAD_LIMIT = 2 * 1024 * 1024;
/** So many flights are a little more. */
const TOO_MANY = 6000;

const flown: Record<string, number> = {};
for (const { carrier = '' } of flights()) flown[carrier] = (flown[carrier] ?? 0) + 1;

let sandbox: Sandbox;
let temporal: Temporal;
let worker: Service;

beforeAll(async () => {
  sandbox = await Sandbox.start();
  // A table to be seen at work: each page takes as long as the pace is.
  await sandbox.database.query('CREATE TABLE pace AS SELECT 0 AS seconds');
  await sandbox.database.query(
    `CREATE VIEW slow_flights AS WITH slept AS MATERIALIZED (SELECT pg_sleep(seconds) FROM pace)
       SELECT f.* FROM flights_sample f, slept`,
  );
  await sandbox.database.query('GRANT SELECT ON slow_flights TO etl');
});
afterAll(() => sandbox?.stop());
beforeEach(async () => {
  temporal = await Temporal.start();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(worker?.log.slice(-4000));
  await worker?.stop();
  await temporal.stop();
});

test('the gallery says what comes of each mistake', () => {
  const folders = readdirSync(MISTAKES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name).filter((name) => name !== 'activities');
  expect(Object.keys(expected).sort()).toEqual(names.sort());
});

describe.each(wanted.map((id) => mistaken(id as Language['id'])))('$label', (language) => {
  const { id } = language;
  const { clock, failure, heartbeat, rows, secret, signal } = expected;

  beforeAll(() => language.build());

  /** Starts the worker, which keeps no run in memory: each workflow task replays. */
  async function enter(env: Record<string, string> = {}): Promise<void> {
    const command = language.worker();
    const told = { ...language, worker: () => ({ ...command, env: { ...command.env, ...env } }) };
    const { address, namespace } = temporal;
    const at = { address, namespace };
    worker = await sandbox.startWorker(told, QUEUE, at, { cache: 0 });
  }

  const start = (type: string, input: unknown) =>
    temporal.client.workflow.start(type, { taskQueue: QUEUE, workflowId: type, args: [input] });
  const result = (handle: WorkflowHandle): Promise<unknown> => temporal.settle(() => handle.result());
  const execute = async (type: string, input: unknown) => result(await start(type, input));

  test('the machine is asked for the time: the replay leaves its history', async () => {
    const [wrong, cured] = await (id === 'ts' ? timeZoneChanges() : timePasses());
    const failed = async () => (await failures(wrong)).length > 0;
    await until('a workflow task has failed', failed);
    expect((await failures(wrong))[0]).toContain(clock[id].says);
    expect((await wrong.describe()).status.name).toBe('RUNNING');
    expect(await failures(cured), 'the cure replays').toEqual([]);
    expect(await cured.result()).toBe('UA flew 4637 times');
  });

  /** Two runs that wait, and whose machine then says something else. */
  type Waiting = [wrong: WorkflowHandle, cured: WorkflowHandle];
  async function wait(at: number): Promise<Waiting> {
    const due = { at, flown: { carrier: 'UA', flights: 4637 } };
    const wrong = await start('ClockWrong', due);
    const cured = await start('ClockCured', due);
    for (const run of [wrong, cured]) await until('it waits', () => sleeps(run));
    return [wrong, cured];
  }

  async function timePasses(): Promise<Waiting> {
    await enter();
    return wait(Date.now() + 2000);
  }

  async function timeZoneChanges(): Promise<Waiting> {
    const [hour, day] = [3_600_000, 86_400_000];
    const now = await temporal.now();
    // Half past eight in the morning in Honolulu, half past three at night in Tokyo; neither has summer time.
    await temporal.advance((18.5 * hour - (now % day) + day) % day);
    await enter({ TZ: 'Pacific/Honolulu' });
    const runs = await wait((await temporal.now()) + hour);
    await worker.stop();
    await enter({ TZ: 'Asia/Tokyo' });
    // From eight o'clock to midnight.
    await temporal.advance('16 hours');
    return runs;
  }

  test('the order of a map: reports under other carriers, but for TypeScript', async () => {
    await enter();
    const right = Object.fromEntries(
      Object.entries(flown).map(([carrier, count]) => [carrier, `${carrier} flew ${count} times`]),
    );
    const wrong = await start('OrderWrong', flown);
    const reports = await result(wrong);
    expect(Object.keys(reports as object).sort()).toEqual(Object.keys(right).sort());
    if (id === 'ts') expect(reports).toEqual(right);
    else expect(reports).not.toEqual(right);
    expect(await failures(wrong), 'nobody notices').toEqual([]);
    expect(await execute('OrderCured', flown)).toEqual(right);
  });

  test('a heartbeat from the workflow: it cannot be built', async () => {
    await expect(buildHeartbeat[id]()).rejects.toThrow(heartbeat[id].says);
    await enter();
    await sandbox.database.query('UPDATE pace SET seconds = 1');
    const cured = await start('HeartbeatCured', [sandbox.database.url('slow_flights')]);
    await until('a heartbeat is seen', async () => {
      const { raw } = await cured.describe();
      return Boolean(raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.length);
    });
    await sandbox.database.query('UPDATE pace SET seconds = 0');
    expect(await result(cured)).toBe(SAMPLE);
  });

  test('rows in the history: more than a payload may be', async () => {
    await enter();
    const input = { connection: sandbox.database.url('flights'), rows: TOO_MANY };
    const wrong = await start('RowsWrong', input);
    expect(await result(wrong)).toBe(TOO_MANY);
    expect(worker.log).toContain(rows[id].says);
    // The history is larger than a client takes in one message.
    const connection = await Connection.connect({
      address: temporal.address,
      channelArgs: { 'grpc.max_receive_message_length': -1 },
    });
    const [much] = await factsOf(new Client({ connection, namespace: temporal.namespace }), wrong);
    await connection.close();
    expect(rows[id].by).toContain(much?.largestPayload.toLocaleString('en'));
    expect(much?.largestPayload).toBeGreaterThan(PAYLOAD_LIMIT);
    expect(much?.bytes, 'they are there twice').toBeGreaterThan(2 * PAYLOAD_LIMIT);

    const cured = await start('RowsCured', input);
    expect(await result(cured)).toBe(TOO_MANY);
    const [little] = await factsOf(temporal.client, cured);
    expect(little?.bytes).toBeLessThan(5000);
  });

  test('a secret in the input: it is in the history for all to read', async () => {
    await enter();
    const { password } = sandbox.database;
    const named = sandbox.database.url('flights_sample');
    const literal = named.replace('${PG_PASSWORD}', encodeURIComponent(password));
    const found = async (run: WorkflowHandle) => {
      const [facts] = await factsOf(temporal.client, run);
      return String((facts?.text.split(traceOf(password)).length ?? 0) - 1);
    };
    const wrong = await start('SecretWrong', literal);
    expect(await result(wrong)).toBe(SAMPLE);
    expect(await found(wrong)).toBe(secret[id].says);

    const cured = await start('SecretCured', named);
    expect(await result(cured)).toBe(SAMPLE);
    expect(await found(cured)).toBe('0');
    expect(await refusal(await start('SecretCured', literal))).toEqual({
      type: 'InvalidInput',
      message: 'connection: must not hold a secret: write ${NAME} for it',
    });
  });

  test('signals that wait when a run continues as new: they are lost', async () => {
    const departures = 25;
    const types = ['SignalWrong', 'SignalCured'];
    const runs = await Promise.all(types.map((type) => start(type, 0)));
    for (const run of runs) {
      for (let n = 1; n <= departures; n++) await run.signal('departed', `UA ${n}`);
    }
    await enter();
    const [wrong, cured] = await Promise.all(runs.map(result));
    expect(String(wrong)).toBe(signal[id].says);
    expect(cured).toBe(departures);
  });

  test('an error that Temporal does not know: no failure that a caller could handle', async () => {
    await enter();
    const wrong = await start('FailureWrong', 'NA');
    if (id === 'go') {
      expect(await refusal(wrong)).toEqual({ type: 'NumError', message: failure.go.says });
    } else {
      await until('the workflow task has failed', async () => (await failures(wrong)).length > 0);
      expect((await failures(wrong))[0]).toContain(failure[id].says);
      await temporal.outlast('1 hour');
      await until('it is tried again', async () => (await attempts(wrong)) > 2);
      expect((await wrong.describe()).status.name).toBe('RUNNING');
    }
    const cured = await start('FailureCured', 'NA');
    expect(await refusal(cured)).toEqual({ type: 'InvalidInput', message: 'no delay: NA' });
  });

  /** How a run fails. */
  async function refusal(run: WorkflowHandle): Promise<{ type: unknown; message: string }> {
    const error = await run.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    const { type, message } = (error as WorkflowFailedError).cause as ApplicationFailure;
    return { type, message };
  }
});

/** What its workflow tasks failed with. */
async function failures(run: WorkflowHandle): Promise<string[]> {
  const { events } = await run.fetchHistory();
  return events?.flatMap((event) => event.workflowTaskFailedEventAttributes?.failure?.message ?? []) ?? [];
}

/** The attempt that its workflow task is in. */
async function attempts(run: WorkflowHandle): Promise<number> {
  const { events } = await run.fetchHistory();
  return Math.max(0, ...(events?.map((e) => e.workflowTaskScheduledEventAttributes?.attempt ?? 0) ?? []));
}
