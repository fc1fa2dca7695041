/** The scenarios of the stream: one list, every language, both brokers. */

import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Message } from '../../../examples/ts/connectors/topic.ts';
import type { Carried, Progress, StreamInput, StreamOutput } from '../../../examples/ts/streaming/types.ts';
import { contractOf } from '../../../sandbox/contract.ts';
import { departure, departures } from '../../../sandbox/departures.ts';
import { sleeps } from '../../../sandbox/history.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { BROKERS, type Broker } from '../../../sandbox/topics.ts';
import type { Expected, Pipeline, Run, Scenario } from '../scenario.ts';
import { digest, golden, type Result } from './golden.ts';

/** The topics of a run, named after it. */
interface Topics {
  source: string;
  target: string;
}
type StreamScenario = Scenario<StreamInput, StreamOutput, Topics>;

const contract = contractOf('streaming');
const JANUARY = 27_004;
const HOUR = 3600;
const DAY = 24 * HOUR;

// ---- What is on the topics

/** `count` departures of EWR, a minute apart from noon on. */
function minutes(count: number, from = 0): Message[] {
  return Array.from({ length: count }, (_, i) => {
    const at = new Date(Date.UTC(2013, 0, 1, 12, from + i)).toISOString().replace('.000', '');
    return departure(`minute-${from + i}`, 'EWR', at, i);
  });
}

interface Options {
  window?: number;
  lateness?: number;
  /** A month of departures: a topic that all who only read it share. */
  january?: true;
  events?: () => Message[];
  change?: (input: StreamInput) => unknown;
}

/** Topics of the run's own, events on the source, and an input that reads them. */
function streams(broker: Broker, options: Options = {}): StreamScenario['given'] {
  const { window = HOUR, lateness, january, events = () => [] } = options;
  return async (sandbox, run) => {
    const source = january
      ? await sandbox.topics.published(broker, 'departures_january', departures)
      : await sandbox.topics.url(broker, `departures_${run}`);
    const target = await sandbox.topics.url(broker, `delays_${run}`);
    if (!january) await sandbox.topics.publish(source, events());
    const input: StreamInput = {
      stream_id: 'january',
      source_topic: source,
      target_topic: target,
      window_size_seconds: window,
      ...(lateness === undefined ? {} : { allowed_lateness_seconds: lateness }),
    };
    contract.input(input);
    return { input, source, target };
  };
}

/** The results on a topic, in order: a window that was open at a stop may be there again when it has grown. */
async function allResults(sandbox: Sandbox, topic: string): Promise<Result[]> {
  const messages = await sandbox.topics.read(topic);
  return messages.map(({ id, body }) => {
    const result: Result & { stream_id: string } = JSON.parse(body);
    contract.result(result);
    const { stream_id, window_start, origin, departures, cancelled } = result;
    assert.equal(id, `${stream_id}/${window_start}/${origin}/${departures + cancelled}`);
    return result;
  });
}

/** The results on a topic; each window of each airport must be there once. */
async function results(sandbox: Sandbox, topic: string): Promise<Result[]> {
  const found = await allResults(sandbox, topic);
  const windows = new Set(found.map(({ window_start, origin }) => `${window_start}/${origin}`));
  assert.equal(windows.size, found.length, 'each window once');
  return found;
}

// ---- What happens meanwhile

const progress = (run: Run) => run.progress<Progress>();
const stop = (run: Run) => run.handle.signal('stop_streaming');

/** Waits until the stream sleeps. Then it can be asked: the test server stalls a run asked as it continues as new. */
const idle = (run: Run) => run.until('it is idle', () => run.sleeps());

/** Waits until all of `events` are behind the stream. */
const read = (run: Run, events: number) =>
  run.until(`${events} events are read`, async () => {
    return (await run.sleeps()) && (await progress(run)).processed >= events;
  });

const stopAfter =
  (events: number): StreamScenario['during'] =>
  async (run) => {
    await read(run, events);
    await stop(run);
  };

const totals = (total_events: number, processed_windows: number): Expected<StreamOutput> => ({
  output: {
    stream_id: 'january',
    total_events,
    processed_windows,
    carried: matching((carried) => {
      return carried.total_events === total_events && carried.processed_windows === processed_windows;
    }),
  },
});

