/** What goes into the ETL pipeline and what comes out. The contract: examples/contract/etl.json. */
import { z } from 'zod';
import { invalidInput } from '../connectors/failures.ts';
import {
  COMMON_RULES,
  hidesSecrets,
  messageOf,
  NAME,
  withRule,
} from '../connectors/input.ts';
import type { Batch } from '../connectors/records.ts';

// #region rules
// #step One rule a field, in the same words everywhere
const RULES = {
  ...COMMON_RULES,
  sources: 'must hold at least one source',
  many: 'must hold at most 50 sources',
  unique: 'must not be used twice',
  source: 'must be database, api or file',
  target: 'must be database, warehouse or file',
  size: 'must be a whole number from 1 to 10000',
};
// #endregion rules

const MAX_NAME = 64;
const MAX_SOURCES = 50;
const MAX_CONNECTION = 2048;

/** Of a whole run: 150 batches make some 1,800 events and 300 references in its history. */
export const MAX_BATCHES = 150;
export const TOO_MANY_BATCHES = `batch_size: makes more than ${MAX_BATCHES} batches`;

const WRONG = withRule(RULES.type);
const RUN_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const SHA256 = /^[\da-f]{64}$/;

// #region retry
// #step A batch that a run has staged and not loaded
const Staged = z.object(
  {
    uri: z.string(WRONG).max(MAX_CONNECTION, RULES.type),
    count: z.int(WRONG).min(1, RULES.type),
    sha256: z.string(WRONG).regex(SHA256, RULES.type),
  },
  WRONG,
);

// #step The run that staged it, and when that run began
const Retry = z.object(
  {
    run_id: z.string(WRONG).regex(RUN_ID, RULES.type),
    processed_at: z.string(WRONG).regex(INSTANT, RULES.type),
    // #step How many batches are in the target already
    loaded_parts: z
      .int(WRONG)
      .min(0, RULES.type)
      .max(MAX_BATCHES, RULES.type)
      .default(0),
    batches: z
      .array(Staged, WRONG)
      .min(1, RULES.type)
      .max(MAX_BATCHES, RULES.type),
  },
  WRONG,
);
// #endregion retry

/** Whether it has characters, and no more than a URL may have. */
function isShort(connection: string): boolean {
  const { length } = [...connection];
  return length > 0 && length <= MAX_CONNECTION;
}

/** Reports the second use of a source_id: it names the staged files. */
function checkUniqueIds(
  sources: DataSource[],
  check: z.RefinementCtx,
): void {
  const ids = sources.map((source) => source.source_id);
  ids.forEach((id, i) => {
    if (ids.indexOf(id) === i) return;
    const path = [i, 'source_id'];
    check.addIssue({
      code: 'custom',
      path,
      message: RULES.unique,
    });
  });
}

// #region input
// #step What we can read and write
const SOURCES = ['database', 'api', 'file'] as const;
const TARGETS = ['database', 'warehouse', 'file'] as const;

// #step A source: where records come from
const Name = z
  .string(withRule(RULES.name))
  .regex(NAME, RULES.name)
  .max(MAX_NAME, RULES.name);
const Connection = z
  .string(withRule(RULES.secret))
  .refine(isShort, RULES.secret)
  .refine(hidesSecrets, RULES.secret);

const DataSource = z.object(
  {
    source_id: Name,
    source_type: z.enum(SOURCES, withRule(RULES.source)),
    connection_string: Connection,
  },
  withRule(RULES.type),
);
export type DataSource = z.infer<typeof DataSource>;

// #step A target: where they go
const DataTarget = z.object(
  {
    target_type: z.enum(TARGETS, withRule(RULES.target)),
    connection_string: Connection,
  },
  withRule(RULES.type),
);
export type DataTarget = z.infer<typeof DataTarget>;

// #step The pipeline: many sources, one target
const ETLInput = z.object(
  {
    pipeline_id: Name,
    sources: z
      .array(z.unknown(), withRule(RULES.sources))
      .min(1, RULES.sources)
      .max(MAX_SOURCES, RULES.many)
      .pipe(z.array(DataSource).superRefine(checkUniqueIds)),
    target: DataTarget.prefault({} as DataTarget),
    batch_size: z
      .int(withRule(RULES.size))
      .min(1, RULES.size)
      .max(10_000, RULES.size),
    keep_staging: z.boolean(withRule(RULES.type)).optional(),
    retry: Retry.optional(),
  },
  withRule(RULES.type),
);
export type ETLInput = z.infer<typeof ETLInput>;
// #endregion input

// #region output
// #step What the pipeline answers
export interface ETLOutput {
  pipeline_id: string;
  total_records: number;
  successful_records: number;
  failed_records: number;
  failed_batches: FailedBatch[];
  duration_seconds: number;
}

/** A batch that the target refused, and why. */
export interface FailedBatch {
  uri: string;
  reason: string;
}

// #step What it says while it runs
export interface Progress {
  phase: 'extract' | 'transform' | 'load' | 'done';
  processed: number;
  total: number;
}

// #step What passes between its activities
export interface CheckInput {
  target: DataTarget;
}
export interface ExtractInput {
  source: DataSource;
  batch_size: number;
}
export interface ExtractOutput {
  batches: Batch[];
}
export interface TransformInput {
  batch: Batch;
  processed_at: string;
}
export interface TransformOutput {
  batch: Batch;
}
export interface LoadInput {
  pipeline_id: string;
  run_id: string;
  target: DataTarget;
  batch: Batch;
  processed_at: string;
}
export interface LoadOutput {
  loaded_count: number;
}
export interface CompleteInput {
  pipeline_id: string;
  run_id: string;
  target: DataTarget;
  processed_at: string;
  parts: number;
  keep_staging: boolean;
}
// #endregion output

/** The input, checked. Throws `InvalidInput` that names the first field at fault. */
// #region validate
export function validate(input: unknown): ETLInput {
  // #step Check every field before any work is done
  const checked = ETLInput.safeParse(input);
  if (checked.success) return checked.data;

  // #step Fail for good, and name the field
  const [issue] = checked.error.issues;
  throw invalidInput(messageOf(issue));
}
// #endregion validate
