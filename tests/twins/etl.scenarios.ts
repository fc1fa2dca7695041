/** The scenarios of the ETL pipeline: one list, every language. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { DataSource, DataTarget, ETLInput, ETLOutput, Progress } from '../../examples/ts/etl/types.ts';
import type { Fault } from '../world/api.ts';
import { table } from '../world/data.ts';
import { contentsOf, duck, partsOf } from '../world/warehouse.ts';
import type { World } from '../world/world.ts';
import { contractOf } from './contract.ts';
import type { Expected, Pipeline, Run, Scenario } from './scenario.ts';

/** Where a run writes: a table or a folder, named after the run. */
interface Place {
  table: string;
  folder: string;
}
type EtlScenario = Scenario<ETLInput, ETLOutput, Place>;

const contract = contractOf('etl');

const FLIGHTS = 27_004;
const WEATHER = 26_115;
const PLANES = 3_322;
const JANUARY = FLIGHTS + WEATHER + PLANES;
const SAMPLE = 500;

/** Golden digests of what a target holds after January: the same for every language. */
const DIGESTS = {
  database: 'f2f63a554c957c1ac4a91357814b810f',
  parts: '9256421be3be5785f2b7c296505a1551',
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
const flights = (world: World, name = 'flights_sample') =>
  source('flights', 'database', world.database.url(name));
const weather = (world: World, name = 'weather_sample') => source('weather', 'api', world.api.url(name));
const planes = (url = pathToFileURL(table('planes')).href) => source('planes', 'file', url);
const january = (world: World) => [flights(world, 'flights'), weather(world, 'weather'), planes()];

function target(target_type: DataTarget['target_type'], world: World, place: Place): DataTarget {
  const folder = pathToFileURL(place.folder).href;
  return {
    target_type,
    connection_string: target_type === 'database' ? world.database.url(place.table) : folder,
  };
}

interface Options {
  into?: DataTarget['target_type'];
  batch_size?: number;
  /** A CHECK constraint of the target table. */
  check?: string;
  /** How the API answers: one fault a request, or the same for all. */
  api?: (Fault | undefined)[] | Fault;
}

/** A place of the run's own, and an input that reads `sources` into it. */
function reads(
  sources: (world: World, run: string) => DataSource[] | Promise<DataSource[]>,
  options: Options = {},
) {
  const { into = 'database', batch_size = 100, check, api = [] } = options;
  return async (world: World, run: string): Promise<{ input: ETLInput } & Place> => {
    const place = { table: run, folder: await world.newFolder(run) };
    await world.database.createTarget(place.table, check);
    if (Array.isArray(api)) world.api.fail(...api);
    else world.api.failAlways(api);
    const input: ETLInput = {
      pipeline_id: 'january',
      sources: await sources(world, run),
      target: target(into, world, place),
      batch_size,
    };
    contract.input(input);
    return { input, ...place };
  };
}

// ---- How runs end

/** Virtual seconds, with room for what the wall clock adds to a small run; January needs more of it. */
const seconds = (from: number) => ({ from, to: from + 59 });

function loaded(records: number, duration_seconds = seconds(0), failed_records = 0): Expected<ETLOutput> {
  return {
    output: {
      pipeline_id: 'january',
      total_records: records,
      successful_records: records - failed_records,
      failed_records,
      duration_seconds,
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
const heldInLoad: EtlScenario['given'] = async (world, run) => {
  const given = await reads((w) => [flights(w)])(world, run);
  await world.database.hold(given.table, HELD);
  return given;
};
const untilHeld = (run: Run) => run.until('a load waits in the database', () => run.world.database.held());

/** What the table of a run must hold. */
const holds =
  (records: number): EtlScenario['after'] =>
  async ({ world }, place) => {
    assert.equal((await world.database.contents(place.table)).records, records);
  };

/** The gate of the run under way. */
let weatherGate = gate();

/** The nth request of the weather is held at the gate. */
function heldWeather(request: number, sources: (world: World) => DataSource[]): EtlScenario['given'] {
  return (world, run) => {
    weatherGate = gate();
    return reads(sources, { api: [...Array(request - 1).fill(undefined), weatherGate.fault] })(world, run);
  };
}

/** Flights are staged while the weather, asked for before them, waits. */
const flightsFirst = heldWeather(1, (world) => [weather(world), flights(world)]);

// ---- The list

const everyTarget: EtlScenario[] = [
  {
    name: 'January into a database: 56,441 records, a history under 1 MiB, payloads under 256 KiB',
    given: reads(january, { batch_size: 1000 }),
    expected: loaded(JANUARY, { from: 0, to: 600 }),
    async after({ world, histories }, place) {
      assert.deepEqual(await world.database.contents(place.table), {
        records: JANUARY,
        digest: DIGESTS.database,
      });
      const [clock] = await world.database.query(
        `SELECT count(*)::int AS flights,
           count(*) FILTER (WHERE date_trunc('hour', (data->>'sched_dep_time')::timestamptz)
             = (data->>'time_hour')::timestamptz)::int AS agree
         FROM ${place.table} WHERE id LIKE 'flights/%'`,
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
    name: 'January into a warehouse of Parquet parts, one a batch',
    given: reads(january, { into: 'warehouse', batch_size: 1000 }),
    expected: loaded(JANUARY, { from: 0, to: 600 }),
    async after({ world }, place) {
      assert.deepEqual(await contentsOf(place.folder, 'parquet'), {
        records: JANUARY,
        digest: DIGESTS.parts,
      });
      const parts = await world.list(place.folder);
      assert.equal(parts.length, 28 + 27 + 4);
      assert.equal(parts[0], 'january.flights.00001.parquet');
    },
  },
  {
    name: 'January into a folder of NDJSON parts, one a batch',
    given: reads(january, { into: 'file', batch_size: 1000 }),
    expected: loaded(JANUARY, { from: 0, to: 600 }),
    async after({ world }, place) {
      assert.deepEqual(await contentsOf(place.folder, 'ndjson'), { records: JANUARY, digest: DIGESTS.parts });
      const parts = await world.list(place.folder);
      assert.equal(parts.length, 28 + 27 + 4);
      const [first] = await duck<Record<string, string>>(
        `SELECT * FROM ${partsOf(place.folder, 'ndjson')} WHERE id = 'flights/2013-01-01-UA-1545-EWR'`,
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

const apis: EtlScenario[] = [
  {
    name: 'API answers 503 twice, then well',
    given: reads((world) => [weather(world)], { api: [status(503), status(503)] }),
    expected: loaded(SAMPLE, seconds(3)),
    async after({ world }, place) {
      assert.deepEqual(world.api.asked.slice(0, 3), ['', '', '']);
      assert.equal((await world.database.contents(place.table)).records, SAMPLE);
    },
  },
  {
    name: 'API answers 429 with Retry-After 3600: an hour is skipped, and the read resumes',
    given: reads((world) => [weather(world)], {
      api: [undefined, undefined, status(429, { 'retry-after': '3600' })],
    }),
    expected: loaded(SAMPLE, seconds(3600)),
    async after({ world }) {
      const [, second, third, retried] = world.api.asked;
      assert.ok([second, third].includes(retried));
    },
  },
  {
    name: 'API answers 429 without Retry-After: asked again after a second',
    given: reads((world) => [weather(world)], { api: [status(429)] }),
    expected: loaded(SAMPLE, seconds(1)),
  },
  {
    name: 'API has an empty list: nothing to load',
    given: reads((world) => [weather(world, 'weather_none')]),
    expected: loaded(0),
  },
  {
    name: 'API answers 503 for good',
    given: reads((world) => [weather(world)], { api: status(503) }),
    expected: fails('Unavailable', 'source weather: API answered 503'),
    async after({ world }) {
      assert.equal(world.api.asked.length, 5);
    },
  },
  {
    name: 'API is not there at all',
    given: reads(() => [source('weather', 'api', 'http://127.0.0.1:9/weather')]),
    expected: fails('Unavailable', 'source weather: API did not answer'),
  },
  {
    name: 'API does not know the list: final',
    given: reads((world) => [weather(world, 'nowhere')]),
    expected: fails('ValidationError', 'source weather: API answered 404'),
  },
  {
    name: 'API answers half a JSON text once',
    given: reads((world) => [weather(world)], { api: [undefined, { kind: 'truncated' }] }),
    expected: loaded(SAMPLE, seconds(1)),
    after: holds(SAMPLE),
  },
  {
    name: 'API answers half a JSON text for good',
    given: reads((world) => [weather(world)], { api: { kind: 'truncated' } }),
    expected: fails('Malformed', 'source weather: API answered broken JSON'),
  },
  {
    name: 'API answers JSON of another shape: final',
    given: reads((world) => [weather(world)], { api: { kind: 'wrong shape' } }),
    expected: fails('ValidationError', 'source weather: API answered JSON without records'),
    async after({ world }) {
      assert.equal(world.api.asked.length, 1);
    },
  },
];

const databases: EtlScenario[] = [
  {
    name: 'database stopped during load, then started: nothing is lost',
    given: heldInLoad,
    async during(run) {
      await untilHeld(run);
      await run.world.database.interrupt();
      await run.until('the load is tried again', async () => (await run.attempt('LoadData')) >= 2);
      await run.temporal.advance('2 seconds');
      await run.until('and once more', async () => (await run.attempt('LoadData')) >= 3);
      await run.world.database.resume();
    },
    expected: loaded(SAMPLE, seconds(2)),
    after: holds(SAMPLE),
  },
  {
    name: 'one batch rejected by a CHECK constraint: it alone fails',
    given: reads((world) => [flights(world)], { check: `id <> '${HELD}'` }),
    expected: loaded(SAMPLE, seconds(0), 100),
    after: holds(SAMPLE - 100),
  },
  {
    name: 'database without the table: final',
    given: reads((world) => [flights(world, 'nowhere')]),
    expected: fails('ValidationError', 'source flights: database refused: relation "nowhere" does not exist'),
  },
  {
    name: 'the same run twice leaves the target as it was',
    given: reads((world) => [flights(world)]),
    expected: loaded(SAMPLE),
    async after(run, place) {
      const before = await run.world.database.contents(place.table);
      assert.partialDeepStrictEqual(await run.again(), { successful_records: SAMPLE });
      assert.deepEqual(await run.world.database.contents(place.table), before);
    },
  },
  {
    name: 'every record bears one and the same time: that of the workflow',
    given: reads((world) => [flights(world)]),
    expected: loaded(SAMPLE),
    async after({ world, handle }, place) {
      const [stamps] = await world.database.query<{ times: number; time: Date }>(
        `SELECT count(DISTINCT processed_at)::int AS times, min(processed_at) AS time FROM ${place.table}`,
      );
      const { startTime } = await handle.describe();
      assert.equal(stamps?.times, 1);
      const behind = Number(stamps.time) - Number(startTime);
      assert.ok(behind >= 0 && behind < 60_000, `${behind} ms behind the start`);
    },
  },
];

const files: EtlScenario[] = [
  {
    name: 'missing file',
    given: reads(() => [planes('file:///no/such/planes.csv')]),
    expected: fails('Unavailable', 'source planes: file cannot be read'),
  },
  {
    name: 'a file that arrives late',
    given: reads((world, run) => [planes(pathToFileURL(`${world.folder}/${run}.csv`).href)], {
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
    given: reads((world, run) => [planes(pathToFileURL(`${world.folder}/${run}.csv`).href)], {
      batch_size: 1000,
    }),
    async during(run, { input }) {
      const { runId } = await run.handle.describe();
      const staged = `${run.world.folder}/staging/${runId}/planes`;
      const [first, third] = [`${staged}/00001.raw.ndjson`, `${staged}/00003.raw.ndjson`];
      await run.until('a second attempt', async () => (await run.attempt('ExtractData')) >= 2);
      await mkdir(third, { recursive: true });
      const url = input.sources[0]?.connection_string ?? '';
      await writeFile(fileURLToPath(url), await readFile(table('planes')));
      await run.until('two parts are staged', () => existsSync(`${staged}/00002.raw.ndjson`));
      const before = (await stat(first)).mtimeMs;
      await run.until('a third attempt', async () => (await run.attempt('ExtractData')) >= 3);
      await rmdir(third);
      await run.temporal.settle(() => run.handle.result());
      assert.equal((await stat(first)).mtimeMs, before);
    },
    expected: loaded(PLANES, seconds(3)),
    after: holds(PLANES),
  },
  {
    name: 'torn CSV line: final, and the line is named',
    given: reads(async (world, run) => {
      const lines = (await readFile(table('planes'), 'utf8')).split('\n');
      const torn = `${lines.slice(0, 1200).join('\n')}\n${lines[1200]?.slice(0, 20)}`;
      return [planes(await world.write(`${run}.csv`, torn))];
    }),
    expected: fails('ValidationError', 'source planes: CSV line 1201 is torn'),
  },
  {
    name: 'a number that is none: final, and the record is named',
    given: reads(async (world, run) => [
      planes(await world.write(`${run}.csv`, 'tailnum,year\nN1,1999\nN2,soon\n')),
    ]),
    expected: fails('ValidationError', 'transform: planes/N2: year is not a number'),
  },
  {
    name: 'a target folder that cannot be written: every batch fails, the run ends',
    given: async (world, run) => {
      const given = await reads(() => [planes()], { into: 'file', batch_size: 1000 })(world, run);
      await rm(given.folder, { recursive: true });
      await writeFile(given.folder, 'a file where the folder should be');
      return given;
    },
    expected: loaded(PLANES, seconds(4 * 30), PLANES),
  },
  {
    name: 'a clock that is none: final, and the record is named',
    given: reads(async (world, run) => [
      planes(await world.write(`${run}.csv`, 'id,year,month,day,sched_dep_time\nF1,2013,1,1,soon\n')),
    ]),
    expected: fails('ValidationError', 'transform: planes/F1: sched_dep_time is not a number'),
  },
  {
    name: 'a clock without its year: final, and the record is named',
    given: reads(async (world, run) => [
      planes(await world.write(`${run}.csv`, 'id,year,month,day,sched_dep_time\nF1,NA,1,1,517\n')),
    ]),
    expected: fails('ValidationError', 'transform: planes/F1: year is not a number'),
  },
  {
    name: 'a clock that shows 75 minutes: final, and the record is named',
    given: reads(async (world, run) => [
      planes(await world.write(`${run}.csv`, 'id,year,month,day,sched_dep_time\nF1,2013,1,1,1275\n')),
    ]),
    expected: fails('ValidationError', 'transform: planes/F1: sched_dep_time is not a time'),
  },
  {
    name: 'a folder where the file should be',
    given: reads(async (world, run) => [planes(pathToFileURL(await world.newFolder(`${run}.csv`)).href)]),
    expected: fails('Unavailable', 'source planes: file cannot be read'),
  },
  {
    name: 'a file with a header alone: nothing to load',
    given: reads(async (world, run) => [planes(await world.write(`${run}.csv`, 'tailnum,year\n'))]),
    expected: loaded(0),
  },
  {
    name: 'staging that cannot be written',
    given: heldWeather(1, (world) => [weather(world)]),
    async during(run) {
      await run.until('the weather is asked for', () => run.world.api.asked.length === 1);
      const { runId } = await run.handle.describe();
      await writeFile(`${await run.world.newFolder('staging')}/${runId}`, 'a file where a folder should be');
      weatherGate.open();
    },
    expected: fails('Unavailable', 'source weather: folder cannot be written'),
  },
  {
    name: 'a clean batch that was changed: it alone fails',
    given: heldInLoad,
    async during(run, place) {
      await untilHeld(run);
      const { runId } = await run.handle.describe();
      await writeFile(`${run.world.folder}/staging/${runId}/flights/00005.clean.ndjson`, '{}\n');
      await run.world.database.release(place.table);
    },
    expected: loaded(SAMPLE, seconds(0), 100),
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

/** Does something to the first staged batch of the flights, then lets the weather through. */
async function tamper(run: Run, change: (file: string) => Promise<void>): Promise<void> {
  const { runId } = await run.handle.describe();
  const folder = `${run.world.folder}/staging/${runId}/flights`;
  await run.until(
    'the flights are staged',
    async () => (await run.progress<Progress>()).processed === SAMPLE,
  );
  await change(`${folder}/00001.raw.ndjson`);
  weatherGate.open();
}

const kills: EtlScenario[] = [
  {
    name: 'worker killed in the middle of extract: it resumes, every record once',
    crashes: true,
    given: heldWeather(3, (world) => [weather(world)]),
    async during(run) {
      await run.until('the third page is asked for', () => run.world.api.asked.length === 3);
      await run.crash(weatherGate.open);
      await run.temporal.outlast('2 minutes');
    },
    expected: loaded(SAMPLE, { from: 60, to: 180 }),
    async after(run, place) {
      const [, second, third, retried] = run.world.api.asked;
      assert.ok([second, third].includes(retried));
      assert.equal((await run.world.database.contents(place.table)).records, SAMPLE);
    },
  },
  {
    name: 'worker killed in the middle of load: every record once',
    crashes: true,
    given: heldInLoad,
    async during(run, place) {
      await untilHeld(run);
      await run.crash(() => run.world.database.release(place.table));
      await run.temporal.outlast('6 minutes');
    },
    expected: loaded(SAMPLE, { from: 300, to: 420 }),
    after: holds(SAMPLE),
  },
  {
    name: 'cancelled in the middle of load: it ends as cancelled',
    given: heldInLoad,
    async during(run, place) {
      await untilHeld(run);
      await run.handle.cancel();
      const state = async () => (await run.handle.describe()).status.name;
      await run.until('it has ended', async () => (await state()) === 'CANCELLED');
      await run.world.database.release(place.table);
    },
    expected: { cancelled: true },
  },
];

const questions: EtlScenario[] = [
  {
    name: 'progress asked in the middle of extract',
    given: flightsFirst,
    async during(run) {
      await run.until(
        'the flights are staged',
        async () => (await run.progress<Progress>()).processed === SAMPLE,
      );
      assert.deepEqual(await run.progress<Progress>(), { phase: 'extract', processed: SAMPLE, total: 0 });
      weatherGate.open();
    },
    expected: loaded(2 * SAMPLE),
  },
  {
    name: 'progress asked in the middle of load, and at the end',
    given: heldInLoad,
    async during(run, place) {
      await untilHeld(run);
      assert.deepEqual(await run.progress<Progress>(), { phase: 'load', processed: 200, total: SAMPLE });
      await run.world.database.release(place.table);
    },
    expected: loaded(SAMPLE),
    async after(run) {
      assert.deepEqual(await run.progress<Progress>(), { phase: 'done', processed: SAMPLE, total: SAMPLE });
    },
  },
  {
    name: 'no secret anywhere in the history: names alone',
    given: reads((world) => [flights(world), weather(world)]),
    expected: loaded(2 * SAMPLE),
    async after({ world, histories }) {
      const text = (await histories()).map((facts) => facts.text).join();
      for (const name of ['PG_PASSWORD', 'API_TOKEN'] as const) {
        assert.ok(text.includes(`\${${name}}`), `${name} by name`);
        assert.ok(!text.includes(world.secrets[name]), `the value of ${name}`);
      }
    },
  },
];

// ---- Bad input: the workflow fails at once, in the same words everywhere

type Spoil = (input: Record<string, unknown> & ETLInput, world: World) => unknown;

function refused(name: string, spoil: Spoil, message: string): EtlScenario {
  return {
    name: `bad input: ${name}`,
    async given(world, run) {
      const given = await reads((w) => [flights(w), weather(w)])(world, run);
      const input = structuredClone(given.input) as Record<string, unknown> & ETLInput;
      const spoiled = spoil(input, world);
      return { ...given, input: (spoiled === undefined ? input : spoiled) as ETLInput };
    },
    expected: fails('InvalidInput', message),
    async after({ handle }) {
      const { events } = await handle.fetchHistory();
      const scheduled = events?.filter((event) => event.activityTaskScheduledEventAttributes);
      if (/^(?!source |target: )/.test(message)) assert.equal(scheduled?.length, 0, 'no activity is tried');
    },
  };
}

/** The nth source of an input. */
function nth(input: ETLInput, index: number): DataSource {
  const found = input.sources[index];
  if (!found) throw new Error(`the input has no source ${index}`);
  return found;
}
const put = (part: object, fields: Record<string, unknown>): void => {
  Object.assign(part, fields);
};

const NAME_RULE = 'must be letters, digits, "-" or "_"';
const SIZE_RULE = 'must be a whole number from 1 to 10000';
const SECRET_RULE = 'must not hold a secret: write ${NAME} for it';

const badInputs: EtlScenario[] = [
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
  refused('batch_size 1.5', (input) => put(input, { batch_size: 1.5 }), 'batch_size: has the wrong type'),
  refused(
    'source_id a number',
    (input) => put(nth(input, 0), { source_id: 7 }),
    'sources: has the wrong type',
  ),
  refused('the whole input a text', () => 'all of it', 'input: has the wrong type'),
  refused('pipeline_id empty', (input) => put(input, { pipeline_id: '' }), `pipeline_id: ${NAME_RULE}`),
  refused(
    'source_id with a slash',
    (input) => put(nth(input, 0), { source_id: '../flights' }),
    `sources[0].source_id: ${NAME_RULE}`,
  ),
  refused(
    'duplicate source_id',
    (input) => put(nth(input, 1), { source_id: 'flights' }),
    'sources[1].source_id: must not be used twice',
  ),
  refused(
    'unknown source type',
    (input) => put(nth(input, 1), { source_type: 'ftp' }),
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
      put(nth(input, 0), { connection_string: 'postgres://etl:hunter2@127.0.0.1/nyc?table=flights' }),
    `sources[0].connection_string: ${SECRET_RULE}`,
  ),
  refused(
    'a literal token',
    (input) => put(input.target, { connection_string: 'http://127.0.0.1/weather?token=hunter2' }),
    `target.connection_string: ${SECRET_RULE}`,
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
      put(nth(input, 1), { connection_string: `${nth(input, 1).connection_string}&region=\${NO_SUCH_NAME}` }),
    'source weather: environment variable NO_SUCH_NAME is not set',
  ),
  refused(
    'the same in the target',
    (input) =>
      put(input.target, { connection_string: `${input.target.connection_string}&region=\${NO_SUCH_NAME}` }),
    'target: environment variable NO_SUCH_NAME is not set',
  ),
  refused(
    'a URL of another scheme',
    (input) => put(nth(input, 0), { connection_string: 'mysql://127.0.0.1/nyc?table=flights' }),
    'source flights: connection_string: must be a postgres or postgresql URL',
  ),
  refused(
    'no URL at all',
    (input) => put(nth(input, 0), { connection_string: 'flights' }),
    'source flights: connection_string: must be a postgres or postgresql URL',
  ),
  refused(
    'no table named',
    (input) => put(nth(input, 0), { connection_string: nth(input, 0).connection_string.split('?')[0] }),
    'source flights: connection_string: must name a table, as in ?table=flights',
  ),
  refused(
    'batches too many for a history',
    (input) => put(input, { sources: [planes()], batch_size: 1 }),
    'source planes: batch_size: makes too many batches',
  ),
];

export default {
  name: 'etl',
  workflow: 'ETLPipeline',
  async demo(world) {
    const name = 'records';
    await world.database.createTarget(name);
    return {
      input: {
        pipeline_id: 'january',
        sources: january(world),
        target: { target_type: 'database', connection_string: world.database.url(name) },
        batch_size: 1000,
      },
      rows: () =>
        world.database.query(
          `SELECT id, data->>'sched_dep_time' AS sched_dep_time, data->>'dep_delay' AS dep_delay, data->>'dest' AS dest
           FROM ${name} WHERE id LIKE 'flights/%' ORDER BY id LIMIT 5`,
        ),
    };
  },
  edge: {
    name: 'API',
    break: ({ api }) => api.failAlways(status(503)),
    mend: ({ api }) => api.mend(),
  },
  scenarios: [...everyTarget, ...apis, ...databases, ...files, ...kills, ...questions, ...badInputs],
} satisfies Pipeline<ETLInput, ETLOutput, Place>;
