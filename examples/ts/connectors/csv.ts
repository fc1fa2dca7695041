/** A CSV file with a header; the first column is the key. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ApplicationFailure } from '@temporalio/common';
import { fileOf } from './connection.ts';
import { CsvFault, type Row, rowsOf } from './csv_reader.ts';
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
  const file = fileOf(connection);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile())
    throw unavailable('file cannot be read');

  // #step Skip what an earlier attempt has read
  const done = Number(cursor || 0);
  let page: RawRecord[] = [];
  let read = 0;

  try {
    for await (const record of recordsOf(file)) {
      read += 1;

      // #step The first column is the key
      if (read > done) page.push(record);
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

function unreadable(error: unknown): Error {
  if (error instanceof ApplicationFailure) return error;
  return error instanceof CsvFault
    ? validationError(`CSV ${error.message}`)
    : unavailable('file cannot be read');
}

async function* recordsOf(
  file: string,
): AsyncGenerator<RawRecord> {
  let header: string[] | undefined;
  for await (const row of rowsOf(createReadStream(file))) {
    if (header) yield toRecord(header, row);
    else header = checked(row.fields);
  }
  if (!header) throw new CsvFault('has no header');
}

function checked(header: string[]): string[] {
  if (new Set(header).size < header.length)
    throw new CsvFault('header has a name twice');
  return header;
}

function toRecord(
  header: string[],
  { line, fields }: Row,
): RawRecord {
  if (fields.length !== header.length)
    throw new CsvFault(`line ${line} is torn`);
  const [id] = fields;
  if (!id) throw new CsvFault(`line ${line} has no key`);
  const data = header.map((name, i) => [name, fields[i]]);
  return { id, data: Object.fromEntries(data.slice(1)) };
}
