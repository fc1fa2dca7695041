/** Topics: ordered messages that are read from a cursor and published once, whatever the broker. */
import { resolve } from './connection.ts';
import { publishFile, readFileTopic } from './topic_file.ts';
import { publishNats, readNats } from './topic_nats.ts';

/** A message. Publishing a second one of the same id changes nothing. */
export interface Message {
  id: string;
  body: string;
  /** Why it could not be read as a message. */
  fault?: string;
}

/** Some messages of a topic, and the broker's sequence to go on behind. */
export interface TopicPage {
  messages: Message[];
  cursor: number;
}

const SCHEMES = ['nats', 'file'];

/** At most `limit` messages behind `cursor`; none when nothing is new. Never waits for more. */
// #region read
export async function readTopic(
  topic: string,
  cursor: number,
  limit: number,
): Promise<TopicPage> {
  // #step The scheme says which broker
  const broker = resolve(topic, SCHEMES);
  const read =
    broker.scheme === 'nats' ? readNats : readFileTopic;

  // #step Bounded: a cursor to start behind, a limit
  return read(broker, cursor, limit);
}
// #endregion read

/** Publishes messages in order; those that the topic has already are left out. */
// #region publish
export async function publish(
  topic: string,
  messages: Message[],
): Promise<void> {
  // #step Nothing to say: do not connect
  if (messages.length === 0) return;

  // #step The id of a message is its de-duplication id
  const broker = resolve(topic, SCHEMES);
  const write =
    broker.scheme === 'nats' ? publishNats : publishFile;
  await write(broker, messages);
}
// #endregion publish
