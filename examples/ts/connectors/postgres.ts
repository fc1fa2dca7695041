/** PostgreSQL as a source (pages by key range) and as a target (upserts). */
import type { ConnectionOptions } from 'node:tls';
import { Context } from '@temporalio/activity';
import pg from 'pg';
import { type Connection, resolve } from './connection.ts';
import {
  invalidInput,
  unavailable,
  validationError,
} from './failures.ts';
import { fromNdjson } from './ndjson.ts';
import type {
  Page,
  RawRecord,
  TransformedRecord,
} from './records.ts';

const SCHEMES = ['postgres', 'postgresql'];
const CONNECT_TIMEOUT_SECONDS = 10;
const STATEMENT_TIMEOUT_MS = 300_000;

/** What `sslmode` may be, and what it asks of the server's certificate. */
const TLS: Record<string, ConnectionOptions | false> = {
  disable: false,
  prefer: { rejectUnauthorized: false },
  require: { rejectUnauthorized: false },
  'verify-ca': { checkServerIdentity: () => undefined },
  'verify-full': {},
};

/** A table behind one connection, which is closed when it goes out of scope. */
interface Table extends AsyncDisposable {
  /** Quoted, to be put into SQL. */
  name: string;
  query<T>(sql: string, values: unknown[]): Promise<T[]>;
}

/** Opens `postgres://…/database?table=name`. */
async function open(connection: string): Promise<Table> {
  const { config, prefers, name } = settingsOf(connection);
  const { cancellationSignal } = Context.current();
  const client = await connect(config, prefers).catch(fail);

  const stop = () => cancelQuery(client, config);
  cancellationSignal.addEventListener('abort', stop);
  return {
    name,
    query: async (sql, values) => {
      const found = await client.query(sql, values).catch(fail);
      return found.rows;
    },
    [Symbol.asyncDispose]: async () => {
      cancellationSignal.removeEventListener('abort', stop);
      await client.end().catch(() => {});
    },
  };
}

/** With `sslmode=prefer`, a server without TLS is asked again without it. */
async function connect(
  config: pg.ClientConfig,
  prefers: boolean,
): Promise<pg.Client> {
  const client = new pg.Client(config);
  // A connection lost while idle is reported here; the next query fails and is retried.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    const { message } = error as Error;
    if (!prefers || !/does not support SSL/.test(message))
      throw error;
    return connect({ ...config, ssl: false }, false);
  }
}

/** Ends the query of a cancelled activity: the server would not notice a closed connection. */
async function cancelQuery(
  client: pg.Client,
  config: pg.ClientConfig,
): Promise<void> {
  const ssl = client.ssl ? config.ssl : false;
  const other = new pg.Client({ ...config, ssl });
  other.on('error', () => {});
  // Known once it is connected; the types leave it out.
  const { processID } = client as { processID?: number };
  try {
    await other.connect();
    const sql = 'SELECT pg_cancel_backend($1)';
    await other.query(sql, [processID]);
  } catch {
    // It ends with its timeout then.
  } finally {
    await other.end().catch(() => {});
  }
}

interface Settings {
  config: pg.ClientConfig;
  prefers: boolean;
  name: string;
}

function settingsOf(connection: string): Settings {
  const url = resolve(connection, SCHEMES);
  const parameters = parametersOf(url.query ?? '');
  const name = tableOf(parameters.get('table') ?? '');
  const database = decodeURIComponent(url.path.slice(1));
  if (!database)
    throw invalidInput(
      'connection_string: must name a database',
    );

  const mode = parameters.get('sslmode') ?? 'prefer';
  const ssl = Object.hasOwn(TLS, mode) ? TLS[mode] : undefined;
  const timeout = parameters.get('connect_timeout') ?? '';
  if (ssl === undefined || !/^\d{0,4}$/.test(timeout))
    throw unknownParameter();
  const seconds = Number(timeout) || CONNECT_TIMEOUT_SECONDS;

  const config = {
    host: url.host,
    port: url.port ?? 5432,
    user: url.user || undefined,
    // A function, so that the driver takes none from PGPASSWORD or a file.
    password: () => passwordOf(url),
    database,
    ssl,
    application_name: parameters.get('application_name'),
    connectionTimeoutMillis: seconds * 1000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  };
  return { config, prefers: mode === 'prefer', name };
}

/** Asked for when the server wants one. Without one it is refused, as the server would. */
function passwordOf({ password }: Connection): string {
  if (password) return password;
  throw Object.assign(new Error(), { code: '28P01' });
}

const PARAMETERS = [
  'table',
  'sslmode',
  'application_name',
  'connect_timeout',
];

function parametersOf(query: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of query.split('&').filter(Boolean)) {
    const [name = '', ...value] = part.split('=');
    const key = decodeURIComponent(name);
    if (!PARAMETERS.includes(key) || found.has(key))
      throw unknownParameter();
    found.set(key, decodeURIComponent(value.join('=')));
  }
  return found;
}

function unknownParameter(): Error {
  return invalidInput(
    'connection_string: does not know that parameter',
  );
}

