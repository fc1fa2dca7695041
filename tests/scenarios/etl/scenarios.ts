/** The scenarios of the ETL pipeline: one list, every language. */
import assert from 'node:assert/strict';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type {
  DataSource,
  DataTarget,
  ETLInput,
  ETLOutput,
  Progress,
} from '../../../examples/ts/etl/types.ts';
import type { Fault } from '../../../sandbox/api.ts';
import { contractOf } from '../../../sandbox/contract.ts';
import { table } from '../../../sandbox/data.ts';
import { january } from '../../../sandbox/demos/etl.ts';
import { run as command } from '../../../sandbox/processes.ts';
import { progressOf } from '../../../sandbox/progress.ts';
import { retryOf } from '../../../sandbox/retry.ts';
import { NOBODY, type Sandbox } from '../../../sandbox/sandbox.ts';
import { traceOf } from '../../../sandbox/secrets.ts';
import { contentsOf, duck, manifestOf, partsOf } from '../../../sandbox/warehouse.ts';
import type { Expected, Pipeline, Run, Scenario } from '../scenario.ts';

/** Where a run writes: a table or a folder, named after the run. */
interface Target {
  table: string;
  folder: string;
}
type EtlScenario = Scenario<ETLInput, ETLOutput, Target>;

const contract = contractOf('etl');

const FLIGHTS = 27_004;
const WEATHER = 26_115;
const PLANES = 3_322;
const JANUARY = FLIGHTS + WEATHER + PLANES;
const SOME = 5_000;
const SAMPLE = 500;

/** Golden digests of what a target holds, a database after January, parts after 5,000 flights: the same for every language. */
const DIGESTS = {
  database: 'f2f63a554c957c1ac4a91357814b810f',
  parts: 'eaba0d7f447d923ed89867773eeafb9f',
};

// ---- Where records come from and go to

const source = (
  source_id: string,
  source_type: DataSource['source_type'],
  connection_string: string,
): DataSource => ({
  source_id,
  source_type,
  connection_string,
});
const flights = (sandbox: Sandbox, name = 'flights_sample') =>
  source('flights', 'database', sandbox.database.url(name));
const weather = (sandbox: Sandbox, name = 'weather_sample') =>
  source('weather', 'api', sandbox.api.url(name));
const planes = (url = pathToFileURL(table('planes')).href) => source('planes', 'file', url);

function targetOf(target_type: DataTarget['target_type'], sandbox: Sandbox, target: Target): DataTarget {
  const folder = pathToFileURL(target.folder).href;
  return {
    target_type,
    connection_string: target_type === 'database' ? sandbox.database.url(target.table) : folder,
  };
}

interface Options {
  into?: DataTarget['target_type'];
  batch_size?: number;
  /** A CHECK constraint of the target table. */
  check?: string;
  keep_staging?: boolean;
  /** How the API answers: one fault a request, or the same for all. */
  api?: (Fault | undefined)[] | Fault;
}

/** A target of the run's own, and an input that reads `sources` into it. */
function reads(
  sources: (sandbox: Sandbox, run: string) => DataSource[] | Promise<DataSource[]>,
  options: Options = {},
) {
  const { into = 'database', batch_size = 100, check, api = [], keep_staging } = options;
  return async (sandbox: Sandbox, run: string): Promise<{ input: ETLInput } & Target> => {
    const target = { table: run, folder: await sandbox.newFolder(run) };
    await sandbox.database.createTarget(target.table, check);
    if (Array.isArray(api)) sandbox.api.fail(...api);
    else sandbox.api.failAlways(api);
    const input: ETLInput = {
      pipeline_id: 'january',
      sources: await sources(sandbox, run),
      target: targetOf(into, sandbox, target),
      batch_size,
      ...(keep_staging === undefined ? {} : { keep_staging }),
    };
    contract.input(input);
    return { input, ...target };
  };
}

/** A table of the sandbox's own, made by a query for its keys, read two rows at a time. */
function readsKeys(table: string, keys: string): EtlScenario['given'] {
  return reads(
    async (sandbox) => {
      await sandbox.database.query(`CREATE TABLE IF NOT EXISTS ${table} AS ${keys}`);
      await sandbox.database.query(`GRANT ALL ON ${table} TO etl`);
      return [flights(sandbox, table)];
    },
    { batch_size: 2 },
  );
}

// ---- How runs end

/** Virtual seconds, with room for what the wall clock adds to a small run; January needs more of it. */
const seconds = (from: number) => ({ from, to: from + 59 });

function loaded(records: number, duration_seconds = seconds(0)): Expected<ETLOutput> {
  return {
    output: {
      pipeline_id: 'january',
      total_records: records,
      successful_records: records,
      failed_records: 0,
      failed_batches: [],
      duration_seconds,
    },
  };
}

/** The sample of flights, but for one batch of a hundred: it is named, with the reason. */
function loadedBut(batch: string, reason: string): Expected<ETLOutput> {
  const uri = {
    asymmetricMatch: (found: unknown) => new RegExp(`/${batch}/[0-9a-f]{64}[.]ndjson$`).test(String(found)),
    toString: () => batch,
  };
  return {
    output: {
      pipeline_id: 'january',
      total_records: SAMPLE,
      successful_records: SAMPLE - 100,
      failed_records: 100,
      failed_batches: [{ uri: uri as unknown as string, reason }],
      duration_seconds: seconds(0),
    },
  };
}
const fails = (type: string, message: string): Expected<ETLOutput> => ({ failure: { type, message } });

const status = (code: number, headers?: Record<string, string>): Fault => ({
  kind: 'status',
  status: code,
  headers,
});

/** A hold on the API that the scenario releases. */
function gate(): { fault: Fault; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { fault: { kind: 'held', until: promise }, open: resolve };
}

/** Starts with the write of the 251st of 500 flights held, so that the run stands in the middle of its load. */
const HELD = 'flights/2013-01-01-EV-4277-EWR';
const heldInLoad: EtlScenario['given'] = async (sandbox, run) => {
  const given = await reads((w) => [flights(w)])(sandbox, run);
  await sandbox.database.hold(given.table, HELD);
  return given;
};
const untilHeld = (run: Run) => run.until('a load waits in the database', () => run.sandbox.database.held());

/** What the table of a run must hold. */
const holds =
  (records: number): EtlScenario['after'] =>
  async ({ sandbox }, target) => {
    assert.equal((await sandbox.database.contents(target.table)).records, records);
  };

/** The gate of the run under way. */
let weatherGate = gate();

/** The nth request of the weather is held at the gate. */
function heldWeather(
  request: number,
  sources: Parameters<typeof reads>[0],
  options: Options = {},
): EtlScenario['given'] {
  return (sandbox, run) => {
    weatherGate = gate();
    const api = [...Array(request - 1).fill(undefined), weatherGate.fault];
    return reads(sources, { ...options, api })(sandbox, run);
  };
}

/** Flights are staged while the weather, asked for before them, waits. */
const flightsFirst = heldWeather(1, (sandbox) => [weather(sandbox), flights(sandbox)]);

/** The parts in the folder of a run: those that its manifest names, and no other file. */
async function shownParts(sandbox: Sandbox, { folder }: Target): Promise<string[]> {
  const { run, parts } = await manifestOf(folder, 'january');
  assert.deepEqual(await sandbox.list(folder), [...parts, `${run}.manifest.json`].sort());
  return parts;
}