/** Stands for what a stream hands on, where `holds` is true of it. */
function matching(holds: (carried: Carried) => boolean): Carried {
  return { asymmetricMatch: holds, toString: () => 'what is carried' } as unknown as Carried;
}

const stopWhenIdle = (run: Run) => async (handle: Run['handle']) => {
  await run.until('it is idle', () => sleeps(handle));
  await handle.signal('stop_streaming');
};

/** Two hundred minutes by hours: three whole windows and a third of one, each once. */
const holdsTwoHundred: StreamScenario['after'] = async ({ sandbox }, { target }) => {
  const counted = (await results(sandbox, target)).map((window) => window.departures);
  assert.deepEqual(counted, [60, 60, 60, 20]);
};

/** A month by windows of `size`, against what plain SQL says of it. */
const month = (
  broker: Broker,
  name: string,
  size: number,
  windows: number,
  late: number,
): StreamScenario => ({
  name: `${name} (${broker})`,
  given: streams(broker, { window: size, january: true }),
  during: stopAfter(JANUARY),
  expected: totals(JANUARY, windows),
  async after(run, { target }) {
    const want = await golden(size, run.sandbox.folder);
    assert.deepEqual(want, { windows, late, digest: want.digest });
    assert.equal(digest(await results(run.sandbox, target)), want.digest);
    assert.equal((await run.sandbox.topics.read(`${target}.late`)).length, late);
    const runs = await run.histories();
    assert.ok(runs.length > windows / 1500, `${runs.length} runs`);
    for (const { events } of runs) assert.ok(events < 2000, `${events} events in a history`);
  },
});