const PART = /(?:[A-Za-z_][A-Za-z0-9_$]*|"(?:[^"\0]|"")+")/;
const TABLE = new RegExp(
  `^(${PART.source})(?:\\.(${PART.source}))?$`,
);
const MAX_NAME_BYTES = 63;

/** `name` or `schema.name`, taken as it is written and quoted for SQL. */
function tableOf(text: string): string {
  const parts = TABLE.exec(text)?.slice(1) ?? [];
  const names = parts
    .filter((part) => part !== undefined)
    .map((part) =>
      part.startsWith('"')
        ? part.slice(1, -1).replaceAll('""', '"')
        : part,
    );
  const long = names.some(
    (name) => Buffer.byteLength(name) > MAX_NAME_BYTES,
  );
  if (names.length === 0 || long) {
    throw invalidInput(
      'connection_string: must name a table, as in ?table=flights',
    );
  }
  return names.map(pg.escapeIdentifier).join('.');
}

/** A query that was ended because its activity is cancelled says so. */
function fail(error: unknown): never {
  Context.current().cancellationSignal.throwIfAborted();
  throw classified(error);
}

/** Bad data, bad SQL, a wrong user or database are final; the rest is tried again. */
// #region classify
function classified(error: unknown): Error {
  // #step The data broke a rule of the table: final
  const { code, constraint } = error as pg.DatabaseError;
  if (/^(22|23|42|28|3D|0A)...$/.test(String(code))) {
    const rule = constraint ? ` (${constraint})` : '';
    return validationError(`database refused: ${code}${rule}`);
  }

  // #step Anything else may pass: try again
  return unavailable('database did not answer');
}
// #endregion classify

/** Pages of `size` records after the key `cursor`, by key range: each costs the same. */
// #region read
export async function* readTable(
  connection: string,
  cursor: string,
  size: number,
): AsyncGenerator<Page> {
  await using table = await open(connection);
  const type = await keyType(table);
  if (cursor === '') await checkKeys(table);
  while (true) {
    // #step Continue behind the last key, never by OFFSET
    const behind = `WHERE t.id > $2::text::${type}`;
    const rows = await table.query<Row>(
      `SELECT t.id::text AS id,
              (to_jsonb(t.*) - 'id')::text AS data,
              t.id = lag(t.id) OVER (ORDER BY t.id) AS twice
       FROM ${table.name} AS t ${cursor && behind}
       ORDER BY t.id LIMIT $1`,
      cursor ? [size + 1, cursor] : [size + 1],
    );

    // #step A key that is there twice would lose a row
    if (rows.some(({ twice }) => twice)) {
      throw validationError('key is not unique');
    }

    // #step A short page is the last one
    const records = rows.slice(0, size).map(toRecord);
    const last = records.at(-1);
    if (!last) return;
    cursor = last.id;
    yield { records, cursor };
    if (rows.length <= size) return;
  }
}
// #endregion read

interface Row {
  id: string;
  data: string;
  /** Whether the row before has an equal key: the database knows its type's equality. */
  twice: boolean | null;
}

/** Its columns as JSON text: the driver would round their numbers. */
function toRecord({ id, data }: Row): RawRecord {
  if (id === '') throw validationError('a record has no key');
  const [columns] = fromNdjson<RawRecord['data']>(data);
  return { id, data: columns ?? {} };
}

/** The type of the key, as SQL writes it. */
async function keyType({
  name,
  query,
}: Table): Promise<string> {
  const [key] = await query<{ type: string }>(
    `SELECT format_type(atttypid, atttypmod) AS type
     FROM pg_attribute
     WHERE attrelid = $1::regclass AND attname = 'id'
       AND NOT attisdropped`,
    [name],
  );
  if (!key) throw validationError('database refused: 42703');
  return key.type;
}

async function checkKeys({
  name,
  query,
}: Table): Promise<void> {
  const without = await query(
    `SELECT 1 FROM ${name} AS t WHERE t.id IS NULL LIMIT 1`,
    [],
  );
  if (without.length > 0)
    throw validationError('a record has no key');
}

/** Checks that the URL names a table, and that its variables are set; does not connect. */
export function checkTable(connection: string): void {
  settingsOf(connection);
}

/** Inserts or replaces records by id, all or none; rows that a newer run has written stay. */
// #region upsert
export async function upsert(
  connection: string,
  records: TransformedRecord[],
): Promise<number> {
  // #step Of two records with one key, the last stays
  const byId = new Map(records.map((r) => [r.id, r]));
  const rows = [...byId.values()];

  // #step One transaction, and no row of a newer run
  await using table = await open(connection);
  await table.query(
    `INSERT INTO ${table.name} AS t
       (id, data, processed_at, version)
     SELECT r->>'id', r->'data',
            (r#>>'{metadata,processed_at}')::timestamptz,
            r#>>'{metadata,version}'
     FROM jsonb_array_elements($1::jsonb) r
     ON CONFLICT (id) DO UPDATE SET data = excluded.data,
       processed_at = excluded.processed_at,
       version = excluded.version
     WHERE coalesce(
       t.processed_at <= excluded.processed_at, true)`,
    [JSON.stringify(rows)],
  );

  // #step A repeated batch replaces itself
  return records.length;
}
// #endregion upsert