/** How many records the folder holds, and which. */
async function keysIn(folder: string): Promise<string[]> {
  const rows = await duck<{ id: string }>(`SELECT id FROM ${partsOf(folder, 'ndjson')} ORDER BY id`);
  return rows.map(({ id }) => id);
}

/** The file that is staged in a folder of a run's staging. */
async function stagedIn(run: Run, folder: string): Promise<string> {
  const { runId } = await run.handle.describe();
  const path = `${run.sandbox.folder}/staging/${runId}/${folder}`;
  const [name] = await readdir(path);
  return `${path}/${name}`;
}

/** Whether anything of a run is staged. */
async function isStaged(run: Run): Promise<boolean> {
  const { runId } = await run.handle.describe();
  return existsSync(`${run.sandbox.folder}/staging/${runId}`);
}

/** The nth of a list that has one. */
function nth<T>(list: T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`there is no ${index} in the list`);
  return found;
}

/** What a retry answers of which nothing failed, but for the counts. */
const ONE_RUN: ETLOutput = {
  ...{ pipeline_id: 'january', total_records: 0, successful_records: 0, failed_records: 0 },
  ...{ failed_batches: [], duration_seconds: 0 },
};

/** Loads what the run has left in staging, as `npm run pipeline -- etl --retry-failed` does. */
async function retried(run: Run): Promise<ETLOutput> {
  const { input } = await retryOf(run.temporal.client, run.handle.workflowId);
  contract.input(input);
  return { ...((await run.again(undefined, input)) as ETLOutput), duration_seconds: 0 };
}

/** A CSV of planes, of the run's own, read two at a time into a folder. */
const csvIntoFolder = (text: string, options: Options = {}): EtlScenario['given'] =>
  reads(async (sandbox, run) => [planes(await sandbox.write(`${run}.csv`, text))], {
    into: 'file',
    batch_size: 2,
    ...options,
  });
const FOUR = 'tailnum,year\nN1,1991\nN2,1992\nN3,1993\nN4,1994\n';

// ---- The list

const everyTarget: EtlScenario[] = [
  {
    alone: true,
    name: 'January into a database: 56,441 records, a history under 1 MiB, payloads under 256 KiB',
    given: reads(january, { batch_size: 1000 }),
    expected: loaded(JANUARY, { from: 0, to: 600 }),
    async after({ sandbox, histories }, target) {
      assert.deepEqual(await sandbox.database.contents(target.table), {
        records: JANUARY,
        digest: DIGESTS.database,
      });
      const [clock] = await sandbox.database.query(
        `SELECT count(*)::int AS flights,
           count(*) FILTER (WHERE date_trunc('hour', (data->>'sched_dep_time')::timestamptz)
             = (data->>'time_hour')::timestamptz)::int AS agree
         FROM ${target.table} WHERE id LIKE 'flights/%'`,
      );
      assert.deepEqual(
        clock,
        {
          flights: FLIGHTS,
          agree: FLIGHTS,
        },
        'New York time, checked by the data itself',
      );
      const [facts] = await histories();
      assert.ok(facts);
      assert.ok(facts.bytes < 1024 * 1024, `${facts.bytes} bytes`);
      assert.ok(facts.largestPayload < 256 * 1024, `${facts.largestPayload} largestPayload`);
      assert.ok(facts.events < 2000, `${facts.events} events`);
    },
  },
  {
    name: '5,000 flights into a warehouse of Parquet parts, one a batch',
    given: reads((sandbox) => [flights(sandbox, 'flights_some')], { into: 'warehouse', batch_size: 1000 }),
    expected: loaded(SOME),
    async after({ sandbox }, target) {
      assert.deepEqual(await contentsOf(target.folder, 'parquet'), {
        records: SOME,
        digest: DIGESTS.parts,
      });
      const parts = await shownParts(sandbox, target);
      assert.equal(parts.length, 5);
      assert.match(parts[0] ?? '', /^january\.\d{17}-[0-9a-f]{8}\.flights\.00001\.parquet$/);
    },
  },
  {
    name: '5,000 flights into a folder of NDJSON parts, one a batch',
    given: reads((sandbox) => [flights(sandbox, 'flights_some')], { into: 'file', batch_size: 1000 }),
    expected: loaded(SOME),
    async after({ sandbox }, target) {
      assert.deepEqual(await contentsOf(target.folder, 'ndjson'), {
        records: SOME,
        digest: DIGESTS.parts,
      });
      assert.equal((await shownParts(sandbox, target)).length, 5);
      const [first] = await duck<Record<string, string>>(
        `SELECT * FROM ${partsOf(target.folder, 'ndjson')} WHERE id = 'flights/2013-01-01-UA-1545-EWR'`,
      );
      assert.equal(first?.version, '1.0');
      assert.partialDeepStrictEqual(JSON.parse(first?.data ?? ''), {
        sched_dep_time: '2013-01-01T10:15:00Z',
        dep_time: '2013-01-01T10:17:00Z',
        time_hour: '2013-01-01T10:00:00Z',
        tailnum: 'N14228',
        air_time: 227,
      });
    },
  },
];

const folders: EtlScenario[] = [
  {
    name: 'four rows into a folder by two, then the same by four: it holds four',
    given: csvIntoFolder(FOUR),
    expected: loaded(4),
    async after(run, target) {
      assert.equal(await isStaged(run), false, 'what is loaded is staged no more');
      assert.equal((await shownParts(run.sandbox, target)).length, 2);
      await run.again(undefined, { ...target.input, batch_size: 4 });
      assert.equal((await shownParts(run.sandbox, target)).length, 1);
      assert.deepEqual(await keysIn(target.folder), ['planes/N1', 'planes/N2', 'planes/N3', 'planes/N4']);
    },
  },
  {
    name: 'staging that is to be kept is there when the run is over',
    given: csvIntoFolder(FOUR, { keep_staging: true }),
    expected: loaded(4),
    async after(run) {
      assert.equal(await isStaged(run), true);
    },
  },
  {
    name: 'a retry of one part of a folder: the parts that are there stay',
    given: csvIntoFolder(FOUR, { keep_staging: true }),
    expected: loaded(4),
    async after(run, target) {
      const { runId } = await run.handle.describe();
      const parts = await shownParts(run.sandbox, target);
      const uri = pathToFileURL(await stagedIn(run, 'planes/00002.clean')).href;
      const sha256 = /[0-9a-f]{64}/.exec(uri)?.[0] ?? '';
      const [processed_at = ''] =
        /\d{4}-\d\d-\d\dT[0-9:.]+Z/.exec(await readFile(fileURLToPath(uri), 'utf8')) ?? [];
      const retry = { run_id: runId, processed_at, loaded_parts: 1, batches: [{ uri, count: 2, sha256 }] };
      const again = await run.again(undefined, { ...target.input, retry });
      assert.equal((again as ETLOutput).successful_records, 2);
      assert.deepEqual(await shownParts(run.sandbox, target), parts);
      assert.deepEqual(await keysIn(target.folder), ['planes/N1', 'planes/N2', 'planes/N3', 'planes/N4']);
    },
  },
  {
    name: 'a source that shrank between two runs: the folder holds what is left',
    given: csvIntoFolder(FOUR),
    expected: loaded(4),
    async after(run, target) {
      const url = target.input.sources[0]?.connection_string ?? '';
      await writeFile(fileURLToPath(url), 'tailnum,year\nN3,1993\n');
      await run.again();
      assert.equal((await shownParts(run.sandbox, target)).length, 1);
      assert.deepEqual(await keysIn(target.folder), ['planes/N3']);
    },
  },
  {
    name: 'a run that is overtaken by a newer one: the folder keeps the newer, and the run says so',
    given: heldWeather(1, (sandbox) => [weather(sandbox)], { into: 'file' }),
    async during(run, target) {
      await run.until('the weather is asked for', () => run.sandbox.api.asked.length === 1);
      await run.again();
      const parts = await shownParts(run.sandbox, target);
      weatherGate.open();
      await run.temporal.settle(() => run.handle.result()).catch(() => {});
      assert.deepEqual((await manifestOf(target.folder, 'january')).parts, parts);
    },
    expected: fails('ValidationError', 'target: folder holds a newer run'),
  },
];

