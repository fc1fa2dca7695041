/** The three activities of the ETL pipeline: all that touches the world outside. */
import { Context, heartbeat } from '@temporalio/activity';
import { readCsv } from '../connectors/csv.ts';
import { invalidInput } from '../connectors/failures.ts';
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
import { keyOf, typed } from '../domain/flights.ts';
import {
  type ExtractInput,
  type ExtractOutput,
  type LoadInput,
  type LoadOutput,
  MAX_BATCHES,
  TOO_MANY_BATCHES,
  type TransformInput,
  type TransformOutput,
} from './types.ts';

const READERS = {
  database: readTable,
  api: readApi,
  file: readCsv,
};
const WRITERS = { warehouse: writeParquet, file: writeNdjson };

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
    const keyed = records.map(({ id, data }) => ({
      id: keyOf(source.source_id, id),
      data,
    }));
    batches.push(await stage(uri, keyed));

    // #step Bound the history: a batch costs it 12 events
    if (batches.length > MAX_BATCHES) {
      throw invalidInput(TOO_MANY_BATCHES);
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
