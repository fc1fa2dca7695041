/** A CSV file with a header; the first column is the key. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CsvError, parse } from 'csv-parse';
import { resolve } from './connection.ts';
import { unavailable, validationError } from './failures.ts';
import type { Page, RawRecord } from './records.ts';

/** Pages of `size` records; the cursor counts the records already read. */
// #region read
export async function* readCsv(
  connection: string,
  cursor: string,
  size: number,
): AsyncGenerator<Page> {
  // #step A missing file may still arrive
  const file = fileURLToPath(resolve(connection, ['file']));
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile())
    throw unavailable('file cannot be read');

  // #step Skip what an earlier attempt has read
  const done = Number(cursor || 0);
  const rows = linesOf(file);
  let page: RawRecord[] = [];
  let read = 0;

  try {
    for await (const row of rows) {
      read += 1;

      // #step The first column is the key
      if (read > done) page.push(toRecord(row));
      if (page.length === size) {
        yield { records: page, cursor: String(read) };
        page = [];
      }
    }
  } catch (error) {
    // #step A torn line will not mend itself
    throw unreadable(error);
  }

  // #step The last page may be short
  if (page.length > 0) {
    yield { records: page, cursor: String(read) };
  }
}
// #endregion read

function unreadable(error: unknown): unknown {
  return error instanceof CsvError
    ? validationError(`CSV line ${error.lines} is torn`)
    : error;
}

/** The rows of a file; a pipe hands on data, not errors. */
function linesOf(
  file: string,
): AsyncIterable<Record<string, string>> {
  const rows = parse({ columns: true, skip_empty_lines: true });
  const fail = () =>
    rows.destroy(unavailable('file cannot be read'));
  return createReadStream(file).on('error', fail).pipe(rows);
}

function toRecord(row: Record<string, string>): RawRecord {
  const [[, id], ...data] = Object.entries(row) as [
    [string, string],
    ...[string, string][],
  ];
  return { id, data: Object.fromEntries(data) };
}