const apis: EtlScenario[] = [
  {
    name: 'API answers 503 twice, then well',
    given: reads((sandbox) => [weather(sandbox)], { api: [status(503), status(503)] }),
    expected: loaded(SAMPLE, seconds(3)),
    async after({ sandbox }, target) {
      assert.deepEqual(sandbox.api.asked.slice(0, 3), ['', '', '']);
      assert.equal((await sandbox.database.contents(target.table)).records, SAMPLE);
    },
  },
  {
    name: 'API answers 429 with Retry-After 3600: an hour is skipped, and the read resumes',
    given: reads((sandbox) => [weather(sandbox)], {
      api: [undefined, undefined, status(429, { 'retry-after': '3600' })],
    }),
    expected: loaded(SAMPLE, seconds(3600)),
    async after({ sandbox }) {
      const [, second, third, retried] = sandbox.api.asked;
      assert.ok([second, third].includes(retried));
    },
  },
  {
    name: 'API answers 429 without Retry-After: asked again after a second',
    given: reads((sandbox) => [weather(sandbox)], { api: [status(429)] }),
    expected: loaded(SAMPLE, seconds(1)),
  },
  {
    name: 'API answers 503 with Retry-After 3600: an hour is skipped, too',
    given: reads((sandbox) => [weather(sandbox)], { api: [status(503, { 'retry-after': '3600' })] }),
    expected: loaded(SAMPLE, seconds(3600)),
  },
  {
    name: 'API redirects to TLS, at a port that the worker may not talk to',
    given: reads((sandbox) => [weather(sandbox)], {
      api: [status(301, { location: 'https://127.0.0.1/weather' })],
    }),
    expected: fails('InvalidInput', 'source weather: host is not in PIPELINE_HOSTS'),
  },
  {
    name: 'API has an empty list: nothing to load',
    given: reads((sandbox) => [weather(sandbox, 'weather_none')]),
    expected: loaded(0),
  },
  {
    name: 'API answers 503 for good: after a day the run fails',
    given: reads((sandbox) => [weather(sandbox)], { api: status(503) }),
    expected: fails('Unavailable', 'source weather: API answered 503'),
    async after({ sandbox, handle }) {
      assert.ok(sandbox.api.asked.length > 280, `${sandbox.api.asked.length} requests`);
      const { startTime, closeTime } = await handle.describe();
      const hours = (Number(closeTime) - Number(startTime)) / 3_600_000;
      assert.ok(hours > 23 && hours < 25, `${hours} hours`);
    },
  },
  {
    name: 'API says no five times before it answers, and between pages: no attempt is held against it',
    given: reads((sandbox) => [weather(sandbox)], {
      api: [
        ...Array(5).fill(status(429)),
        ...Array(20)
          .fill([undefined, status(503)])
          .flat(),
      ],
    }),
    expected: loaded(SAMPLE, { from: 5, to: 3600 }),
    after: holds(SAMPLE),
  },
  {
    name: 'API gives the same page for ever: the cursor stands still',
    given: reads((sandbox) => [weather(sandbox)], { api: { kind: 'same page' } }),
    expected: fails('ValidationError', 'source weather: API: the cursor stands still'),
  },
  {
    name: 'API is not there at all',
    given: reads(() => [source('weather', 'api', `http://${NOBODY}/weather`)]),
    expected: fails('Unavailable', 'source weather: API did not answer'),
  },
  {
    name: 'API does not know the list: final',
    given: reads((sandbox) => [weather(sandbox, 'nowhere')]),
    expected: fails('ValidationError', 'source weather: API answered 404'),
  },
  {
    name: 'API answers half a JSON text once',
    given: reads((sandbox) => [weather(sandbox)], { api: [undefined, { kind: 'truncated' }] }),
    expected: loaded(SAMPLE, seconds(1)),
    after: holds(SAMPLE),
  },
  {
    name: 'API answers half of what it has zipped, once',
    given: reads((sandbox) => [weather(sandbox)], { api: [undefined, { kind: 'half a gzip' }] }),
    expected: loaded(SAMPLE, seconds(1)),
    after: holds(SAMPLE),
  },
  {
    name: 'API answers half a JSON text for good',
    given: reads((sandbox) => [weather(sandbox)], { api: { kind: 'truncated' } }),
    expected: fails('Malformed', 'source weather: API answered broken JSON'),
  },
  {
    name: 'API answers JSON of another shape: final',
    given: reads((sandbox) => [weather(sandbox)], { api: { kind: 'wrong shape' } }),
    expected: fails('ValidationError', 'source weather: API answered JSON without records'),
    async after({ sandbox }) {
      assert.equal(sandbox.api.asked.length, 1);
    },
  },
];