const onBroker = (broker: Broker): StreamScenario[] => [
  month(broker, 'January by hours: every window as plain SQL has it', HOUR, 1763, 238),
  month(
    broker,
    'January by half hours: 3,357 windows across continue-as-new, totals exact',
    HOUR / 2,
    3357,
    318,
  ),
  {
    name: `idle for 90 days, then events: the days are skipped (${broker})`,
    alone: true,
    given: streams(broker, { window: DAY }),
    async during(run, { source }) {
      const began = await run.temporal.now();
      await idle(run);
      await run.temporal.advance('90 days');
      assert.ok((await run.temporal.now()) - began >= 90 * DAY * 1000);
      await idle(run);
      assert.equal((await progress(run)).processed, 0);
      await run.sandbox.topics.publish(source, minutes(30));
      await run.temporal.advance('1 day');
      await read(run, 30);
      await stop(run);
    },
    expected: totals(30, 1),
  },
  {
    name: `stopped while idle: the signal wakes the sleep (${broker})`,
    given: streams(broker, { window: 7 * DAY }),
    async during(run) {
      await idle(run);
      await stop(run);
    },
    expected: totals(0, 0),
    async after(run) {
      const { startTime, closeTime } = await run.handle.describe();
      assert.ok(Number(closeTime) - Number(startTime) < 60_000, 'no window was slept through');
    },
  },
  {
    name: `stopped in the middle of a window: it is finished and written (${broker})`,
    given: streams(broker, { events: () => minutes(30) }),
    during: stopAfter(30),
    expected: totals(30, 1),
    async after({ sandbox }, { target }) {
      const [window] = await results(sandbox, target);
      assert.deepEqual(window, {
        stream_id: 'january',
        window_start: '2013-01-01T12:00:00Z',
        origin: 'EWR',
        departures: 30,
        cancelled: 0,
        mean_delay: 14.5,
        worst_delay: 29,
      });
    },
  },
  {
    name: `stopped while the runs change: the signal is not lost (${broker})`,
    chance: true,
    given: streams(broker, { window: HOUR / 2, january: true }),
    async during(run, { target }) {
      const windows = async () => (await run.sandbox.topics.read(target)).length;
      await run.until('the first run is nearly full', async () => (await windows()) > 850);
      await stop(run);
    },
    expected: {
      output: {
        stream_id: 'january',
        total_events: { from: 1, to: JANUARY },
        processed_windows: { from: 850, to: 3357 },
        carried: matching(() => true),
      },
    },
    async after(run, { target }) {
      const { processed_windows } = (await run.handle.result()) as StreamOutput;
      assert.equal((await results(run.sandbox, target)).length, processed_windows);
    },
  },
  {
    name: `stopped while the write that fills the run is tried again: the signal is not lost (${broker})`,
    async given(sandbox, run) {
      const airports = Array.from({ length: 1000 }, (_, i) =>
        departure(`at ${i}`, `A${i}`, '2013-01-01T12:00:00Z', i),
      );
      const given = await streams(broker, {
        lateness: 0,
        events: () => [...airports, departure('closes', 'EWR', '2013-01-01T13:00:00Z', 1)],
      })(sandbox, run);
      await sandbox.topics.block(given.target);
      return given;
    },
    async during(run, { target }) {
      await run.until('a write is tried again', async () => (await run.attempt('WriteStreamResults')) >= 2);
      await stop(run);
      await run.sandbox.topics.unblock(target);
    },
    expected: totals(1001, 1001),
    async after(run) {
      assert.equal((await run.histories()).length, 1);
    },
  },
  {
    name: `out of order within the lateness counts, later goes to the late topic (${broker})`,
    given: streams(broker, {
      lateness: 600,
      events: () => [
        departure('first', 'JFK', '2013-01-01T12:50:00Z', 5),
        departure('next', 'JFK', '2013-01-01T13:05:00Z', 7),
        departure('out of order', 'JFK', '2013-01-01T12:59:00Z', -3),
        departure('cancelled', 'JFK', '2013-01-01T12:58:00Z', null),
        departure('closes', 'JFK', '2013-01-01T13:10:00Z', 9),
        departure('late', 'JFK', '2013-01-01T12:59:59Z', 500),
        departure('only cancelled', 'LGA', '2013-01-01T13:20:00Z', null),
      ],
    }),
    during: stopAfter(7),
    expected: totals(7, 3),
    async after({ sandbox }, { target }) {
      const found = (await results(sandbox, target)).map(({ window_start, origin, ...rest }) => [
        `${origin} ${window_start.slice(11, 16)}`,
        rest.departures,
        rest.cancelled,
        rest.mean_delay,
        rest.worst_delay,
      ]);
      assert.deepEqual(found, [
        ['JFK 12:00', 2, 1, 1, 5],
        ['JFK 13:00', 2, 0, 8, 9],
        ['LGA 13:00', 0, 1, null, null],
      ]);
      const late = await sandbox.topics.read(`${target}.late`);
      assert.deepEqual(
        late.map(({ id }) => id),
        ['late'],
      );
    },
  },
  {
    name: `what is no event goes to the dead topic, with the reason (${broker})`,
    given: streams(broker, {
      events: () => [
        ...minutes(2),
        { id: 'torn', body: '{"origin":' },
        { id: 'a number', body: '7' },
        { id: 'foreign', body: '{"hello":"world"}' },
        { id: 'no time', body: '{"origin":"EWR","departed_at":"noon","delay_minutes":1}' },
        { id: 'far ahead', body: '{"origin":"EWR","departed_at":"9999-12-31T23:59:59Z","delay_minutes":1}' },
        { id: 'ahead', body: '{"origin":"EWR","departed_at":"2099-01-01T12:00:00Z","delay_minutes":1}' },
        { id: 'no day', body: '{"origin":"EWR","departed_at":"2013-02-30T12:00:00Z","delay_minutes":1}' },
        ...minutes(2, 2),
      ],
    }),
    async during(run) {
      await read(run, 11);
      assert.equal((await progress(run)).dead, 7);
      await stop(run);
    },
    expected: totals(11, 1),
    async after({ sandbox }, { target }) {
      const dead = (await sandbox.topics.read(`${target}.dead`)).map(({ body }) => JSON.parse(body));
      assert.deepEqual(dead[0], { reason: 'not JSON', id: 'torn', body: '{"origin":' });
      assert.deepEqual(
        dead.map(({ reason }) => reason),
        ['not JSON', ...Array(4).fill('not a departure'), 'in the future', 'not a departure'],
      );
    },
  },
  {
    name: `read in three portions: what is done with is staged no more (${broker})`,
    given: streams(broker, { events: () => minutes(1100) }),
    during: stopAfter(1100),
    expected: totals(1100, 19),
    async after(run) {
      const { runId } = await run.handle.describe();
      const left = await run.sandbox.list(`${run.sandbox.folder}/staging/${runId}/events`);
      assert.equal(left.length, 1, `${left}`);
    },
  },
  {
    name: `published twice: counted once (${broker})`,
    async given(sandbox, run) {
      const given = await streams(broker, { events: () => minutes(40) })(sandbox, run);
      await sandbox.topics.publish(given.source, minutes(50));
      return given;
    },
    during: stopAfter(50),
    expected: totals(50, 1),
  },
  {
    name: `the same stream once more, from the start: each window still once (${broker})`,
    given: streams(broker, { events: () => minutes(200) }),
    during: stopAfter(200),
    expected: totals(200, 4),
    async after(run, { target }) {
      const before = await results(run.sandbox, target);
      const output = await run.again(stopWhenIdle(run));
      assert.partialDeepStrictEqual(output, { total_events: 200, processed_windows: 4 });
      assert.deepEqual(await results(run.sandbox, target), before);
    },
  },
  {
    name: `stopped, more events, started where it stopped: the last word on a window counts all (${broker})`,
    given: streams(broker, { events: () => minutes(30) }),
    during: stopAfter(30),
    expected: totals(30, 1),
    async after(run, { input, source, target }) {
      const { carried } = (await run.handle.result()) as StreamOutput;
      await run.sandbox.topics.publish(source, minutes(31, 30));
      const output = await run.again(stopWhenIdle(run), { ...input, carried });
      assert.partialDeepStrictEqual(output, { total_events: 61, processed_windows: 3 });
      const found = (await allResults(run.sandbox, target)).map(({ window_start, departures }) => [
        window_start,
        departures,
      ]);
      assert.deepEqual(found, [
        ['2013-01-01T12:00:00Z', 30],
        ['2013-01-01T12:00:00Z', 60],
        ['2013-01-01T13:00:00Z', 1],
      ]);
    },
  },
  {
    name: `stopped, more events, started from the beginning: the last word on a window counts all (${broker})`,
    given: streams(broker, { events: () => minutes(30) }),
    during: stopAfter(30),
    expected: totals(30, 1),
    async after(run, { source, target }) {
      await run.sandbox.topics.publish(source, minutes(30, 30));
      const output = await run.again(stopWhenIdle(run));
      assert.partialDeepStrictEqual(output, { total_events: 60, processed_windows: 1 });
      const found = await allResults(run.sandbox, target);
      assert.deepEqual(
        found.map(({ departures }) => departures),
        [30, 60],
      );
    },
  },
  {
    name: `broker restarted in the middle: nothing is lost (${broker})`,
    alone: true,
    given: streams(broker, { events: () => minutes(100) }),
    async during(run, { source }) {
      const { topics } = run.sandbox;
      await read(run, 100);
      await topics.interrupt(source);
      await run.temporal.advance(`${HOUR} seconds`);
      await run.until('a read is tried again', async () => (await run.attempt('ReadStreamEvents')) >= 2);
      await topics.resume(source);
      await topics.publish(source, minutes(100, 100));
      await run.temporal.advance(`${2 * HOUR} seconds`);
      await read(run, 200);
      await stop(run);
    },
    expected: totals(200, 4),
    after: holdsTwoHundred,
  },
  {
    name: `worker killed between process and write: each window once (${broker})`,
    crashes: true,
    async given(sandbox, run) {
      const given = await streams(broker, { events: () => minutes(200) })(sandbox, run);
      await sandbox.topics.block(given.target);
      return given;
    },
    async during(run, { target }) {
      await run.until('a write is tried', async () => (await run.attempt('WriteStreamResults')) >= 2);
      await run.crash(() => run.sandbox.topics.unblock(target));
      await run.temporal.outlast('5 minutes');
      await read(run, 200);
      await stop(run);
    },
    expected: totals(200, 4),
    after: holdsTwoHundred,
  },
];

