/** The three activities of the ETL pipeline: all that touches the world outside. */
import { Context, heartbeat } from '@temporalio/activity';
import { DateTime } from 'luxon';
import { readCsv } from '../connectors/csv.ts';
import {
  invalidInput,
  validationError,
} from '../connectors/failures.ts';
import { readApi } from '../connectors/http.ts';
import { writeNdjson } from '../connectors/ndjson.ts';
import { writeParquet } from '../connectors/parquet.ts';
import { readTable, upsert } from '../connectors/postgres.ts';
import type {
  Batch,
  RawRecord,
  TransformedRecord,
} from '../connectors/records.ts';
import {
  fetchStaged,
  stage,
  stagedAt,
} from '../connectors/staging.ts';
import type {
  ExtractInput,
  ExtractOutput,
  LoadInput,
  LoadOutput,
  TransformInput,
  TransformOutput,
} from './types.ts';

const READERS = {
  database: readTable,
  api: readApi,
  file: readCsv,
};
const WRITERS = { warehouse: writeParquet, file: writeNdjson };

/** Of one source: 500 batches make some 6,000 events; Temporal warns at 10,240. */
const MAX_BATCHES = 500;

/** How far an attempt has come: what a retry needs to go on. */
interface Progress {
  cursor: string;
  batches: Batch[];
}

/** Reads a source page by page into staging. */
// #region extract
export async function ExtractData(
  input: ExtractInput,
): Promise<ExtractOutput> {
  const { source, batch_size } = input;

  // #step Resume where the last attempt stopped
  const { heartbeatDetails, workflowExecution: run } =
    Context.current().info;
  const last: Progress = heartbeatDetails ?? {
    cursor: '',
    batches: [],
  };
  const batches = [...last.batches];

  // #step Read page by page
  const read = READERS[source.source_type];
  const pages = read(
    source.connection_string,
    last.cursor,
    batch_size,
  );
  for await (const { records, cursor } of pages) {
    // #step Stage the rows, keep the reference
    const part = String(batches.length + 1).padStart(5, '0');
    const folder = `${run?.runId}/${source.source_id}`;
    const uri = stagedAt(`${folder}/${part}.raw.ndjson`);
    const named = records.map(({ id, data }) => ({
      id: `${source.source_id}/${id}`,
      data,
    }));
    batches.push(await stage(uri, named));

    // #step Bound the history: a batch costs it 12 events
    if (batches.length > MAX_BATCHES) {
      throw invalidInput('batch_size: makes too many batches');
    }

    // #step Tell Temporal how far we are
    heartbeat({ cursor, batches });
  }
  return { batches };
}
// #endregion extract

/** Types one batch. */
// #region transform
export async function TransformData(
  input: TransformInput,
): Promise<TransformOutput> {
  const { batch, processed_at } = input;

  // #step Fetch the rows behind the reference
  const raw = await fetchStaged<RawRecord>(batch);

  // #step Type every record, stamp it with workflow time
  const records = raw.map((record) => ({
    ...typed(record),
    metadata: { processed_at, version: '1.0' },
  }));

  // #step Stage the result beside the input
  const uri = batch.uri.replace('.raw.', '.clean.');
  return { batch: await stage(uri, records) };
}
// #endregion transform

/** Writes one batch to the target. */
// #region load
export async function LoadData(
  input: LoadInput,
): Promise<LoadOutput> {
  const { pipeline_id, target, batch } = input;
  const { target_type, connection_string } = target;

  // #step Fetch the rows behind the reference
  const records = await fetchStaged<TransformedRecord>(batch);

  // #step A database takes a batch in one transaction
  if (target_type === 'database') {
    const loaded_count = await upsert(
      connection_string,
      records,
    );
    return { loaded_count };
  }

  // #step A folder takes a part, named after the batch
  const [source, file] = batch.uri.split('/').slice(-2);
  const number = file?.split('.')[0];
  const part = `${pipeline_id}.${source}.${number}`;
  const write = WRITERS[target_type];
  const loaded_count = await write(
    connection_string,
    part,
    records,
  );
  return { loaded_count };
}
// #endregion load

const NUMBERS = new Set(
  `year month day dep_delay arr_time sched_arr_time arr_delay flight air_time distance hour minute
   temp dewp humid wind_dir wind_speed wind_gust precip pressure visib engines seats speed`.split(
    /\s+/,
  ),
);

/** A record with its values typed. Throws `ValidationError` that names the record and the field. */
// #region typed
function typed({ id, data }: RawRecord): RawRecord {
  const out: RawRecord['data'] = {};
  for (const [field, value] of Object.entries(data)) {
    // #step "NA" is how the data says nothing
    if (value === 'NA' || value === null) out[field] = null;
    // #step Numbers may come as text
    else if (NUMBERS.has(field))
      out[field] = toNumber(id, field, value);
    // #step Everything else stays as it is
    else out[field] = value;
  }

  // #step Clock times become instants
  if ('sched_dep_time' in out) departures(id, out);
  return { id, data: out };
}
// #endregion typed

function toNumber(
  id: string,
  field: string,
  value: unknown,
): number {
  const number = value === '' ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return number;
  throw validationError(`${id}: ${field} is not a number`);
}

/** `517` in New York, and how late it left, as RFC 3339 UTC. Arrivals are in other zones. */
// #region clock
function departures(
  id: string,
  flight: RawRecord['data'],
): void {
  // #step Read the clock on the wall in New York
  const part = (name: string) =>
    toNumber(id, name, flight[name] ?? '');
  const clock = part('sched_dep_time');
  const scheduled = DateTime.fromObject(
    {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: Math.floor(clock / 100),
      minute: clock % 100,
    },
    { zone: 'America/New_York' },
  ).toUTC();
  if (!scheduled.isValid) {
    throw validationError(
      `${id}: sched_dep_time is not a time`,
    );
  }

  // #step A delay may cross midnight: add it to the instant
  const minutes = flight.dep_delay as number | null;
  const left =
    minutes === null ? null : scheduled.plus({ minutes });

  // #step Write RFC 3339, to the second
  flight.sched_dep_time = instant(scheduled);
  flight.dep_time = left && instant(left);
}
// #endregion clock

function instant(time: DateTime): string {
  return time.toFormat("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
