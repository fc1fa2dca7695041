/** The activities of the ETL pipeline: all that touches the world outside. */
import {
  Context,
  heartbeat,
  type Info,
} from '@temporalio/activity';
import { folderOf } from '../connectors/connection.ts';
import { readCsv } from '../connectors/csv.ts';
import { invalidInput } from '../connectors/failures.ts';
import {
  completeParts,
  type Parts,
} from '../connectors/folder.ts';
import { stayAlive } from '../connectors/heartbeats.ts';
import { readApi } from '../connectors/http.ts';
import { writeNdjson } from '../connectors/ndjson.ts';
import { writeParquet } from '../connectors/parquet.ts';
import {
  checkTable,
  readTable,
  upsert,
} from '../connectors/postgres.ts';
import type {
  Batch,
  RawRecord,
  TransformedRecord,
} from '../connectors/records.ts';
import {
  fetchStaged,
  stage,
  stagedAt,
  unstage,
} from '../connectors/staging.ts';
import { keyOf, typed } from '../domain/flights.ts';
import {
  type CheckInput,
  type CompleteInput,
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
const CHECKS = {
  database: checkTable,
  warehouse: folderOf,
  file: folderOf,
};

/** How far an attempt has come: what a retry needs to go on. */
interface Progress {
  cursor: string;
  /** The list of what is staged, staged itself: it may be longer than a heartbeat should be. */
  staged: Batch;
}

/** Refuses a target that cannot be meant, before anything is read. */
// #region check
export async function CheckTarget(
  input: CheckInput,
): Promise<void> {
  // #step Scheme, table and variables; nobody is asked
  const { target_type, connection_string } = input.target;
  CHECKS[target_type](connection_string);
}
// #endregion check

/** Reads a source page by page into staging. */
// #region extract
export async function ExtractData(
  input: ExtractInput,
): Promise<ExtractOutput> {
  const { source, batch_size } = input;

  // #step Resume where the last attempt stopped
  const { info, cancellationSignal } = Context.current();
  let last: Progress | undefined = info.heartbeatDetails;
  const batches = last
    ? await fetchStaged<Batch>(last.staged)
    : [];

  // #step Stay alive while a page takes long
  using _ = stayAlive(() => last);

  // #step Read page by page
  const read = READERS[source.source_type];
  const pages = read(
    source.connection_string,
    last?.cursor ?? '',
    batch_size,
  );
  const folder = stagedAt(`${runOf(info)}/${source.source_id}`);
  for await (const { records, cursor } of pages) {
    // #step Stage the rows, keep the reference
    const part = String(batches.length + 1).padStart(5, '0');
    const keyed = records.map(({ id, data }) => ({
      id: keyOf(source.source_id, id),
      data,
    }));
    const batch = await stage(`${folder}/${part}.raw`, keyed);
    batches.push(batch);

    // #step Bound the history: a batch costs it 12 events
    if (batches.length > MAX_BATCHES) {
      throw invalidInput(TOO_MANY_BATCHES);
    }

    // #step Tell Temporal how far we are; hear of a cancel
    const staged = await stage(`${folder}/list`, batches);
    last = { cursor, staged };
    heartbeat(last);
    cancellationSignal.throwIfAborted();
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

  // #step Stay alive: who is killed is missed in a minute
  using _ = stayAlive();

  // #step Fetch the rows behind the reference
  const raw = await fetchStaged<RawRecord>(batch);

  // #step Type every record, stamp it with workflow time
  const records = raw.map((record) => ({
    ...typed(record),
    metadata: { processed_at, version: '1.0' },
  }));

  // #step Stage the result beside the input
  const [part = ''] = batch.uri.split('.raw/');
  return { batch: await stage(`${part}.clean`, records) };
}
// #endregion transform

/** Writes one batch to the target. */
// #region load
export async function LoadData(
  input: LoadInput,
): Promise<LoadOutput> {
  const { batch } = input;
  const { target_type, connection_string } = input.target;

  // #step Stay alive, and hear of a cancellation
  using _ = stayAlive();

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
  const [source, number] = batch.uri.split('/').slice(-3);
  const part = `${source}.${number?.split('.')[0]}`;
  const write = WRITERS[target_type];
  const loaded_count = await write(
    partsOf(input),
    part,
    records,
  );
  return { loaded_count };
}
// #endregion load

/** Makes the parts of this run the content of the target, and removes what it has staged. */
// #region complete
export async function CompleteLoad(
  input: CompleteInput,
): Promise<void> {
  using _ = stayAlive();

  // #step A folder: all parts at once, for the last run's
  if (input.target.target_type !== 'database') {
    await completeParts(partsOf(input), input.parts);
  }

  // #step What is loaded need not be staged any more
  if (!input.keep_staging) {
    await unstage(input.run_id);
  }
}
// #endregion complete

function partsOf(input: LoadInput | CompleteInput): Parts {
  const { pipeline_id, run_id, processed_at, target } = input;
  const connection = target.connection_string;
  return { connection, pipeline_id, processed_at, run_id };
}

function runOf({ workflowExecution }: Info): string {
  return workflowExecution?.runId ?? '';
}