/** The file broker alone: NATS has whole messages or none. */
const halfWritten: StreamScenario = {
  name: 'a message that is half-written waits until it is whole',
  alone: true,
  async given(sandbox, run) {
    const given = await streams('file', { events: () => minutes(2) })(sandbox, run);
    await appendFile(fileURLToPath(given.source), HALVES[0]);
    return given;
  },
  async during(run, { source }) {
    await read(run, 2);
    await appendFile(fileURLToPath(source), HALVES[1]);
    await run.temporal.advance(`${HOUR} seconds`);
    await read(run, 3);
    await stop(run);
  },
  expected: totals(3, 1),
};
const third = `${JSON.stringify(minutes(1, 2)[0])}\n`;
const HALVES = [third.slice(0, 20), third.slice(20)] as const;

/** Lines that are no messages, or not ours: each is counted, and none is in the way. */
const foreign: StreamScenario = {
  name: 'lines that are no messages go to the dead topic, with the reason',
  async given(sandbox, run) {
    const given = await streams('file', { events: () => minutes(2) })(sandbox, run);
    const lines = [
      '',
      'hello',
      third.slice(0, 20) + third.trimEnd(),
      '{"id":"x"}',
      `{"id":"long","body":"${'x'.repeat(2 ** 20)}"}`,
    ];
    await appendFile(fileURLToPath(given.source), lines.map((line) => `${line}\n`).join(''));
    await sandbox.topics.publish(given.source, minutes(1, 2));
    return given;
  },
  during: stopAfter(7),
  expected: totals(7, 1),
  async after({ sandbox }, { target }) {
    const dead = (await sandbox.topics.read(`${target}.dead`)).map(({ body }) => JSON.parse(body));
    assert.deepEqual(
      dead.map(({ reason }) => reason),
      ['not a message', 'not a message', 'not a message', 'too long'],
    );
    assert.equal(dead[0].body, 'hello');
  },
};

