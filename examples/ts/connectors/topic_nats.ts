/** NATS JetStream: a topic is a stream of one subject, `nats://host:port/<subject>`. */
import {
  DeliverPolicy,
  type JetStreamClient,
  jetstream,
} from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import { unavailable } from './failures.ts';
import type { Message, TopicPage } from './topic.ts';

const TIMEOUT_MS = 10_000;
/** How long the broker remembers an id. */
const DEDUPLICATION_MS = 24 * 3600 * 1000;

/** Connects, makes sure that the stream is there, runs `use`, closes. */
async function withStream<T>(
  url: URL,
  use: (
    js: JetStreamClient,
    stream: string,
    subject: string,
  ) => Promise<T>,
): Promise<T> {
  try {
    const connection = await connect({
      servers: url.host,
      user: decodeURIComponent(url.username),
      pass: decodeURIComponent(url.password),
      timeout: TIMEOUT_MS,
      reconnect: false,
    });
    try {
      const subject = url.pathname.slice(1);
      const stream = subject.replaceAll('.', '_');
      const js = jetstream(connection);
      const manager = await js.jetstreamManager();
      await manager.streams.add({
        name: stream,
        subjects: [subject],
        duplicate_window: nanos(DEDUPLICATION_MS),
      });
      return await use(js, stream, subject);
    } finally {
      await connection.close();
    }
  } catch {
    throw unavailable('broker did not answer');
  }
}

/** The cursor is the stream's sequence. */
// #region read
export async function readNats(
  url: URL,
  cursor: number,
  limit: number,
): Promise<TopicPage> {
  return withStream(url, async (js, stream) => {
    // #step Ask for what is there, so that nothing waits
    const consumer = await js.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: cursor + 1,
    });
    const { num_pending } = await consumer.info();
    const due = Math.min(num_pending, limit);

    // #step Take that many, and the last one's sequence
    const page: TopicPage = { messages: [], cursor };
    if (due === 0) return page;
    const taken = await consumer.fetch({ max_messages: due });
    for await (const message of taken) {
      const id = message.headers?.get('Nats-Msg-Id') ?? '';
      page.messages.push({ id, body: message.string() });
      page.cursor = message.seq;
    }
    return page;
  });
}
// #endregion read

// #region publish
export async function publishNats(
  url: URL,
  messages: Message[],
): Promise<void> {
  await withStream(url, async (js, _, subject) => {
    for (const { id, body } of messages) {
      // #step The broker drops an id that it knows
      await js.publish(subject, body, { msgID: id });
    }
  });
}
// #endregion publish