const databases: EtlScenario[] = [
  {
    name: 'database stopped during load, then started: nothing is lost',
    alone: true,
    given: heldInLoad,
    async during(run) {
      await untilHeld(run);
      await run.sandbox.database.interrupt();
      await run.until('the load is tried again', async () => (await run.attempt('LoadData')) >= 2);
      await run.temporal.advance('2 seconds');
      await run.until('and once more', async () => (await run.attempt('LoadData')) >= 3);
      await run.sandbox.database.resume();
    },
    expected: loaded(SAMPLE, seconds(2)),
    after: holds(SAMPLE),
  },
  {
    name: 'one batch rejected by a CHECK constraint: it alone fails, and is named',
    given: reads((sandbox) => [flights(sandbox)], { check: `id <> '${HELD}'` }),
    expected: loadedBut('flights/00003.clean', 'database refused: 23514 (rule)'),
    async after(run, target) {
      await holds(SAMPLE - 100)?.(run, target);
      assert.equal(await isStaged(run), true, 'what failed stays staged');
    },
  },
  {
    name: 'a batch that a rule rejected, and the rule goes: a retry loads that batch alone, and reads nothing',
    given: reads((sandbox) => [flights(sandbox)], { check: `id <> '${HELD}'` }),
    expected: loadedBut('flights/00003.clean', 'database refused: 23514 (rule)'),
    async after(run, target) {
      const { database } = run.sandbox;
      await database.query(`ALTER TABLE ${target.table} DROP CONSTRAINT rule`);
      await database.query(`UPDATE ${target.table} SET version = 'left alone'`);
      assert.deepEqual(await retried(run), { ...ONE_RUN, total_records: 100, successful_records: 100 });
      await holds(SAMPLE)?.(run, target);
      const [row] = await database.query(
        `SELECT count(*) FILTER (WHERE version = '1.0')::int AS loaded,
                count(DISTINCT processed_at)::int AS runs FROM ${target.table}`,
      );
      assert.deepEqual(row, { loaded: 100, runs: 1 }, 'stamped as by the run that staged it');
      assert.equal(await isStaged(run), false, 'nothing failed: it need not be staged any more');
    },
  },
  {
    name: 'a batch that is rejected again by a retry: it stays staged for another',
    given: reads((sandbox) => [flights(sandbox)], { check: `id <> '${HELD}'` }),
    expected: loadedBut('flights/00003.clean', 'database refused: 23514 (rule)'),
    async after(run, target) {
      const { failed_batches, ...counts } = await retried(run);
      assert.deepEqual(
        { ...counts, failed_batches: [] },
        { ...ONE_RUN, total_records: 100, failed_records: 100 },
      );
      assert.equal(nth(failed_batches, 0).reason, 'database refused: 23514 (rule)');
      await run.sandbox.database.query(`ALTER TABLE ${target.table} DROP CONSTRAINT rule`);
      const { input } = await retryOf(run.temporal.client, `${run.handle.workflowId}_again`);
      assert.equal(input.retry?.loaded_parts, 4);
      assert.equal((await retried(run)).successful_records, 100);
    },
  },
  {
    name: 'database away for good during load: after a day the run fails, and says how much is loaded',
    alone: true,
    given: heldInLoad,
    async during(run) {
      await untilHeld(run);
      await run.sandbox.database.interrupt();
    },
    expected: fails('Unavailable', 'target: database did not answer (200 of 500 records loaded)'),
    async after(run, target) {
      await run.sandbox.database.resume();
      assert.equal((await run.sandbox.database.contents(target.table)).records, 200);
      assert.deepEqual(await retried(run), { ...ONE_RUN, total_records: 300, successful_records: 300 });
      await holds(SAMPLE)?.(run, target);
    },
  },
  {
    name: 'database without the table: final',
    given: reads((sandbox) => [flights(sandbox, 'nowhere')]),
    expected: fails('ValidationError', 'source flights: database refused: 42P01'),
  },
  {
    name: 'an empty table: nothing to load',
    given: readsKeys('empty', "SELECT 'A' AS id WHERE false"),
    expected: loaded(0),
  },
  {
    name: 'a table named order, keys that are numbers, numbers that no double holds: all arrive as they left',
    given: reads(
      async (sandbox) => {
        await sandbox.database.query(
          `CREATE TABLE IF NOT EXISTS "order" AS SELECT 9007199254740990 + n AS id, n AS t,
             1533947986218845197 AS large, 0.1234567890123456789 AS fine FROM generate_series(1, 25) n`,
        );
        await sandbox.database.query('GRANT ALL ON "order" TO etl');
        return [flights(sandbox, 'public.order')];
      },
      { batch_size: 10 },
    ),
    expected: loaded(25),
    async after({ sandbox }, target) {
      const rows = await sandbox.database.query(
        `SELECT count(*)::int AS records, count(DISTINCT id)::int AS keys, max(id) AS last,
           min(data->>'large') AS large, min(data->>'fine') AS fine FROM ${target.table}`,
      );
      assert.deepEqual(rows, [
        {
          ...{ records: 25, keys: 25, last: 'flights/9007199254741015' },
          ...{ large: '1533947986218845197', fine: '0.1234567890123456789' },
        },
      ]);
    },
  },
  {
    name: 'a view that cannot be computed: final, with the code of the database',
    given: reads(async (sandbox) => {
      await sandbox.database.query(
        `CREATE OR REPLACE VIEW shares AS
           SELECT n::text AS id, 100 / (n - 3) AS share FROM generate_series(1, 3) n`,
      );
      await sandbox.database.query('GRANT ALL ON shares TO etl');
      return [flights(sandbox, 'shares')];
    }),
    expected: fails('ValidationError', 'source flights: database refused: 22012'),
  },
  {
    name: 'a key that is there twice: final',
    given: readsKeys('twice', "SELECT 'A' AS id FROM generate_series(1, 3) UNION ALL SELECT 'B'"),
    expected: fails('ValidationError', 'source flights: key is not unique'),
  },
  {
    name: 'a record without a key: final',
    given: readsKeys('keyless', "SELECT 'A' AS id UNION ALL SELECT NULL"),
    expected: fails('ValidationError', 'source flights: a record has no key'),
  },
  {
    name: 'a record whose key is empty: final',
    given: readsKeys('emptykey', "SELECT 'A' AS id UNION ALL SELECT ''"),
    expected: fails('ValidationError', 'source flights: a record has no key'),
  },
  {
    name: 'a file with a key twice in one batch: the last one stays',
    given: reads(async (sandbox, run) => [
      planes(await sandbox.write(`${run}.csv`, 'tailnum,year\nN1,1999\nN1,2000\n')),
    ]),
    expected: loaded(2),
    async after({ sandbox }, target) {
      const rows = await sandbox.database.query(`SELECT id, data FROM ${target.table}`);
      assert.deepEqual(rows, [{ id: 'planes/N1', data: { year: 2000 } }]);
    },
  },
  {
    name: 'a source that changed between two runs: the target has the new values',
    given: reads(async (sandbox, run) => [
      planes(await sandbox.write(`${run}.csv`, 'tailnum,year\nN1,1999\nN2,1999\n')),
    ]),
    expected: loaded(2),
    async after(run, target) {
      const url = target.input.sources[0]?.connection_string ?? '';
      await writeFile(fileURLToPath(url), 'tailnum,year\nN1,2000\nN2,1999\n');
      await run.again();
      const rows = await run.sandbox.database.query(
        `SELECT id, data->'year' AS year FROM ${target.table} ORDER BY id`,
      );
      assert.deepEqual(rows, [
        { id: 'planes/N1', year: 2000 },
        { id: 'planes/N2', year: 1999 },
      ]);
    },
  },
  {
    name: 'a run that is overtaken by a newer one: the values of the newer stay',
    given: heldWeather(1, async (sandbox, run) => [
      weather(sandbox),
      planes(await sandbox.write(`${run}.csv`, 'tailnum,year\nN1,1999\n')),
    ]),
    async during(run, { input }) {
      const both = async () =>
        run.sandbox.api.asked.length === 1 && (await run.progress<Progress>()).processed === 1;
      await run.until('the planes are staged, the weather is asked for', both);
      const url = input.sources[1]?.connection_string ?? '';
      await writeFile(fileURLToPath(url), 'tailnum,year\nN1,2000\n');
      await run.again();
      weatherGate.open();
    },
    expected: loaded(SAMPLE + 1),
    async after({ sandbox }, target) {
      const rows = await sandbox.database.query(
        `SELECT data->'year' AS year FROM ${target.table} WHERE id = 'planes/N1'`,
      );
      assert.deepEqual(rows, [{ year: 2000 }]);
    },
  },
  {
    name: 'the same run twice leaves the target as it was',
    given: reads((sandbox) => [flights(sandbox)]),
    expected: loaded(SAMPLE),
    async after(run, target) {
      const before = await run.sandbox.database.contents(target.table);
      assert.partialDeepStrictEqual(await run.again(), { successful_records: SAMPLE });
      assert.deepEqual(await run.sandbox.database.contents(target.table), before);
    },
  },
  {
    name: 'every record bears one and the same time: that of the workflow',
    given: reads((sandbox) => [flights(sandbox)]),
    expected: loaded(SAMPLE),
    async after({ sandbox, handle }, target) {
      const [stamps] = await sandbox.database.query<{ times: number; time: Date }>(
        `SELECT count(DISTINCT processed_at)::int AS times, min(processed_at) AS time FROM ${target.table}`,
      );
      const { startTime } = await handle.describe();
      assert.equal(stamps?.times, 1);
      const behind = Number(stamps.time) - Number(startTime);
      assert.ok(behind >= 0 && behind < 60_000, `${behind} ms behind the start`);
    },
  },
];

