/** PostgreSQL as a source (pages by key range) and as a target (upserts). */
import pg from 'pg';
import { resolve } from './connection.ts';
import {
  invalidInput,
  unavailable,
  validationError,
} from './failures.ts';
import type {
  Page,
  RawRecord,
  TransformedRecord,
} from './records.ts';

const SCHEMES = ['postgres', 'postgresql'];
const CONNECT_TIMEOUT_MS = 10_000;

/** Opens `postgres://…/database?table=name`, runs `use`, closes. */
async function withTable<T>(
  connection: string,
  use: (client: pg.Client, table: string) => Promise<T>,
): Promise<T> {
  const url = resolve(connection, SCHEMES);
  const table = url.searchParams.get('table') ?? '';
  if (!/^[a-z_][a-z0-9_]*$/.test(table)) {
    throw invalidInput(
      'connection_string: must name a table, as in ?table=flights',
    );
  }
  url.searchParams.delete('table');
  const client = new pg.Client({
    connectionString: url.href,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A connection lost while idle is reported here; the next query fails and is retried.
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client, table);
  } catch (error) {
    throw classified(error);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Bad data (SQLSTATE classes 22 and 23) and bad SQL (42) are final; the rest is tried again. */
// #region classify
function classified(error: unknown): Error {
  // #step The data broke a rule of the table: final
  const { code, message } = error as pg.DatabaseError;
  if (/^(22|23|42)...$/.test(String(code))) {
    return validationError(`database refused: ${message}`);
  }

  // #step Anything else may pass: try again
  return unavailable(`database: ${message}`);
}
// #endregion classify

/** Pages of `size` records after the key `cursor`, by key range: each costs the same. */
// #region read
export async function* readTable(
  connection: string,
  cursor: string,
  size: number,
): AsyncGenerator<Page> {
  while (true) {
    // #step Continue behind the last key, never by OFFSET
    const records = await withTable(
      connection,
      async (db, table) => {
        const found = await db.query<RawRecord>(
          `SELECT id, to_jsonb(t) - 'id' AS data FROM ${table} t
         WHERE id > $1 ORDER BY id LIMIT $2`,
          [cursor, size],
        );
        return found.rows;
      },
    );

    // #step A short page is the last one
    const last = records.at(-1);
    if (!last) return;
    cursor = last.id;
    yield { records, cursor };
    if (records.length < size) return;
  }
}
// #endregion read

/** Inserts or replaces records by id, all or none. */
// #region upsert
export async function upsert(
  connection: string,
  records: TransformedRecord[],
): Promise<number> {
  return withTable(connection, async (db, table) => {
    // #step One statement, so one transaction a batch
    await db.query(
      `INSERT INTO ${table} (id, data, processed_at, version)
       SELECT r->>'id', r->'data',
              (r#>>'{metadata,processed_at}')::timestamptz,
              r#>>'{metadata,version}'
       FROM jsonb_array_elements($1::jsonb) r
       ON CONFLICT (id) DO UPDATE SET data = excluded.data,
         processed_at = excluded.processed_at,
         version = excluded.version`,
      [JSON.stringify(records)],
    );

    // #step A repeated batch replaces itself
    return records.length;
  });
}
// #endregion upsert
