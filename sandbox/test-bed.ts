/** A Temporal server and a worker on it: what one run, or many, take place on. */
import { copyFile, mkdir, readdir, rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { attemptsUnderWay } from './history.ts';
import type { Language } from './languages.ts';
import type { Service } from './processes.ts';
import type { Sandbox } from './sandbox.ts';
import type { Server } from './server.ts';
import { Temporal } from './temporal.ts';

/** How long a server may take to see that a worker is dead. */
const NOTICED_MS = 200;

/** The task queue of a bed, when no other is named. */
export const TASK_QUEUE = 'pipelines';

export interface TestBedOptions {
  /** How many workflows its workers keep in memory. */
  cache?: number;
  /** A folder for what its workers executed of their code; without it, nothing is kept. */
  coverage?: string;
  /** The queue that its workers take tasks from. */
  taskQueue?: string;
}

export class TestBed<S extends Server = Temporal> {
  readonly temporal: S;
  #sandbox: Sandbox;
  #options: TestBedOptions;
  #worker: Service | undefined;
  #stopped: Promise<number | null | undefined> | undefined;

  private constructor(sandbox: Sandbox, temporal: S, options: TestBedOptions) {
    this.#sandbox = sandbox;
    this.temporal = temporal;
    this.#options = options;
  }

  /** Starts a test server, and a worker of a language on it. */
  static async start(sandbox: Sandbox, language: Language, options: TestBedOptions = {}): Promise<TestBed> {
    return TestBed.on(await Temporal.start(), sandbox, language, options);
  }

  /** Starts a worker of a language on a server, which is the bed's from now on. */
  static async on<S extends Server>(
    server: S,
    sandbox: Sandbox,
    language: Language,
    options: TestBedOptions = {},
  ): Promise<TestBed<S>> {
    const bed = new TestBed(sandbox, server, options);
    await bed.enter(language);
    return bed;
  }

  /** Starts a worker; through `address` when it is not to reach the server itself. */
  async enter(language: Language, address = this.temporal.address): Promise<void> {
    const at = { address, namespace: this.temporal.namespace };
    const { taskQueue = TASK_QUEUE, ...options } = this.#options;
    this.#worker = await this.#sandbox.startWorker(language, taskQueue, at, options);
  }

  /**
   * Moves what the worker has executed since the last time into `folder`. Without a folder of coverage
   * there is nothing to move.
   */
  async takeCoverage(folder: string): Promise<void> {
    const { coverage } = this.#options;
    if (!coverage || !this.#worker) return;
    const written = this.#worker.said('COVERED');
    this.#worker.signal('SIGIO');
    await written;
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(coverage)) {
      // Go's description of the counters is written once, and belongs to all of them.
      const keep = name.startsWith('covmeta.') ? copyFile : rename;
      await keep(`${coverage}/${name}`, `${folder}/${name}`);
    }
  }

  /** SIGKILL for the worker. */
  async kill(): Promise<void> {
    await this.#worker?.kill();
  }

  /** The same, of a worker that has a run in hand. Returns how many of its attempts died. */
  async crash(handle: WorkflowHandle): Promise<number> {
    await this.kill();
    // Until the server has seen it, it may give the dead worker another attempt.
    await sleep(NOTICED_MS);
    const died = await attemptsUnderWay(handle);
    if (this.temporal instanceof Temporal) this.temporal.died = died;
    return died;
  }

  /** Whether the worker is there. */
  get runs(): boolean {
    return this.#worker?.runs ?? false;
  }

  /** The end of what the worker wrote. */
  get log(): string {
    return this.#worker?.log ?? '';
  }

  /** Ends the worker gracefully, then the server. Returns the worker's exit code. */
  stop(): Promise<number | null | undefined> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<number | null | undefined> {
    const code = await this.#worker?.stop();
    await this.temporal.stop();
    return code;
  }
}