/** The header of a CSV of departures. */
const DEPARTURE = 'id,year,month,day,sched_dep_time';

const files: EtlScenario[] = [
  {
    name: 'missing file',
    given: reads(({ folder }) => [planes(pathToFileURL(`${folder}/no/such/planes.csv`).href)]),
    expected: fails('Unavailable', 'source planes: file cannot be read'),
  },
  {
    name: 'a pipe instead of a file: nobody waits at it',
    async given(sandbox, run) {
      const pipe = `${await sandbox.newFolder('pipes')}/${run}`;
      await command('mkfifo', [pipe]);
      return reads(() => [planes(pathToFileURL(pipe).href)])(sandbox, run);
    },
    expected: fails('Unavailable', 'source planes: file cannot be read'),
  },
  {
    name: 'a table whose name is SQL: it is a name all the same',
    async given(sandbox, run) {
      const given = await reads(() => [weather(sandbox)])(sandbox, run);
      const table = '"odd""; DROP TABLE flights; --"';
      await sandbox.database.createTarget(table);
      const connection_string = sandbox.database.url(encodeURIComponent(table));
      const target: DataTarget = { target_type: 'database', connection_string };
      return { ...given, table, input: { ...given.input, target } };
    },
    expected: loaded(SAMPLE),
    after: holds(SAMPLE),
  },
  {
    name: 'a file that arrives late',
    given: reads((sandbox, run) => [planes(pathToFileURL(`${sandbox.folder}/${run}.csv`).href)], {
      batch_size: 1000,
    }),
    async during(run, { input }) {
      await run.until('a second attempt', async () => (await run.attempt('ExtractData')) >= 2);
      const url = input.sources[0]?.connection_string ?? '';
      await writeFile(fileURLToPath(url), await readFile(table('planes')));
    },
    expected: loaded(PLANES, seconds(1)),
    after: holds(PLANES),
  },
  {
    name: 'staging fails in the middle of a file: the read resumes, what is staged stands',
    given: reads((sandbox, run) => [planes(pathToFileURL(`${sandbox.folder}/${run}.csv`).href)], {
      batch_size: 1000,
      keep_staging: true,
    }),
    async during(run, { input }) {
      const { first, third } = await twoPartsStaged(run, input, await readFile(table('planes')));
      const before = (await stat(first)).mtimeMs;
      await run.until('a third attempt', async () => (await run.attempt('ExtractData')) >= 3);
      await rm(third);
      await run.temporal.settle(() => run.handle.result());
      assert.equal((await stat(first)).mtimeMs, before);
    },
    expected: loaded(PLANES, seconds(3)),
    after: holds(PLANES),
  },
  {
    name: 'a file that gets shorter while it is read: what is staged stands, and there is no more',
    given: reads((sandbox, run) => [planes(pathToFileURL(`${sandbox.folder}/${run}.csv`).href)], {
      batch_size: 2,
    }),
    async during(run, { input }) {
      const lines = 'tailnum,year\nN1,1999\nN2,1999\nN3,1999\nN4,1999\nN5,1999\n';
      const { file } = await twoPartsStaged(run, input, lines);
      await run.until('a third attempt', async () => (await run.attempt('ExtractData')) >= 3);
      await writeFile(`${file}.short`, 'tailnum,year\nN1,1999\n');
      await rename(`${file}.short`, file);
    },
    expected: loaded(4, seconds(3)),
    after: holds(4),
  },
  {
    name: 'torn CSV line: final, and the line is named',
    given: reads(async (sandbox, run) => {
      const lines = (await readFile(table('planes'), 'utf8')).split('\n');
      const torn = `${lines.slice(0, 1200).join('\n')}\n${lines[1200]?.slice(0, 20)}`;
      return [planes(await sandbox.write(`${run}.csv`, torn))];
    }),
    expected: fails('ValidationError', 'source planes: CSV line 1201 is torn'),
  },
  {
    name: 'a CSV line without a key: final, and the line is named',
    given: reads(async (sandbox, run) => [
      planes(await sandbox.write(`${run}.csv`, 'tailnum,year\nN1,1999\n,2000\n')),
    ]),
    expected: fails('ValidationError', 'source planes: CSV line 3 has no key'),
  },
  {
    name: 'a number that is none: final, and the record is named',
    given: reads(async (sandbox, run) => [
      planes(await sandbox.write(`${run}.csv`, 'tailnum,year\nN1,1999\nN2,soon\n')),
    ]),
    expected: fails('ValidationError', 'transform: planes/N2: year is not a number'),
  },
  {
    name: 'a target folder that cannot be written: after a day the run fails, and says how much is loaded',
    given: async (sandbox, run) => {
      const given = await reads(() => [planes()], { into: 'file', batch_size: 1000 })(sandbox, run);
      await rm(given.folder, { recursive: true });
      await writeFile(given.folder, 'a file where the folder should be');
      return given;
    },
    expected: fails('Unavailable', 'target: folder cannot be written (0 of 3322 records loaded)'),
    async after(run, target) {
      await rm(target.folder);
      assert.deepEqual(await retried(run), { ...ONE_RUN, total_records: 3322, successful_records: 3322 });
      assert.equal((await shownParts(run.sandbox, target)).length, 4);
      assert.equal((await keysIn(target.folder)).length, 3322);
    },
  },
  {
    name: 'a clock that is none: final, and the record is named',
    given: reads(async (sandbox, run) => [
      planes(await sandbox.write(`${run}.csv`, `${DEPARTURE}\nF1,2013,1,1,soon\n`)),
    ]),
    expected: fails('ValidationError', 'transform: planes/F1: sched_dep_time is not a number'),
  },
  {
    name: 'a clock without its year: final, and the record is named',
    given: reads(async (sandbox, run) => [
      planes(await sandbox.write(`${run}.csv`, `${DEPARTURE}\nF1,NA,1,1,517\n`)),
    ]),
    expected: fails('ValidationError', 'transform: planes/F1: year is not a number'),
  },
  {
    name: 'a clock that shows 75 minutes: final, and the record is named',
    given: reads(async (sandbox, run) => [
      planes(await sandbox.write(`${run}.csv`, `${DEPARTURE}\nF1,2013,1,1,1275\n`)),
    ]),
    expected: fails('ValidationError', 'transform: planes/F1: sched_dep_time is not a time'),
  },
  {
    name: 'a delay of half a minute: final, and the record is named',
    given: reads(async (sandbox, run) => [
      planes(await sandbox.write(`${run}.csv`, `${DEPARTURE},dep_delay\nF1,2013,1,1,517,2.5\n`)),
    ]),
    expected: fails('ValidationError', 'transform: planes/F1: dep_delay is not a delay'),
  },
  {
    name: 'a delay beyond the year 9999: final, and the record is named',
    given: reads(async (sandbox, run) => [
      planes(await sandbox.write(`${run}.csv`, `${DEPARTURE},dep_delay\nF1,9999,12,31,1200,720\n`)),
    ]),
    expected: fails('ValidationError', 'transform: planes/F1: sched_dep_time is not a time'),
  },
  {
    name: 'a folder where the file should be',
    given: reads(async (sandbox, run) => [planes(pathToFileURL(await sandbox.newFolder(`${run}.csv`)).href)]),
    expected: fails('Unavailable', 'source planes: file cannot be read'),
  },
  {
    name: 'a file with a header alone: nothing to load',
    given: reads(async (sandbox, run) => [planes(await sandbox.write(`${run}.csv`, 'tailnum,year\n'))]),
    expected: loaded(0),
  },
  {
    name: 'staging that cannot be written',
    given: heldWeather(1, (sandbox) => [weather(sandbox)]),
    async during(run) {
      await run.until('the weather is asked for', () => run.sandbox.api.asked.length === 1);
      const { runId } = await run.handle.describe();
      await writeFile(
        `${await run.sandbox.newFolder('staging')}/${runId}`,
        'a file where a folder should be',
      );
      weatherGate.open();
    },
    expected: fails('Unavailable', 'source weather: folder cannot be written'),
  },
  {
    name: 'staging that others may enter: refused',
    given: heldWeather(1, (sandbox) => [weather(sandbox)]),
    async during(run) {
      await run.until('the weather is asked for', () => run.sandbox.api.asked.length === 1);
      const { runId } = await run.handle.describe();
      await run.sandbox.newFolder(`staging/${runId}`);
      weatherGate.open();
    },
    expected: fails('InvalidInput', 'source weather: STAGING_URL: is not ours alone'),
  },
  {
    name: 'staging behind a link: refused, and nothing is written there',
    given: heldWeather(1, (sandbox) => [weather(sandbox)]),
    async during(run) {
      await run.until('the weather is asked for', () => run.sandbox.api.asked.length === 1);
      const { runId } = await run.handle.describe();
      const elsewhere = await mkdtemp(join(run.sandbox.folder, 'elsewhere-'));
      await symlink(elsewhere, join(await run.sandbox.newFolder('staging'), runId));
      weatherGate.open();
    },
    expected: fails('InvalidInput', 'source weather: STAGING_URL: is not ours alone'),
    async after({ sandbox, handle }) {
      const { runId } = await handle.describe();
      const staged = await readdir(join(sandbox.folder, 'staging', runId), { recursive: true });
      assert.deepEqual(
        staged.filter((name) => name.includes('.ndjson')),
        [],
      );
    },
  },
  {
    name: 'staged rows are for the eyes of their user alone',
    given: heldInLoad,
    async during(run, target) {
      await untilHeld(run);
      const { runId } = await run.handle.describe();
      const staged = join(run.sandbox.folder, 'staging', runId);
      for (const name of ['.', ...(await readdir(staged, { recursive: true }))]) {
        const { mode } = await stat(join(staged, name));
        assert.equal(mode & 0o077, 0, `${name}: ${mode.toString(8)}`);
      }
      await run.sandbox.database.release(target.table);
    },
    expected: loaded(SAMPLE),
  },
  {
    name: 'a clean batch that was changed: it alone fails, and is named',
    given: heldInLoad,
    async during(run, target) {
      await untilHeld(run);
      await writeFile(await stagedIn(run, 'flights/00005.clean'), '{}\n');
      await run.sandbox.database.release(target.table);
    },
    expected: loadedBut('flights/00005.clean', 'staged batch was changed'),
    after: holds(SAMPLE - 100),
  },
  {
    name: 'a staged batch that was changed: final',
    given: flightsFirst,
    async during(run) {
      await tamper(run, (file) => writeFile(file, '{}\n'));
    },
    expected: fails('ValidationError', 'transform: staged batch was changed'),
  },
  {
    name: 'a staged batch that is gone',
    given: flightsFirst,
    async during(run) {
      await tamper(run, (file) => rm(file));
    },
    expected: fails('Unavailable', 'transform: staged batch cannot be read'),
  },
];

