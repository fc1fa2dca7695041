/** NDJSON: one record a line. */
import { type Parts, writePart } from './folder.ts';
import { parseExact } from './json.ts';
import type { TransformedRecord } from './records.ts';

/** Records as lines. */
export function toNdjson(records: readonly unknown[]): string {
  return records
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
}

/** Lines as records. */
export function fromNdjson<T>(body: string): T[] {
  const lines = body.split('\n').filter(Boolean);
  return lines.map((line) => recordOf(line) as T);
}

function recordOf(line: string): unknown {
  const record: unknown = JSON.parse(line);
  // What is written as it was read has lost no digit; that is most, and faster.
  return JSON.stringify(record) === line
    ? record
    : parseExact(line);
}

/** Writes one NDJSON part; returns how many records. */
// #region write
export async function writeNdjson(
  parts: Parts,
  part: string,
  records: TransformedRecord[],
): Promise<number> {
  // #step One record a line
  await writePart(parts, `${part}.ndjson`, toNdjson(records));
  return records.length;
}
// #endregion write
