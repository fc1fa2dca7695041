/** Faults that people make in an ETL pipeline, and the scenario that kills each. */
import type { Fault } from '../../proof/faults.list.ts';

const TS = 'examples/ts';
const GO = 'examples/reference/go';
const RUST = 'examples/reference/rust/src';

const UPSERT = `ON CONFLICT (id) DO UPDATE SET data = excluded.data,
  processed_at = excluded.processed_at,
  version = excluded.version`;
const BEHIND = 'WHERE id > $1 ORDER BY id LIMIT $2';
const AT_OR_BEHIND = 'WHERE id >= $1 ORDER BY id LIMIT $2';

const throttled = 'API answers 429 with Retry-After 3600: an hour is skipped, and the read resumes';

export default [
  {
    name: 'plain INSERT instead of an upsert',
    killer: 'the same run twice leaves the target as it was',
    ts: { file: `${TS}/connectors/postgres.ts`, find: UPSERT, replace: '' },
    go: { file: `${GO}/connectors/postgres.go`, find: UPSERT, replace: '' },
    rust: { file: `${RUST}/connectors/postgres.rs`, find: UPSERT, replace: '' },
  },
  {
    name: 'the retry policy of the extract is left out: it is tried for ever',
    killer: 'API answers 503 for good',
    ts: {
      file: `${TS}/etl/workflow.ts`,
      find: `retry: {
        maximumAttempts: 5,
        initialInterval: '1 second',
        maximumInterval: '60 seconds',
        backoffCoefficient: 2,
      },`,
      replace: '',
    },
    go: {
      file: `${GO}/etl/workflow.go`,
      find: `RetryPolicy: &temporal.RetryPolicy{
        MaximumAttempts: 5,
        InitialInterval: time.Second,
        MaximumInterval: 60 * time.Second,
        BackoffCoefficient: 2,
      },`,
      replace: '',
    },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: `.heartbeat_timeout(seconds(60))
        .retry_policy(retry.build())`,
      replace: '.heartbeat_timeout(seconds(60))',
    },
  },
  {
    name: 'what can never succeed is tried again',
    killer: 'API answers JSON of another shape: final',
    ts: {
      file: `${TS}/connectors/failures.ts`,
      find: `ApplicationFailure.nonRetryable(
        message,
        'ValidationError',`,
      replace: `ApplicationFailure.retryable(message, 'ValidationError',`,
    },
    go: {
      file: `${GO}/connectors/failures.go`,
      find: 'temporal.NewNonRetryableApplicationError(message, "ValidationError", nil)',
      replace: 'temporal.NewApplicationError(message, "ValidationError")',
    },
    rust: {
      file: `${RUST}/connectors/failures.rs`,
      find: 'failure("ValidationError", message, true, None)',
      replace: 'failure("ValidationError", message, false, None)',
    },
  },
  {
    name: 'a client error counts as a server error: it is tried again',
    killer: 'API does not know the list: final',
    ts: {
      file: `${TS}/connectors/http.ts`,
      find: 'response.status >= 500',
      replace: 'response.status >= 400',
    },
    go: { file: `${GO}/connectors/http.go`, find: 'status >= 500', replace: 'status >= 400' },
    rust: {
      file: `${RUST}/connectors/http.rs`,
      find: 'if status.is_server_error() {',
      replace: 'if status.as_u16() >= 400 {',
    },
  },
  {
    name: 'Retry-After is ignored',
    killer: throttled,
    ts: { file: `${TS}/connectors/failures.ts`, find: 'nextRetryDelay: seconds * 1000,', replace: '' },
    go: {
      file: `${GO}/connectors/failures.go`,
      find: 'temporal.ApplicationErrorOptions{NextRetryDelay: delay}',
      replace: 'temporal.ApplicationErrorOptions{}',
    },
    rust: {
      file: `${RUST}/connectors/failures.rs`,
      find: 'failure("RateLimited", message, false, Some(after))',
      replace: 'failure("RateLimited", message, false, None)',
    },
  },
  {
    name: 'a retry does not resume: it reads all pages again',
    killer: throttled,
    ts: {
      file: `${TS}/etl/activities.ts`,
      find: 'const last: Progress = heartbeatDetails ?? {',
      replace: 'const last: Progress = {',
    },
    go: {
      file: `${GO}/etl/activities.go`,
      find: '_ = activity.GetHeartbeatDetails(ctx, &last) // may be none',
      replace: '',
    },
    rust: {
      file: `${RUST}/etl/activities.rs`,
      find: 'last.unwrap_or_default();',
      replace: '(|_: Option<Progress>| Progress::default())(last);',
    },
  },
  {
    name: 'the heartbeat tells the cursor that the attempt began with: a retry stages pages twice',
    killer: throttled,
    ts: {
      file: `${TS}/etl/activities.ts`,
      find: 'heartbeat({ cursor, batches });',
      replace: 'heartbeat({ cursor: last.cursor, batches });',
    },
    go: {
      file: `${GO}/etl/activities.go`,
      find: 'checkpoint{page.Cursor, batches}',
      replace: 'checkpoint{last.Cursor, batches}',
    },
    rust: {
      file: `${RUST}/etl/activities.rs`,
      find: 'let Page { mut records, cursor } = page;',
      replace: 'let (mut records, cursor) = (page.records, cursor.clone());',
    },
  },
  {
    name: '>= for >: a page of the database begins with the last record of the page before',
    killer: 'the same run twice leaves the target as it was',
    ts: { file: `${TS}/connectors/postgres.ts`, find: BEHIND, replace: AT_OR_BEHIND },
    go: { file: `${GO}/connectors/postgres.go`, find: BEHIND, replace: AT_OR_BEHIND },
    rust: { file: `${RUST}/connectors/postgres.rs`, find: BEHIND, replace: AT_OR_BEHIND },
  },
  {
    name: 'the last page of a file is left out when it is short',
    killer: 'a file that arrives late',
    ts: {
      file: `${TS}/connectors/csv.ts`,
      find: `if (page.length > 0) {
        yield { records: page, cursor: String(read) };
      }`,
      replace: '',
    },
    go: {
      file: `${GO}/connectors/csv.go`,
      find: `if len(page) > 0 {
        yield(Page{page, strconv.Itoa(read)}, nil)
      }`,
      replace: '',
    },
    rust: {
      file: `${RUST}/connectors/csv.rs`,
      find: '.filter(|page| !page.records.is_empty())',
      replace: '.filter(|page| page.records.len() == self.size)',
    },
  },
  {
    name: 'sources are read one after the other',
    killer: 'progress asked in the middle of extract',
    ts: [
      {
        file: `${TS}/etl/workflow.ts`,
        find: 'const extracts = input.sources.map(async (source) => {',
        replace: `const staged: Batch[] = [];
          const extract = async (source: ETLInput['sources'][number]) => {`,
      },
      {
        file: `${TS}/etl/workflow.ts`,
        find: `});

          // #step Only references come back
          const staged = (await Promise.all(extracts)).flat();`,
        replace: `};
          for (const source of input.sources) staged.push(...(await extract(source)));`,
      },
    ],
    go: {
      file: `${GO}/etl/workflow.go`,
      find: 'arrivals.AddFuture(extract,',
      replace: `_ = extract.Get(ctx, nil)
        arrivals.AddFuture(extract,`,
    },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: 'let staged = try_join_all(reads).await?.concat();',
      replace: `let mut staged = Vec::new();
        for read in reads {
            staged.extend(read.await?);
        }`,
    },
  },
  {
    name: 'what was staged is taken unread: no hash is checked',
    killer: 'a staged batch that was changed: final',
    ts: {
      file: `${TS}/connectors/staging.ts`,
      find: `if (digest(body) !== batch.sha256) {
        throw validationError('staged batch was changed');
      }`,
      replace: '',
    },
    go: {
      file: `${GO}/connectors/staging.go`,
      find: `if digest(body) != batch.SHA256 {
        return ValidationError("staged batch was changed")
      }`,
      replace: '',
    },
    rust: {
      file: `${RUST}/connectors/staging.rs`,
      find: `if digest(&body) != batch.sha256 {
        return Err(validation_error(
            "staged batch was changed",
        ));
      }`,
      replace: '',
    },
  },
  {
    name: 'records are stamped by the clock of the worker, not of the workflow',
    killer: 'every record bears one and the same time: that of the workflow',
    ts: {
      file: `${TS}/etl/activities.ts`,
      find: `metadata: { processed_at, version: '1.0' },`,
      replace: `metadata: { processed_at: new Date().toISOString(), version: '1.0' },`,
    },
    go: [
      {
        file: `${GO}/etl/activities.go`,
        find: 'ProcessedAt: input.ProcessedAt,',
        replace: 'ProcessedAt: time.Now().UTC().Format(time.RFC3339Nano),',
      },
      { file: `${GO}/etl/activities.go`, find: '"strings"', replace: '"strings"; "time"' },
    ],
    rust: {
      file: `${RUST}/etl/activities.rs`,
      find: 'Metadata { processed_at, version: "1.0".to_owned() };',
      replace: `Metadata {
          processed_at: jiff::Timestamp::now().to_string().replace(&processed_at, ""),
          version: "1.0".to_owned(),
        };`,
    },
  },
  {
    name: 'a clock in New York is read as UTC',
    killer: '5,000 flights into a folder of NDJSON parts, one a batch',
    ts: {
      file: `${TS}/domain/flights.ts`,
      find: `{ zone: 'America/New_York' }`,
      replace: `{ zone: 'utc' }`,
    },
    go: {
      file: `${GO}/domain/flights.go`,
      find: 'at.hour, at.minute, 0, 0, newYork)',
      replace: 'at.hour, at.minute, 0, 0, time.UTC)',
    },
    rust: {
      file: `${RUST}/domain/flights.rs`,
      find: 'NEW_YORK.to_timestamp(wall).ok()',
      replace: 'TimeZone::UTC.to_timestamp(wall).ok()',
    },
  },
  {
    name: 'a part is named after the number of its batch, not after its source',
    killer: '5,000 flights into a warehouse of Parquet parts, one a batch',
    ts: {
      file: `${TS}/etl/activities.ts`,
      find: 'const part = `${pipeline_id}.${source}.${number}`;',
      replace: 'const part = `${pipeline_id}.${number}`;',
    },
    go: [
      {
        file: `${GO}/etl/activities.go`,
        find: 'folder, file := path.Split',
        replace: '_, file := path.Split',
      },
      {
        file: `${GO}/etl/activities.go`,
        find: `fmt.Sprintf("%s.%s.%s",
          input.PipelineID, path.Base(folder), number)`,
        replace: 'fmt.Sprintf("%s.%s", input.PipelineID, number)',
      },
    ],
    rust: {
      file: `${RUST}/etl/activities.rs`,
      find: 'format!("{pipeline_id}.{source}.{number}")',
      replace: 'format!("{pipeline_id}.{number}")',
    },
  },
  {
    name: 'the cause of a failure is lost: only its wrapper is told',
    killer: 'missing file',
    ts: {
      file: `${TS}/connectors/failures.ts`,
      find: 'const { message, type } = causeOf(error);',
      replace: 'const [{ message }, { type }] = [error as Error, causeOf(error)];',
    },
    go: {
      file: `${GO}/connectors/failures.go`,
      find: 'kind, reason = cause.Type(), cause.Message()',
      replace: 'kind, reason = cause.Type(), err.Error()',
    },
    rust: {
      file: `${RUST}/connectors/failures.rs`,
      find: 'let reason = known.as_deref().unwrap_or("timed out");',
      replace: 'let reason = error.to_string();',
    },
  },
  {
    name: 'a batch that cannot be loaded fails the whole run',
    killer: 'one batch rejected by a CHECK constraint: it alone fails',
    ts: {
      file: `${TS}/etl/workflow.ts`,
      find: `if (failure.type === 'InvalidInput') throw failure;`,
      replace: 'if (failure.type) throw failure;',
    },
    go: {
      file: `${GO}/etl/workflow.go`,
      find: 'if isFinal(failure) {',
      replace: 'if failure != nil {',
    },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: 'if kind == Some("InvalidInput") {',
      replace: 'if kind.is_some() {',
    },
  },
  {
    name: 'cancellation is swallowed: it counts as one more batch that failed',
    killer: 'cancelled in the middle of load: it ends as cancelled',
    ts: {
      file: `${TS}/connectors/failures.ts`,
      find: 'if (isCancelled(error)) throw error;',
      replace: '',
    },
    go: {
      file: `${GO}/connectors/failures.go`,
      find: `if temporal.IsCanceledError(err) {
        return err
      }`,
      replace: '',
    },
    rust: {
      file: `${RUST}/connectors/failures.rs`,
      find: `if error.as_cancelled().is_some() {
        return Err(error.into());
      }`,
      replace: '',
    },
  },
  {
    name: 'progress stands still while batches are loaded',
    killer: 'progress asked in the middle of load, and at the end',
    ts: {
      file: `${TS}/etl/workflow.ts`,
      find: `progress.processed += batch.count;
        }
        // #endregion load`,
      replace: '}',
    },
    go: {
      file: `${GO}/etl/workflow.go`,
      find: `successful += load.LoadedCount
        progress.Processed += batch.Count`,
      replace: 'successful += load.LoadedCount',
    },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: `not_loaded(ctx, &uri, &failure);
          }
        }
        ctx.state_mut(|s| s.add(count));`,
      replace: `not_loaded(ctx, &uri, &failure);
          }
        }`,
    },
  },
  {
    name: 'a password may stand in the input: tokens alone are looked for',
    killer: 'bad input: a literal password',
    ts: { file: `${TS}/connectors/input.ts`, find: '[PASSWORD, TOKEN].every', replace: '[TOKEN].every' },
    go: {
      file: `${GO}/connectors/input.go`,
      find: '[]*regexp.Regexp{password, token}',
      replace: '[]*regexp.Regexp{token}',
    },
    rust: { file: `${RUST}/connectors/input.rs`, find: '[&PASSWORD, &TOKEN]', replace: '[&TOKEN]' },
  },
] satisfies Fault[];