/** Writes the source file, which the run waits for. Staging fails at its third part, while there is a file in the place of its folder. */
async function twoPartsStaged(
  run: Run,
  input: ETLInput,
  body: string | Buffer,
): Promise<{ file: string; first: string; third: string }> {
  const { runId } = await run.handle.describe();
  const staged = `${run.sandbox.folder}/staging/${runId}/planes`;
  const third = `${staged}/00003.raw`;
  const file = fileURLToPath(nth(input.sources, 0).connection_string);
  await run.until('a second attempt', async () => (await run.attempt('ExtractData')) >= 2);
  await mkdir(staged, { recursive: true, mode: 0o700 });
  await writeFile(third, 'a file where a folder should be');
  await writeFile(file, body);
  await run.until('two parts are staged', () => existsSync(`${staged}/00002.raw`));
  return { file, first: await stagedIn(run, 'planes/00001.raw'), third };
}

/** Does something to the first staged batch of the flights, then lets the weather through. */
async function tamper(run: Run, change: (file: string) => Promise<void>): Promise<void> {
  await run.until(
    'the flights are staged',
    async () => (await run.progress<Progress>()).processed === SAMPLE,
  );
  await change(await stagedIn(run, 'flights/00001.raw'));
  weatherGate.open();
}

const kills: EtlScenario[] = [
  {
    name: 'worker killed in the middle of extract: it resumes, every record once',
    crashes: true,
    given: heldWeather(3, (sandbox) => [weather(sandbox)]),
    async during(run) {
      await run.until('the third page is asked for', () => run.sandbox.api.asked.length === 3);
      await run.crash(weatherGate.open);
      await run.temporal.outlast('2 minutes');
    },
    expected: loaded(SAMPLE, { from: 60, to: 180 }),
    async after(run, target) {
      const [, second, third, retried] = run.sandbox.api.asked;
      assert.ok([second, third].includes(retried));
      assert.equal((await run.sandbox.database.contents(target.table)).records, SAMPLE);
    },
  },
  {
    name: 'worker killed in the middle of load: every record once',
    crashes: true,
    given: heldInLoad,
    async during(run, target) {
      await untilHeld(run);
      await run.crash(() => run.sandbox.database.release(target.table));
      await run.temporal.outlast('2 minutes');
    },
    expected: loaded(SAMPLE, { from: 60, to: 180 }),
    after: holds(SAMPLE),
  },
  {
    name: 'a page that takes long: the attempt says that it is alive',
    given: heldWeather(2, (sandbox) => [weather(sandbox)]),
    async during(run) {
      await run.until('the second page is asked for', () => run.sandbox.api.asked.length === 2);
      const first = await run.heartbeatAt('ExtractData');
      await run.until('it is heard of', async () => (await run.heartbeatAt('ExtractData')) > first);
      const second = await run.heartbeatAt('ExtractData');
      await run.until('and again', async () => (await run.heartbeatAt('ExtractData')) > second);
      weatherGate.open();
    },
    expected: loaded(SAMPLE),
    after: holds(SAMPLE),
  },
  {
    name: 'cancelled in the middle of load: the write is stopped, then it ends as cancelled',
    alone: true,
    given: heldInLoad,
    async during(run, target) {
      await untilHeld(run);
      await run.handle.cancel();
      const state = async () => (await run.handle.describe()).status.name;
      await run.until('it has ended', async () => (await state()) === 'CANCELLED');
      assert.ok(!(await run.sandbox.database.held()), 'nothing waits in the database');
      await run.sandbox.database.release(target.table);
    },
    expected: { cancelled: true },
    after: holds(200),
  },
  {
    name: 'cancelled while the API keeps it waiting: the request is given up, and no other is made',
    alone: true,
    given: heldWeather(3, (sandbox) => [weather(sandbox)]),
    async during(run) {
      const { api } = run.sandbox;
      await run.until('the third page is asked for', () => api.asked.length === 3);
      const cancelled = Date.now();
      await run.handle.cancel();
      await run.until('the request is given up', () => api.givenUp === 1);
      assert.ok(Date.now() - cancelled < WELL_BEFORE_TIMEOUT_MS, 'not by its own timeout');
      assert.equal(api.asked.length, 3);
      weatherGate.open();
    },
    expected: { cancelled: true },
    after: holds(0),
  },
  {
    name: 'cancelled in the middle of a long file: no more of it is staged',
    alone: true,
    given: reads(
      async (sandbox, run) => {
        const lines = Array.from({ length: LONG }, (_, i) => `N${i},${i % 2000}\n`);
        return [planes(await sandbox.write(`${run}.csv`, `tailnum,year\n${lines.join('')}`))];
      },
      { batch_size: 10_000 },
    ),
    async during(run) {
      const { runId } = await run.handle.describe();
      const parts = () => run.sandbox.list(`${run.sandbox.folder}/staging/${runId}/planes`);
      await run.until('the first part is staged', async () => (await parts()).length > 0);
      await run.handle.cancel();
      await run.until('the attempt has ended', async () => {
        const before = await parts();
        await sleep(1000);
        return (await parts()).length === before.length;
      });
      assert.ok((await parts()).length < LONG / 10_000, 'it stopped before the end');
    },
    expected: { cancelled: true },
    after: holds(0),
  },
];
/** Rows of a file that takes some seconds to read. */
const LONG = 1_400_000;
/** A request of a connector times out after half a minute. */
const WELL_BEFORE_TIMEOUT_MS = 15_000;

