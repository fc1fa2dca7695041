/** The embedded broker: a topic is an append-only file, one message a line. For one machine. */
import { appendFile, open, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { unavailable } from './failures.ts';
import { locked } from './files.ts';
import { fromNdjson, toNdjson } from './ndjson.ts';
import type { Message, TopicPage } from './topic.ts';

const CHUNK_BYTES = 1024 * 1024;

/** The cursor is an offset in bytes: a read costs the same wherever it starts. */
// #region read
export async function readFileTopic(
  url: URL,
  cursor: number,
  limit: number,
): Promise<TopicPage> {
  // #step A topic that nobody wrote to is empty
  const chunk = await readFrom(fileURLToPath(url), cursor);

  // #step Whole lines only: the last may be half-written
  const lines = chunk.split('\n').slice(0, -1).slice(0, limit);
  const bytes = lines.map(
    (line) => Buffer.byteLength(line) + 1,
  );
  return {
    messages: fromNdjson<Message>(lines.join('\n')),
    cursor: bytes.reduce((sum, length) => sum + length, cursor),
  };
}
// #endregion read

/** Appends what is not there yet. */
// #region publish
export async function publishFile(
  url: URL,
  messages: Message[],
): Promise<void> {
  const file = fileURLToPath(url);
  try {
    // #step One writer at a time
    await locked(file, async () => {
      // #step Leave out what the topic has
      const known = new Set(await idsOf(file));
      const fresh = messages.filter(({ id }) => {
        const first = !known.has(id);
        known.add(id);
        return first;
      });

      // #step Append the rest in one write
      await appendFile(file, toNdjson(fresh));
    });
  } catch {
    throw unavailable('topic cannot be written');
  }
}
// #endregion publish

/** Text from an offset on, at most a chunk; none when there is no such file. */
async function readFrom(
  file: string,
  offset: number,
): Promise<string> {
  try {
    await using handle = await open(file);
    const buffer = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await handle.read(
      buffer,
      0,
      CHUNK_BYTES,
      offset,
    );
    // A character that the chunk cuts stands behind the last whole line.
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (isMissing(error)) return '';
    throw unavailable('topic cannot be read');
  }
}

async function idsOf(file: string): Promise<string[]> {
  const body = await readFile(file, 'utf8').catch((error) => {
    if (isMissing(error)) return '';
    throw error;
  });
  return fromNdjson<Message>(body).map(({ id }) => id);
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
