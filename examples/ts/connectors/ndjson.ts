/** NDJSON: one record a line, keys sorted, so that a record is the same bytes in every language. */
import { fileURLToPath } from 'node:url';
import { resolve } from './connection.ts';
import { writeAtomically } from './files.ts';
import type { TransformedRecord } from './records.ts';

/** Records as lines. */
export function toNdjson(records: readonly unknown[]): string {
  return records
    .map((record) => `${canonical(record)}\n`)
    .join('');
}

/** Lines as records. */
export function fromNdjson<T>(body: string): T[] {
  const lines = body.split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

function canonical(record: unknown): string {
  return JSON.stringify(record, (_, value) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value).sort(([a], [b]) =>
            a < b ? -1 : 1,
          ),
        )
      : value,
  );
}

/** Writes one NDJSON part into the folder that `connection` names; returns how many records. */
// #region write
export async function writeNdjson(
  connection: string,
  part: string,
  records: TransformedRecord[],
): Promise<number> {
  // #step Named after its batch, so a repeat replaces it
  const folder = fileURLToPath(resolve(connection, ['file']));
  const file = `${folder}/${part}.ndjson`;
  await writeAtomically(file, toNdjson(records));
  return records.length;
}
// #endregion write