/** A crash in the middle of an append, by whoever: the next append begins a line of its own. */
const tornTarget: StreamScenario = {
  name: 'a target that ends in half a line: the window is written behind it',
  async given(sandbox, run) {
    const given = await streams('file', { events: () => minutes(30) })(sandbox, run);
    await writeFile(fileURLToPath(given.target), '{"body":"half');
    return given;
  },
  during: stopAfter(30),
  expected: totals(30, 1),
  async after({ sandbox }, { target }) {
    const messages = await sandbox.topics.read(target);
    assert.deepEqual(
      messages.map(({ id }) => id),
      ['@0', 'january/2013-01-01T12:00:00Z/EWR/30'],
    );
  },
};

/** Its writer died before it had marked what it wrote, or it is another file than the one that was marked. */
const anotherTarget: StreamScenario = {
  name: 'another file takes the name of the target: what is in it is not written again, all else is',
  given: streams('file', { events: () => minutes(200) }),
  during: stopAfter(200),
  expected: totals(200, 4),
  async after(run, { target }) {
    const file = fileURLToPath(target);
    const [first = '', ...others] = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const ids = [first, ...others].map((line) => JSON.parse(line).id);
    const more = Array.from({ length: 20 }, (_, i) => ({ id: `other ${i}`, body: 'x'.repeat(100) }));
    await rm(file);
    await writeFile(file, `${[first, ...more.map((one) => JSON.stringify(one))].join('\n')}\n`);
    const output = await run.again(stopWhenIdle(run));
    assert.partialDeepStrictEqual(output, { total_events: 200, processed_windows: 4 });
    assert.deepEqual(
      (await run.sandbox.topics.read(target)).map(({ id }) => id),
      [ids[0], ...more.map(({ id }) => id), ...ids.slice(1)],
    );
  },
};

const unnamed = (broker: Broker): StreamScenario => ({
  name: `three dead events without an id are three letters (${broker})`,
  async given(sandbox, run) {
    const given = await streams(broker, { events: () => minutes(1) })(sandbox, run);
    for (const body of ['one', 'two', 'two']) await sandbox.topics.publishWithoutId(given.source, body);
    return given;
  },
  during: stopAfter(4),
  expected: totals(4, 1),
  async after({ sandbox }, { target }) {
    const dead = (await sandbox.topics.read(`${target}.dead`)).map(({ body }) => JSON.parse(body));
    assert.deepEqual(
      dead.map(({ body }) => body),
      ['one', 'two', 'two'],
    );
  },
});

/** NATS alone: a line of a file has an id or is none. */
const nameless: StreamScenario = {
  name: 'a message without an id is read like any other',
  async given(sandbox, run) {
    const given = await streams('nats', { events: () => minutes(2) })(sandbox, run);
    await sandbox.topics.publishWithoutId(given.source, minutes(1, 2)[0]?.body ?? '');
    return given;
  },
  during: stopAfter(3),
  expected: totals(3, 1),
};