const questions: EtlScenario[] = [
  {
    name: 'progress asked in the middle of extract',
    given: heldWeather(3, (sandbox) => [weather(sandbox), flights(sandbox)]),
    async during(run) {
      await run.until(
        'the flights are staged',
        async () => (await run.progress<Progress>()).processed === SAMPLE,
      );
      assert.deepEqual(await run.progress<Progress>(), { phase: 'extract', processed: SAMPLE, total: 0 });
      const pages = async () => (await progressOf<Progress>(run.handle)).processed;
      await run.until('its pages are counted, too', async () => (await pages()) === SAMPLE + 200);
      weatherGate.open();
    },
    expected: loaded(2 * SAMPLE),
  },
  {
    name: 'progress asked in the middle of load, and at the end',
    given: heldInLoad,
    async during(run, target) {
      await untilHeld(run);
      assert.deepEqual(await run.progress<Progress>(), { phase: 'load', processed: 200, total: SAMPLE });
      await run.sandbox.database.release(target.table);
    },
    expected: loaded(SAMPLE),
    async after(run) {
      assert.deepEqual(await run.progress<Progress>(), { phase: 'done', processed: SAMPLE, total: SAMPLE });
    },
  },
  {
    name: 'no secret anywhere in the history: names alone',
    given: reads((sandbox) => [flights(sandbox), weather(sandbox)]),
    expected: loaded(2 * SAMPLE),
    async after({ sandbox, histories }) {
      const text = (await histories()).map((facts) => facts.text).join();
      for (const name of ['PG_PASSWORD', 'API_TOKEN'] as const) {
        assert.ok(text.includes(`\${${name}}`), `${name} by name`);
        assert.ok(!text.includes(traceOf(sandbox.secrets[name])), `the value of ${name}`);
      }
    },
  },
];

// ---- Bad input: the workflow fails at once, in the same words everywhere

type Spoil = (input: Record<string, unknown> & ETLInput, sandbox: Sandbox) => unknown;

const ROOTS_RULE = 'path is not under PIPELINE_ROOTS';

/** A link in a folder, as a URL. */
function linkIn(folder: string, name: string, target: string): string {
  const link = join(folder, name);
  rmSync(link, { force: true });
  symlinkSync(target, link);
  return pathToFileURL(link).href;
}

