/** RFC 4180, read strictly: what is no CSV is refused, never guessed at. */
import { isUtf8 } from 'node:buffer';

/** What is wrong with a CSV file, in words that a message may hold. */
export class CsvFault extends Error {}

/** A record, and the line on which it begins, counted from 1. */
export interface Row {
  line: number;
  fields: string[];
}

const MAX_RECORD_BYTES = 1024 * 1024;
const BOM = Buffer.from('\uFEFF');
const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
/** What stands behind the last byte. */
const END = -1;

/** The records of a file that comes in chunks. An empty line is none. */
export async function* rowsOf(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Row> {
  let bytes: Buffer = Buffer.alloc(0);
  let line = 1;
  let begun = false;

  for await (const chunk of chunks) {
    bytes = Buffer.concat([bytes, chunk]);
    if (!begun && bytes.length < BOM.length) continue;
    if (!begun && bytes.indexOf(BOM) === 0)
      bytes = bytes.subarray(BOM.length);
    begun = true;
    yield* whole(false);
  }
  yield* whole(true);

  /** The records that are there whole; the rest waits for the next chunk. */
  function* whole(last: boolean): Generator<Row> {
    let start = 0;
    while (start < bytes.length) {
      const found = recordAt(bytes, start, line, last);
      if (!found) break;
      if (found.end > start) yield rowOf(bytes, start, found);
      start = found.next;
      line += found.lines;
    }
    bytes = bytes.subarray(start);
  }
}

/** Where a record and its fields end, and how many lines it takes. */
interface Bounds {
  line: number;
  ends: number[];
  end: number;
  next: number;
  lines: number;
}

type State = 'start' | 'plain' | 'quoted' | 'closed';

/** The bounds of the record at `start`; none when the bytes end before it does. */
function recordAt(
  bytes: Buffer,
  start: number,
  line: number,
  last: boolean,
): Bounds | undefined {
  const ends: number[] = [];
  let state: State = 'start';
  let lines = 0;

  for (let at = start; ; at += 1) {
    if (at === bytes.length && !last) return undefined;
    const byte = bytes[at] ?? END;
    const lineEnd = byte === LF || byte === CR;

    if (state !== 'quoted' && (lineEnd || byte === END)) {
      const following = bytes[at + 1];
      // A line feed may still come with the next chunk.
      if (byte === CR && following === undefined && !last)
        return undefined;
      check(bytes, start, at, line);
      const pair = byte === CR && following === LF;
      const next = at + (pair ? 2 : 1);
      lines += 1;
      ends.push(at);
      return { line, ends, end: at, next, lines };
    }

    if (byte === END || byte === NUL)
      throw torn(bytes, start, at, line);
    if (at - start >= MAX_RECORD_BYTES)
      throw tooLong(bytes, start, at, line);

    if (state === 'quoted') {
      if (byte === QUOTE) state = 'closed';
      if (lineEnd && !(byte === LF && bytes[at - 1] === CR))
        lines += 1;
    } else if (byte === COMMA) {
      ends.push(at);
      state = 'start';
    } else if (byte === QUOTE && state !== 'plain') {
      // The first of a field opens it; one behind another stands for itself.
      state = 'quoted';
    } else if (byte === QUOTE || state === 'closed') {
      // The rest of a character may still come, too.
      if (!last && characterEnd(bytes, at) > bytes.length)
        return undefined;
      throw torn(bytes, start, at, line);
    } else {
      state = 'plain';
    }
  }
}

function torn(
  bytes: Buffer,
  start: number,
  at: number,
  line: number,
): CsvFault {
  check(bytes, start, characterEnd(bytes, at), line);
  return new CsvFault(`line ${line} is torn`);
}

/** Behind a character, which may be at fault itself, or be cut off by the end. */
function characterEnd(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const length = [0xc2, 0xe0, 0xf0, 0xf5].findIndex(
    (next) => first < next,
  );
  return at + (length < 1 ? 1 : length + 1);
}

function tooLong(
  bytes: Buffer,
  start: number,
  at: number,
  line: number,
): CsvFault {
  // The bound may cut a character.
  let end = at;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  check(bytes, start, end, line);
  return new CsvFault(`line ${line} is too long`);
}

/** Line ends are ASCII, so no character goes over one. */
function check(
  bytes: Buffer,
  start: number,
  end: number,
  line: number,
): void {
  const record = bytes.subarray(start, end);
  if (isUtf8(record)) return;
  const lines = record.toString('latin1').split(/\r\n|\n|\r/);
  const bad = lines.findIndex(
    (text) => !isUtf8(Buffer.from(text, 'latin1')),
  );
  throw new CsvFault(`line ${line + bad} is not UTF-8`);
}

function rowOf(
  bytes: Buffer,
  start: number,
  { line, ends }: Bounds,
): Row {
  let from = start;
  const fields = ends.map((end) => {
    const quoted = bytes[from] === QUOTE;
    const field = quoted
      ? bytes
          .toString('utf8', from + 1, end - 1)
          .replaceAll('""', '"')
      : bytes.toString('utf8', from, end);
    from = end + 1;
    return field;
  });
  return { line, fields };
}