const noEvents: StreamScenario = {
  name: 'messages of which none is an event: all are dead, no window, no watermark',
  given: streams('file', { events: () => [{ id: 'torn', body: '{"origin":' }] }),
  async during(run) {
    await read(run, 1);
    assert.partialDeepStrictEqual(await progress(run), { dead: 1, watermark: null });
    await stop(run);
  },
  expected: totals(1, 0),
};

/** The last window of a source that falls silent is not kept for ever. */
const silent: StreamScenario = {
  name: 'a source that falls silent: the last window is closed, what comes for it later is late',
  alone: true,
  async given(sandbox, run) {
    const given = await streams('file', { events: () => minutes(30) })(sandbox, run);
    return { ...given, input: { ...given.input, idle_timeout_seconds: 2 * HOUR } };
  },
  async during(run, { source, target }) {
    const { topics } = run.sandbox;
    await read(run, 30);
    assert.deepEqual(await topics.read(target), []);
    await run.temporal.advance(`${HOUR} seconds`);
    await idle(run);
    await run.temporal.advance(`${HOUR} seconds`);
    await run.until('the window is closed', async () => (await results(run.sandbox, target)).length === 1);
    await idle(run);
    await topics.publish(source, minutes(1, 30));
    await run.temporal.advance(`${HOUR} seconds`);
    await read(run, 31);
    // Nothing is open now: another silence closes nothing.
    await run.temporal.advance(`${HOUR} seconds`);
    await idle(run);
    await run.temporal.advance(`${HOUR} seconds`);
    await idle(run);
    await stop(run);
  },
  expected: totals(31, 1),
  async after({ sandbox }, { target }) {
    const late = await sandbox.topics.read(`${target}.late`);
    assert.deepEqual(
      late.map(({ id }) => id),
      ['minute-30'],
    );
  },
};

// ---- What fails for good

const failing: StreamScenario[] = [
  {
    name: 'more open windows than a history can hold: final, with the number',
    given: streams('file', {
      events: () =>
        Array.from({ length: 1001 }, (_, i) => departure(`at ${i}`, `A${i}`, '2013-01-01T12:00:00Z', i)),
    }),
    expected: {
      failure: {
        type: 'InvalidInput',
        message: 'events: window_size_seconds: makes more than 1000 open windows',
      },
    },
  },
  {
    name: 'a user whom the broker does not know: final, and told',
    async given(sandbox, run) {
      const given = await streams('nats')(sandbox, run);
      const source_topic = given.input.source_topic.replace('etl:', 'nobody:');
      return { ...given, input: { ...given.input, source_topic } };
    },
    expected: { failure: { type: 'InvalidInput', message: 'source topic: broker refused the user' } },
  },
  {
    name: 'stopped with an argument: it stops',
    given: streams('file', { events: () => minutes(30) }),
    async during(run) {
      await read(run, 30);
      await run.handle.signal('stop_streaming', { why: 'enough' }, 7);
    },
    expected: totals(30, 1),
  },
  {
    name: 'cancelled while idle: it ends as cancelled',
    given: streams('file', { events: () => minutes(30) }),
    async during(run) {
      await read(run, 30);
      await run.handle.cancel();
    },
    expected: { cancelled: true },
  },
  {
    name: 'a variable of the target topic that the worker does not have: final',
    async given(sandbox, run) {
      const given = await streams('file', { events: () => minutes(200) })(sandbox, run);
      return {
        ...given,
        input: { ...given.input, target_topic: 'nats://etl:${FORGOTTEN_PASSWORD}@127.0.0.1/delays' },
      };
    },
    expected: {
      failure: {
        type: 'InvalidInput',
        message: 'target topic: environment variable FORGOTTEN_PASSWORD is not set',
      },
    },
  },
  {
    name: 'the same, when only the windows that are open are left to write',
    async given(sandbox, run) {
      const given = await streams('file', { events: () => minutes(20) })(sandbox, run);
      return {
        ...given,
        input: { ...given.input, target_topic: 'nats://etl:${FORGOTTEN_PASSWORD}@127.0.0.1/delays' },
      };
    },
    during: stopAfter(20),
    expected: {
      failure: {
        type: 'InvalidInput',
        message: 'target topic: environment variable FORGOTTEN_PASSWORD is not set',
      },
    },
  },
  {
    name: 'a staged batch of events that was changed: final',
    async given(sandbox, run) {
      const given = await streams('file', { events: () => [{ id: 'torn', body: '{' }] })(sandbox, run);
      await sandbox.topics.block(`${given.target}.dead`);
      return given;
    },
    async during(run) {
      await run.until('dead is tried again', async () => (await run.attempt('ProcessStreamEvents')) >= 2);
      const { runId } = await run.handle.describe();
      const staging = `${run.sandbox.environment.STAGING_URL}/${runId}/events/000000000000`;
      const [batch] = await readdir(new URL(staging));
      await writeFile(new URL(`${staging}/${batch}`), 'changed');
    },
    expected: { failure: { type: 'ValidationError', message: 'events: staged batch was changed' } },
  },
];

