/** The embedded broker: a topic is an append-only file, one message a line. For one machine. */
import { appendFileSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { type Connection, pathOf } from './connection.ts';
import { unavailable } from './failures.ts';
import { type Lock, locked } from './files.ts';
import { isObject, parseJson } from './json.ts';
import { toNdjson } from './ndjson.ts';
import type { Message, TopicPage } from './topic.ts';
import {
  digest,
  isMarked,
  mark,
  readUpto,
  type Upto,
  unmark,
  writeUpto,
} from './topic_marks.ts';

const MAX_LINE_BYTES = 1024 * 1024;
const CHUNK_BYTES = MAX_LINE_BYTES + 1;
/** How much of what is no message is handed on, in characters; UTF-8 has at most 4 bytes for one. */
const EXCERPT = 1024;
const LF = 0x0a;

/** A line of the file, without its end, and where it begins. */
interface Line {
  offset: number;
  bytes: Buffer;
}

/** The cursor is an offset in bytes: a read costs the same wherever it starts. */
// #region read
export async function readFileTopic(
  topic: Connection,
  cursor: number,
  limit: number,
): Promise<TopicPage> {
  // #step A topic that nobody wrote to is empty
  const chunk = await readFrom(pathOf(topic), cursor);
  if (chunk.next > 0) return longLine(chunk, cursor);

  // #step Whole lines only: the last may be half-written
  const page: TopicPage = { messages: [], cursor };
  for (const line of linesOf(chunk.bytes, cursor)) {
    if (page.messages.length === limit) break;
    page.cursor = line.offset + line.bytes.length + 1;

    // #step What is no message is handed on, with the reason
    if (!isBlank(line)) page.messages.push(handedOn(line));
  }
  return page;
}
// #endregion read

/** Appends what is not there yet. */
// #region publish
export async function publishFile(
  topic: Connection,
  messages: Message[],
): Promise<void> {
  const file = pathOf(topic);
  try {
    // #step One writer at a time
    await locked(file, async (lock) => {
      // #step A half-written line ends here
      await endLine(file, lock);

      // #step Leave out what the topic has
      await markAll(file, lock);
      const first = new Map(
        messages.toReversed().map((m) => [m.id, m]),
      );
      const fresh = messages.filter(
        (m) =>
          m.id === '' ||
          (first.get(m.id) === m && !isMarked(file, m.id)),
      );

      // #step Append the rest in one write, still alone
      const lines = fresh.map(({ id, body }) => ({ id, body }));
      lock.check();
      appendFileSync(file, toNdjson(lines));
      await markAll(file, lock);
    });
  } catch {
    throw unavailable('topic cannot be written');
  }
}
// #endregion publish

/** Whole lines; `next` is where the first one ends when it is too long for the chunk, else 0. */
interface Chunk {
  bytes: Buffer;
  next: number;
}

/** Bytes from an offset on, at most a line of the greatest length; none when there is no such file. */
async function readFrom(
  file: string,
  offset: number,
): Promise<Chunk> {
  try {
    await using handle = await open(file);
    const bytes = await chunkAt(handle, offset);
    const long =
      bytes.length === CHUNK_BYTES && !bytes.includes(LF);
    const next = long
      ? await endOfLine(handle, offset + bytes.length)
      : 0;
    return { bytes, next };
  } catch (error) {
    if (isMissing(error))
      return { bytes: Buffer.alloc(0), next: 0 };
    throw unavailable('topic cannot be read');
  }
}

async function chunkAt(
  handle: FileHandle,
  offset: number,
): Promise<Buffer> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const { bytesRead } = await handle.read(
    buffer,
    0,
    CHUNK_BYTES,
    offset,
  );
  return buffer.subarray(0, bytesRead);
}

/** Behind the end of the line that goes on at `from`; 0 when its end is not written yet. */
async function endOfLine(
  handle: FileHandle,
  from: number,
): Promise<number> {
  let offset = from;
  while (true) {
    const bytes = await chunkAt(handle, offset);
    if (bytes.length === 0) return 0;
    const end = bytes.indexOf(LF);
    if (end >= 0) return offset + end + 1;
    offset += bytes.length;
  }
}

/** The lines whose end is there. */
function* linesOf(
  bytes: Buffer,
  offset: number,
): Generator<Line> {
  let start = 0;
  while (true) {
    const end = bytes.indexOf(LF, start);
    if (end < 0) return;
    const line = bytes.subarray(start, end);
    yield { offset: offset + start, bytes: line };
    start = end + 1;
  }
}

function isBlank({ bytes }: Line): boolean {
  return /^\r?$/.test(bytes.toString('latin1', 0, 2));
}

function handedOn(line: Line): Message {
  const id = `@${line.offset}`;
  const message = messageOf(line.bytes);
  return message
    ? { ...message, id: message.id || id }
    : { id, body: excerpt(line), fault: 'not a message' };
}

function longLine(chunk: Chunk, offset: number): TopicPage {
  const body = excerpt({ offset, bytes: chunk.bytes });
  const message = {
    id: `@${offset}`,
    body,
    fault: 'too long',
  };
  return { messages: [message], cursor: chunk.next };
}

/** The message in a line; none where there is no such thing. */
function messageOf(line: Buffer): Message | undefined {
  try {
    const message = parseJson(line);
    if (!isObject(message)) return undefined;
    const { id, body } = message;
    return typeof id === 'string' && typeof body === 'string'
      ? { id, body }
      : undefined;
  } catch {
    return undefined;
  }
}

function excerpt({ bytes }: Line): string {
  const text = bytes.toString('utf8', 0, EXCERPT * 4);
  return [...text].slice(0, EXCERPT).join('');
}

/** Ends the last line of a topic, where its writer died in the middle. */
async function endLine(
  file: string,
  lock: Lock,
): Promise<void> {
  const size = await sizeOf(file);
  const { bytes } = await readFrom(file, Math.max(size - 1, 0));
  if (size === 0 || bytes.at(0) === LF) return;
  lock.check();
  appendFileSync(file, '\n');
}

/** Marks the ids of the lines that are not marked yet: those of the last publisher, where it died. */
async function markAll(
  file: string,
  lock: Lock,
): Promise<void> {
  let upto = await readUpto(file);
  if (!upto || !(await isThere(file, upto))) {
    unmark(file, lock);
    upto = { from: 0, to: 0, sha256: '' };
  }
  while (true) {
    const { bytes, next } = await readFrom(file, upto.to);
    let last: Line | undefined;
    for (const line of linesOf(bytes, upto.to)) {
      const id = messageOf(line.bytes)?.id;
      if (id) mark(file, id);
      last = line;
    }
    if (!last && next === 0) return;
    const from = last?.offset ?? next;
    const to = last ? from + last.bytes.length + 1 : next;
    upto = { from, to, sha256: digest(last?.bytes ?? '') };
    await writeUpto(file, upto);
  }
}

/** Whether the last line that is marked is in the file: else another has its name now. */
async function isThere(
  file: string,
  { from, to, sha256 }: Upto,
): Promise<boolean> {
  const { bytes } = await readFrom(file, from);
  const line = bytes.subarray(0, Math.max(to - from - 1, 0));
  return to <= (await sizeOf(file)) && digest(line) === sha256;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    (error) => {
      if (isMissing(error)) return 0;
      throw error;
    },
  );
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
