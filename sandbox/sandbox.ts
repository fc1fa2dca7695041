/** The sandbox of the scenarios: every part real, every part can be told to misbehave. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Api } from './api.ts';
import { DATA, flights, weather } from './data.ts';
import { basics, type Environment, temporalSettings } from './environment.ts';
import type { Language } from './languages.ts';
import { Database } from './postgres.ts';
import { Service } from './processes.ts';
import { Topics } from './topics.ts';

const SAMPLE = 500;
const SOME = 5_000;

/** Where a worker finds Temporal. */
export interface Elsewhere {
  address: string;
  namespace: string;
}

export interface WorkerOptions {
  cache?: number;
  coverage?: string;
  environment?: Environment;
}

/** Where a worker may ask, and nobody listens: the port that was for discarding. */
export const NOBODY = '127.0.0.1:9';

/** A variable that the worker's operator has listed, and forgotten to set. */
export const FORGOTTEN = 'FORGOTTEN_PASSWORD';

export class Sandbox {
  readonly database: Database;
  readonly api: Api;
  readonly topics: Topics;
  /** A folder of this sandbox's own, deleted with it. */
  readonly folder: string;
  /** The languages of its workers, by the ids of their processes. */
  #languages = new Map<string, Language['id']>();

  private constructor(database: Database, api: Api, topics: Topics, folder: string) {
    this.database = database;
    this.api = api;
    this.topics = topics;
    this.folder = folder;
  }

  /**
   * Starts the database (tables `flights`, `flights_some` and `flights_sample`) and the API (lists `weather`,
   * `weather_sample` and `weather_none`): whole, the first 5,000, and the first 500.
   */
  static async start(): Promise<Sandbox> {
    const folder = await mkdtemp(join(tmpdir(), 'pipelines-'));
    const [database, api, topics] = await Promise.all([
      Database.start(),
      Api.start({
        weather,
        weather_sample: () => weather().slice(0, SAMPLE),
        weather_none: () => [],
      }),
      Topics.start(folder),
    ]);
    const flown = flights();
    await database.land('flights', flown);
    await database.land('flights_some', flown.slice(0, SOME));
    await database.land('flights_sample', flown.slice(0, SAMPLE));
    return new Sandbox(database, api, topics, folder);
  }

  /** A new empty folder of this sandbox, as a path. */
  async newFolder(name: string): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** A file of this sandbox, as a URL. */
  async write(name: string, body: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, body);
    return pathToFileURL(path).href;
  }

  /** The names in a folder, sorted; none when it is not there. */
  async list(folder: string): Promise<string[]> {
    return (await readdir(folder).catch(() => [])).sort();
  }

  /** What only a worker knows: the secrets by name, where batches are staged, and that callers may reach this sandbox alone. */
  get environment(): Environment {
    const { host: database } = this.database;
    const { host: api } = this.api;
    const { host: nats } = this.topics;
    return {
      ...this.secrets,
      STAGING_URL: pathToFileURL(join(this.folder, 'staging')).href,
      PIPELINE_HOSTS: [database, api, nats, NOBODY].join(),
      PIPELINE_VARIABLES: [
        ...[`PG_PASSWORD=${database}`, `API_TOKEN=${api}`, `NATS_PASSWORD=${nats}`],
        `${FORGOTTEN}=${database}`,
      ].join(),
      PIPELINE_ROOTS: [this.folder, DATA].join(delimiter),
    };
  }

  /** The secrets that no history may hold. */
  get secrets(): Record<'PG_PASSWORD' | 'API_TOKEN' | 'NATS_PASSWORD', string> {
    return {
      PG_PASSWORD: this.database.password,
      API_TOKEN: this.api.token,
      NATS_PASSWORD: this.topics.password,
    };
  }

  /**
   * Starts a language's worker on a task queue, and waits until it is ready. Without `at` it finds
   * Temporal by the user's own settings. `environment` is what it knows besides: this sandbox, unless it is said. `cache` is
   * how many workflows it keeps in memory: 0 where another worker must be able to take them over. `coverage` is a folder
   * for what it executed.
   */
  async startWorker(
    language: Language,
    taskQueue: string,
    at?: Elsewhere,
    { cache = 1000, coverage, environment = this.environment }: WorkerOptions = {},
  ): Promise<Service> {
    const { command, args, env } = language.worker(coverage);
    const temporal = at
      ? {
          TEMPORAL_ADDRESS: at.address,
          TEMPORAL_NAMESPACE: at.namespace,
          TEMPORAL_CONFIG_FILE: fileURLToPath(await this.write('temporal.toml', '[profile.default]\n')),
        }
      : temporalSettings();
    const worker = await Service.start(`${language.label} worker`, command, args, {
      ready: 'READY',
      bare: true,
      env: {
        ...basics(),
        ...env,
        ...environment,
        ...temporal,
        TEMPORAL_TASK_QUEUE: taskQueue,
        WORKFLOW_CACHE: String(cache),
      },
    });
    this.#languages.set(String(worker.pid), language.id);
    return worker;
  }

  /** The language of the worker that says so of itself in a history: each SDK begins with `<process>@<host>`. */
  languageOf(identity: string): Language['id'] | undefined {
    return this.#languages.get(identity.slice(0, identity.indexOf('@')));
  }

  async stop(): Promise<void> {
    await Promise.all([this.database.stop(), this.api.stop(), this.topics.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}