// ---- Bad input: the workflow fails at once, in the same words everywhere

function refused(name: string, spoil: (input: StreamInput) => object, message: string): StreamScenario {
  return {
    name: `bad input: ${name}`,
    together: true,
    async given(sandbox, run) {
      const given = await streams('file')(sandbox, run);
      return { ...given, input: { ...given.input, ...spoil(given.input) } };
    },
    expected: { failure: { type: 'InvalidInput', message } },
  };
}

const WINDOW_RULE = 'must be a whole number from 1 to 604800';
const badInputs: StreamScenario[] = [
  refused('window_size_seconds 0', () => ({ window_size_seconds: 0 }), `window_size_seconds: ${WINDOW_RULE}`),
  refused(
    'window_size_seconds of nine days',
    () => ({ window_size_seconds: 9 * DAY }),
    `window_size_seconds: ${WINDOW_RULE}`,
  ),
  refused(
    'window_size_seconds left out',
    () => ({ window_size_seconds: undefined }),
    `window_size_seconds: ${WINDOW_RULE}`,
  ),
  refused(
    'window_size_seconds a text',
    () => ({ window_size_seconds: 'long' }),
    'window_size_seconds: has the wrong type',
  ),
  refused(
    'negative lateness',
    () => ({ allowed_lateness_seconds: -1 }),
    'allowed_lateness_seconds: must be a whole number from 0 to 604800',
  ),
  refused(
    'idle_timeout_seconds 0',
    () => ({ idle_timeout_seconds: 0 }),
    'idle_timeout_seconds: must be a whole number from 1 to 604800',
  ),
  refused('stream_id empty', () => ({ stream_id: '' }), 'stream_id: must be letters, digits, "-" or "_"'),
  refused(
    'equal topics',
    ({ source_topic }) => ({ target_topic: source_topic }),
    'target_topic: must differ from source_topic',
  ),
  refused(
    'carried of another shape',
    () => ({ carried: 'all of it' }) as unknown as Partial<StreamInput>,
    'carried: has the wrong type',
  ),
  refused(
    'unknown scheme',
    () => ({ source_topic: 'kafka://127.0.0.1/departures' }),
    'source_topic: must be a nats:// or file:// URL',
  ),
  refused(
    'a literal password',
    () => ({ source_topic: 'nats://etl:hunter2@127.0.0.1/departures' }),
    'source_topic: must not hold a secret: write ${NAME} for it',
  ),
  refused(
    'a variable that the worker does not have',
    () => ({ source_topic: 'nats://etl:${FORGOTTEN_PASSWORD}@127.0.0.1/departures' }),
    'source topic: environment variable FORGOTTEN_PASSWORD is not set',
  ),
  refused(
    'a broker that the worker may not talk to',
    () => ({ source_topic: 'nats://elsewhere.example/departures' }),
    'source topic: host is not in PIPELINE_HOSTS',
  ),
  refused(
    'a topic that is a file elsewhere',
    () => ({ source_topic: 'file:///etc/hosts' }),
    'source topic: path is not under PIPELINE_ROOTS',
  ),
];

export default {
  name: 'streaming',
  workflow: 'StreamProcessing',
  scenarios: [
    ...BROKERS.flatMap(onBroker),
    ...BROKERS.map(unnamed),
    halfWritten,
    foreign,
    tornTarget,
    anotherTarget,
    nameless,
    noEvents,
    silent,
    ...failing,
    ...badInputs,
  ],
} satisfies Pipeline<StreamInput, StreamOutput, Topics>;
