/** NATS JetStream: a topic is a stream of one subject, `nats://host:port/<subject>`. */
import { isUtf8 } from 'node:buffer';
import {
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg,
  jetstream,
} from '@nats-io/jetstream';
import {
  connect,
  errors,
  nanos,
} from '@nats-io/transport-node';
import { type Connection, encoded } from './connection.ts';
import { invalidInput, unavailable } from './failures.ts';
import type { Message, TopicPage } from './topic.ts';

const TIMEOUT_MS = 10_000;
/** How long the broker remembers an id. */
const DEDUPLICATION_MS = 24 * 3600 * 1000;

/** Connects, finds the stream or makes it, runs `use`, closes. */
async function withStream<T>(
  topic: Connection,
  use: (
    js: JetStreamClient,
    stream: string,
    subject: string,
  ) => Promise<T>,
): Promise<T> {
  const host = topic.host.includes(':')
    ? `[${topic.host}]`
    : topic.host;
  try {
    const connection = await connect({
      servers: `${host}:${topic.port ?? 4222}`,
      user: topic.user,
      pass: topic.password,
      timeout: TIMEOUT_MS,
      reconnect: false,
      // It may name others: the worker was told of this one.
      ignoreClusterUpdates: true,
    });
    try {
      const subject = topic.path.slice(1);
      const js = jetstream(connection);
      const stream = await streamOf(js, subject);
      return await use(js, stream, subject);
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw isRefusal(error)
      ? invalidInput('broker refused the user')
      : unavailable('broker did not answer');
  }
}

/** The stream that holds the subject; only where there is none, one is made. */
async function streamOf(
  js: JetStreamClient,
  subject: string,
): Promise<string> {
  const { streams } = await js.jetstreamManager();
  for await (const name of streams.names(subject)) return name;
  const made = await streams.add({
    name: subject.replaceAll('.', '_'),
    subjects: [subject],
    duplicate_window: nanos(DEDUPLICATION_MS),
  });
  return made.config.name;
}

/** Whether the broker knows us not, or lets us not. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error instanceof errors.AuthorizationError ||
    error instanceof errors.UserAuthenticationExpiredError ||
    error instanceof errors.PermissionViolationError ||
    isRefusal(error.cause)
  );
}

/** The cursor is the stream's sequence. */
// #region read
export async function readNats(
  topic: Connection,
  cursor: number,
  limit: number,
): Promise<TopicPage> {
  return withStream(topic, async (js, stream, subject) => {
    // #step Ask for what is there, so that nothing waits
    const consumer = await js.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: cursor + 1,
      filter_subjects: [subject],
    });
    const { num_pending } = await consumer.info();
    const due = Math.min(num_pending, limit);

    // #step Take that many, and the last one's sequence
    const page: TopicPage = { messages: [], cursor };
    if (due > 0) {
      const taken = await consumer.fetch({ max_messages: due });
      for await (const message of taken) {
        page.messages.push(handedOn(message));
        page.cursor = message.seq;
      }
    }
    await consumer.delete();
    return page;
  });
}
// #endregion read

// #region publish
export async function publishNats(
  topic: Connection,
  messages: Message[],
): Promise<void> {
  await withStream(topic, async (js, _, subject) => {
    for (const { id, body } of messages) {
      // #step The broker drops an id that it knows
      await js.publish(subject, body, knownBy(id));
    }
  });
}
// #endregion publish

function handedOn(message: JsMsg): Message {
  const known = message.headers?.get('Nats-Msg-Id');
  const id = known || `@${message.seq}`;
  const body = Buffer.from(message.data);
  return isUtf8(body)
    ? { id, body: body.toString() }
    : { id, body: body.toString(), fault: 'not a message' };
}

/** Has the broker know a message by its id; one without an id is never known. */
function knownBy(id: string): { msgID?: string } {
  return id ? { msgID: headerOf(id) } : {};
}

/** An id as a header can hold it. */
function headerOf(id: string): string {
  return encoded(id).replace(
    /%(2F|3A|40)/g,
    decodeURIComponent,
  );
}
