/** A Temporal server and a worker on it: what one run, or many, take place on. */
import type { Language } from '../world/languages.ts';
import type { Service } from '../world/processes.ts';
import { Temporal } from '../world/temporal.ts';
import type { World } from '../world/world.ts';

/** The task queue of a stage, when no other is named. */
export const TASK_QUEUE = 'pipelines';

export interface StageOptions {
  /** How many workflows its workers keep in memory. */
  cache?: number;
  /** A folder for what its workers executed of their code; without it, nothing is kept. */
  coverage?: string;
}

export class Stage {
  readonly temporal: Temporal;
  #world: World;
  #options: StageOptions;
  #worker: Service | undefined;

  private constructor(world: World, temporal: Temporal, options: StageOptions) {
    this.#world = world;
    this.temporal = temporal;
    this.#options = options;
  }

  /** Starts a server, and a worker of a language on it. */
  static async start(world: World, language: Language, options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(world, await Temporal.start(), options);
    await stage.enter(language);
    return stage;
  }

  /** Starts a worker; through `address` when it is not to reach the server itself. */
  async enter(language: Language, address = this.temporal.address): Promise<void> {
    const at = { address, namespace: 'default' };
    this.#worker = await this.#world.startWorker(language, TASK_QUEUE, at, this.#options);
  }

  /** SIGKILL for the worker. */
  async kill(): Promise<void> {
    await this.#worker?.kill();
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
  async stop(): Promise<number | null | undefined> {
    const code = await this.#worker?.stop();
    await this.temporal.stop();
    return code;
  }
}