function refused(name: string, spoil: Spoil, message: string): EtlScenario {
  return {
    name: `bad input: ${name}`,
    together: true,
    async given(sandbox, run) {
      const given = await reads((w) => [flights(w), weather(w)])(sandbox, run);
      const input = structuredClone(given.input) as Record<string, unknown> & ETLInput;
      const spoiled = spoil(input, sandbox);
      // How far another source comes before this one fails would be chance.
      const [, named] = /^source (\w+):/.exec(message) ?? [];
      if (named) input.sources = input.sources.filter(({ source_id }) => source_id === named);
      return { ...given, input: (spoiled === undefined ? input : spoiled) as ETLInput };
    },
    expected: fails('InvalidInput', message),
    async after({ handle }) {
      const { events } = await handle.fetchHistory();
      const scheduled = events?.filter((event) => event.activityTaskScheduledEventAttributes);
      if (/^(?!source |target: )/.test(message)) assert.equal(scheduled?.length, 0, 'no activity is tried');
      const read = scheduled?.some(
        (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'ExtractData',
      );
      if (/^target: /.test(message)) assert.ok(!read, 'nothing is read');
    },
  };
}

const put = (part: object, fields: Record<string, unknown>): void => {
  Object.assign(part, fields);
};

const RETRY = {
  run_id: '01234567-89ab-cdef-0123-456789abcdef',
  processed_at: '2013-01-01T00:00:00.000Z',
  batches: [{ uri: 'file:///etc/passwd', count: 1, sha256: '0'.repeat(64) }],
};
const NAME_RULE = 'must be letters, digits, "-" or "_"';
const SIZE_RULE = 'must be a whole number from 1 to 10000';
const SECRET_RULE = 'must not hold a secret: write ${NAME} for it';

const badInputs: EtlScenario[] = [
  {
    name: 'bad input: batches too many for a history, of two sources together',
    given: reads((sandbox) => [flights(sandbox), weather(sandbox)], { batch_size: 6 }),
    expected: fails('InvalidInput', 'batch_size: makes more than 150 batches'),
  },
  refused(
    '51 sources',
    (input) =>
      put(input, {
        sources: Array.from({ length: 51 }, (_, i) => ({ ...nth(input.sources, 0), source_id: `s${i}` })),
      }),
    'sources: must hold at most 50 sources',
  ),
  refused(
    'a file URL with a host',
    (input) => put(input, { sources: [planes('file://data/planes.csv')] }),
    'source planes: connection_string: must be a file URL',
  ),
  refused('no sources', (input) => put(input, { sources: [] }), 'sources: must hold at least one source'),
  refused(
    'sources left out',
    (input) => void delete (input as Partial<ETLInput>).sources,
    'sources: must hold at least one source',
  ),
  refused('batch_size 0', (input) => put(input, { batch_size: 0 }), `batch_size: ${SIZE_RULE}`),
  refused('batch_size 10,001', (input) => put(input, { batch_size: 10_001 }), `batch_size: ${SIZE_RULE}`),
  refused(
    'batch_size left out',
    (input) => void delete (input as Partial<ETLInput>).batch_size,
    `batch_size: ${SIZE_RULE}`,
  ),
  refused(
    'batch_size a text',
    (input) => put(input, { batch_size: 'many' }),
    'batch_size: has the wrong type',
  ),
  refused(
    'keep_staging a text',
    (input) => put(input, { keep_staging: 'yes' }),
    'keep_staging: has the wrong type',
  ),
  refused(
    'a retry of a run whose id is a path',
    (input) => put(input, { retry: { ...RETRY, run_id: '../../january' } }),
    'retry: has the wrong type',
  ),
  refused(
    'a retry without batches',
    (input) => put(input, { retry: { ...RETRY, batches: [] } }),
    'retry: has the wrong type',
  ),
  refused(
    'a retry of a batch outside of staging',
    (input) => put(input, { retry: RETRY }),
    'target: batch: is not in staging (0 of 1 records loaded)',
  ),
  refused('batch_size 1.5', (input) => put(input, { batch_size: 1.5 }), 'batch_size: has the wrong type'),
  refused(
    'source_id a number',
    (input) => put(nth(input.sources, 0), { source_id: 7 }),
    'sources: has the wrong type',
  ),
  refused('the whole input a text', () => 'all of it', 'input: has the wrong type'),
  refused('pipeline_id empty', (input) => put(input, { pipeline_id: '' }), `pipeline_id: ${NAME_RULE}`),
  refused(
    'source_id with a slash',
    (input) => put(nth(input.sources, 0), { source_id: '../flights' }),
    `sources[0].source_id: ${NAME_RULE}`,
  ),
  refused(
    'duplicate source_id',
    (input) => put(nth(input.sources, 1), { source_id: 'flights' }),
    'sources[1].source_id: must not be used twice',
  ),
  refused(
    'unknown source type',
    (input) => put(nth(input.sources, 1), { source_type: 'ftp' }),
    'sources[1].source_type: must be database, api or file',
  ),
  refused(
    'unknown target type',
    (input) => put(input.target, { target_type: 'moon' }),
    'target.target_type: must be database, warehouse or file',
  ),
  refused(
    'target left out',
    (input) => void delete (input as Partial<ETLInput>).target,
    'target.target_type: must be database, warehouse or file',
  ),
  refused(
    'a literal password',
    (input) =>
      put(nth(input.sources, 0), { connection_string: 'postgres://etl:hunter2@127.0.0.1/nyc?table=flights' }),
    `sources[0].connection_string: ${SECRET_RULE}`,
  ),
  refused(
    'a literal token',
    (input) => put(input.target, { connection_string: 'http://127.0.0.1/weather?token=hunter2' }),
    `target.connection_string: ${SECRET_RULE}`,
  ),
  ...[
    ...['http://h/w?access_token=hunter2', 'http://h/w?api_key=hunter2', 'http://h/w?key=hunter2'],
    ...['http://h/w?Token=hunter2', 'http://h/w?%74oken=hunter2', 'http://h/w?a=1;sig=hunter2'],
    ...['http://h/w?X-Amz-Signature=hunter2', 'http://h/w?clientSecret=hunter2', 'HTTPS://hunter2@h/w'],
    ...['http:etl:hunter2@h/w', 'nats://hunter2@h/w', 'http://h/w?token=${API_TOKEN}2'],
  ].map((url) =>
    refused(
      `a literal secret, as in ${url}`,
      (input) => put(input.target, { connection_string: url }),
      `target.connection_string: ${SECRET_RULE}`,
    ),
  ),
  refused(
    'a literal secret behind a named one',
    (input) =>
      put(input.target, {
        connection_string: `http://127.0.0.1/weather?token=\${API_TOKEN}&password=hunter2`,
      }),
    `target.connection_string: ${SECRET_RULE}`,
  ),
  refused(
    'a variable that the worker does not have',
    (input) =>
      put(nth(input.sources, 1), {
        connection_string: `${nth(input.sources, 1).connection_string}&region=\${FORGOTTEN_PASSWORD}`,
      }),
    'source weather: environment variable FORGOTTEN_PASSWORD is not set',
  ),
  refused(
    'the same in the target',
    (input) =>
      put(input.target, {
        connection_string: `${input.target.connection_string}&region=\${FORGOTTEN_PASSWORD}`,
      }),
    'target: environment variable FORGOTTEN_PASSWORD is not set',
  ),
  refused(
    'a variable that no caller may name',
    (input) =>
      put(nth(input.sources, 1), {
        connection_string: `${nth(input.sources, 1).connection_string}&region=\${PATH}`,
      }),
    'source weather: environment variable PATH is not in PIPELINE_VARIABLES',
  ),
  refused(
    'a variable that is for another host',
    (input) =>
      put(nth(input.sources, 1), {
        connection_string: `${nth(input.sources, 1).connection_string}&region=\${PG_PASSWORD}`,
      }),
    'source weather: environment variable PG_PASSWORD may not go there: see PIPELINE_VARIABLES',
  ),
  refused(
    'a host that the worker may not talk to',
    (input) => put(nth(input.sources, 1), { connection_string: 'http://localhost/weather' }),
    'source weather: host is not in PIPELINE_HOSTS',
  ),
  refused(
    'another port of a host that it may talk to',
    (input, { database }) =>
      put(input.target, { connection_string: database.url('records').replace(database.host, '127.0.0.1') }),
    'target: host is not in PIPELINE_HOSTS',
  ),
  refused(
    'a file that the worker may not read',
    (input) => put(nth(input.sources, 1), { source_type: 'file', connection_string: 'file:///etc/hosts' }),
    `source weather: ${ROOTS_RULE}`,
  ),
  refused(
    'the same, behind dots',
    (input, { folder }) =>
      put(nth(input.sources, 1), {
        source_type: 'file',
        connection_string: `${pathToFileURL(folder)}/../../../../../etc/hosts`,
      }),
    `source weather: ${ROOTS_RULE}`,
  ),
  refused(
    'the same, behind a link',
    (input, { folder }) =>
      put(nth(input.sources, 1), {
        source_type: 'file',
        connection_string: linkIn(folder, 'to-hosts', '/etc/hosts'),
      }),
    `source weather: ${ROOTS_RULE}`,
  ),
  refused(
    'a link to a file that is not there yet, and would be elsewhere',
    (input, { folder }) =>
      put(input.target, {
        target_type: 'file',
        connection_string: linkIn(folder, 'to-nothing', `${dirname(folder)}/not-there-yet`),
      }),
    `target: ${ROOTS_RULE}`,
  ),
  refused(
    'a folder that is new, in one that the worker may not write',
    (input, { folder }) =>
      put(input.target, {
        target_type: 'warehouse',
        connection_string: `${linkIn(folder, 'to-parent', dirname(folder))}/new/folder`,
      }),
    `target: ${ROOTS_RULE}`,
  ),
  refused(
    'a root, where a file is wanted',
    (input, { folder }) =>
      put(nth(input.sources, 1), { source_type: 'file', connection_string: pathToFileURL(folder).href }),
    `source weather: ${ROOTS_RULE}`,
  ),
  refused(
    'a URL of another scheme',
    (input) => put(nth(input.sources, 0), { connection_string: 'mysql://127.0.0.1/nyc?table=flights' }),
    'source flights: connection_string: must be a postgres or postgresql URL',
  ),
  refused(
    'no URL at all',
    (input) => put(nth(input.sources, 0), { connection_string: 'flights' }),
    'source flights: connection_string: must be a postgres or postgresql URL',
  ),
  refused(
    'a URL with a space',
    (input) =>
      put(nth(input.sources, 0), { connection_string: 'postgres://127.0.0.1/new york?table=flights' }),
    'source flights: connection_string: must be a postgres or postgresql URL',
  ),
  refused(
    'no table named',
    (input) =>
      put(nth(input.sources, 0), {
        connection_string: nth(input.sources, 0).connection_string.split('?')[0],
      }),
    'source flights: connection_string: must name a table, as in ?table=flights',
  ),
  refused(
    'batches too many for a history',
    (input) => put(input, { sources: [planes()], batch_size: 1 }),
    'source planes: batch_size: makes more than 150 batches',
  ),
];

export default {
  name: 'etl',
  workflow: 'ETLPipeline',
  scenarios: [
    ...everyTarget,
    ...folders,
    ...apis,
    ...databases,
    ...files,
    ...kills,
    ...questions,
    ...badInputs,
  ],
} satisfies Pipeline<ETLInput, ETLOutput, Target>;
