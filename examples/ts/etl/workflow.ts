/** The ETL pipeline: it decides what happens next, and never sees a row. */
import {
  defineQuery,
  log,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  causeOf,
  failed,
  failWith,
  invalidInput,
} from '../connectors/failures.ts';
import type { Batch } from '../connectors/records.ts';
import type * as activities from './activities.ts';
import {
  type ETLInput,
  type ETLOutput,
  type FailedBatch,
  MAX_BATCHES,
  type Progress,
  TOO_MANY_BATCHES,
  validate,
} from './types.ts';

// #region options
// #step Check: at once, and nobody is asked
const { CheckTarget } = proxyActivities<typeof activities>({
  startToCloseTimeout: '10 seconds',
});

// #step Extract: long, with a heartbeat to resume from
const { ExtractData } = proxyActivities<typeof activities>({
  scheduleToCloseTimeout: '86400 seconds',
  startToCloseTimeout: '600 seconds',
  heartbeatTimeout: '60 seconds',
  retry: {
    initialInterval: '1 second',
    maximumInterval: '300 seconds',
    backoffCoefficient: 2,
  },
});

// #step Transform: pure work, but staging may be away
const { TransformData } = proxyActivities<typeof activities>({
  scheduleToCloseTimeout: '86400 seconds',
  startToCloseTimeout: '300 seconds',
  heartbeatTimeout: '60 seconds',
  retry: {
    initialInterval: '1 second',
    maximumInterval: '300 seconds',
    backoffCoefficient: 2,
  },
});

// #step Load: the target may be away; a cancel waits for it
const { LoadData, CompleteLoad } = proxyActivities<
  typeof activities
>({
  scheduleToCloseTimeout: '86400 seconds',
  startToCloseTimeout: '300 seconds',
  heartbeatTimeout: '60 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: {
    initialInterval: '2 seconds',
    maximumInterval: '300 seconds',
    backoffCoefficient: 2,
    nonRetryableErrorTypes: ['ValidationError'],
  },
});
// #endregion options

const MAX_REASON = 200;

const progressQuery = defineQuery<Progress>('progress');

/** Extracts from all sources, transforms, loads; answers how many records went where. */
export async function ETLPipeline(
  raw: ETLInput,
): Promise<ETLOutput> {
  // #region start
  // #step Refuse bad input at once
  const input = validate(raw);

  // #step Take the time from the workflow's clock
  const started = Date.now();
  const now = new Date(started).toISOString();

  // #step A retry goes on with what a run before has staged
  const { retry } = input;
  const { run_id, processed_at } = retry ?? {
    run_id: workflowInfo().runId,
    processed_at: now,
  };

  // #step Answer the progress query at any moment
  const progress: Progress = {
    phase: 'extract',
    processed: 0,
    total: 0,
  };
  setHandler(progressQuery, () => progress);

  // #step A target that cannot be meant costs no reading
  const { pipeline_id, target } = input;
  await CheckTarget({ target }).catch(failWith('target'));
  // #endregion start

  // #region extract
  // #step Read all sources at the same time; a retry, none
  const sources = retry ? [] : input.sources;
  const extracts = sources.map(async (source) => {
    try {
      const { batch_size } = input;
      const { batches } = await ExtractData({
        source,
        batch_size,
      });
      progress.processed += countOf(batches);
      return batches;
    } catch (error) {
      // #step A source that fails for good fails the pipeline
      throw failed(`source ${source.source_id}`, error);
    }
  });

  // #step Only references come back
  const staged = (await Promise.all(extracts)).flat();
  const waiting = retry?.batches ?? [];
  const total = countOf([...staged, ...waiting]);

  // #step Bound the history of the whole run
  if (staged.length > MAX_BATCHES) {
    throw invalidInput(TOO_MANY_BATCHES);
  }
  // #endregion extract

  // #region transform
  Object.assign(progress, {
    phase: 'transform',
    processed: 0,
    total,
  });
  const transformed = [...waiting];
  for (const batch of staged) {
    try {
      // #step One batch at a time
      const result = await TransformData({
        batch,
        processed_at,
      });
      transformed.push(result.batch);
      progress.processed += batch.count;
    } catch (error) {
      // #step A batch that cannot be typed fails the pipeline
      throw failed('transform', error);
    }
  }
  // #endregion transform

  // #region load
  Object.assign(progress, {
    phase: 'load',
    processed: 0,
    total,
  });
  const inFolder = target.target_type !== 'database';
  let successful = 0;
  const failed_batches: FailedBatch[] = [];
  for (const batch of transformed) {
    try {
      // #step Load one batch
      const load = await LoadData({
        pipeline_id,
        run_id,
        target,
        batch,
        processed_at,
      });
      successful += load.loaded_count;
    } catch (error) {
      // #step A rejected batch costs itself, and is listed
      const { type, message } = causeOf(error);
      if (type === 'ValidationError') {
        const reason = cut(message);
        failed_batches.push({ uri: batch.uri, reason });
        log.warn('batch not loaded', {
          uri: batch.uri,
          reason,
        });
      } else {
        // #step Anything else fails the run, and says how far it came
        const there = inFolder ? 0 : successful;
        const loaded = ` (${there} of ${total} records loaded)`;
        throw failed('target', error, loaded);
      }
    }
    progress.processed += batch.count;
  }

  // #step Show all at once; staging goes, unless it is needed
  const rejected = failed_batches.length;
  const parts = transformed.length - rejected;
  await CompleteLoad({
    pipeline_id,
    run_id,
    target,
    processed_at,
    parts: parts + (retry?.loaded_parts ?? 0),
    keep_staging: input.keep_staging || rejected > 0,
  }).catch(failWith('target'));
  // #endregion load

  // #region result
  // #step Count what arrived and what did not
  progress.phase = 'done';
  return {
    pipeline_id,
    total_records: total,
    successful_records: successful,
    failed_records: total - successful,
    failed_batches,
    duration_seconds: Math.floor((Date.now() - started) / 1000),
  };
  // #endregion result
}

function countOf(batches: Batch[]): number {
  return batches.reduce((sum, batch) => sum + batch.count, 0);
}

/** A reason that a history can hold, in whole characters. */
function cut(reason: string): string {
  return [...reason].slice(0, MAX_REASON).join('');
}
