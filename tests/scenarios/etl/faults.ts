/** Faults that people make in an ETL pipeline, and the scenario that kills each. */
import type { Fault } from '../../proof/faults.list.ts';

const TS = 'examples/ts';
const GO = 'examples/reference/go';
const RUST = 'examples/reference/rust/src';

const UPSERT = `ON CONFLICT (id) DO UPDATE SET data = excluded.data,
  processed_at = excluded.processed_at,
  version = excluded.version`;
const NOT_NEWER = `WHERE coalesce( t.processed_at <= excluded.processed_at, true)`;
const BEHIND = 'WHERE t.id > ';
const AT_OR_BEHIND = 'WHERE t.id >= ';

const rejectedThenMended =
  'a batch that a rule rejected, and the rule goes: a retry loads that batch alone, and reads nothing';
const throttled = 'API answers 429 with Retry-After 3600: an hour is skipped, and the read resumes';

const outsider = 'bad input: a host that the worker may not talk to';

export default [
  {
    name: 'the worker talks to any host',
    killer: outsider,
    guard: true,
    ts: {
      file: `${TS}/connectors/allowlist.ts`,
      find: "if (!isAmong(listOf('PIPELINE_HOSTS'), host, port))",
      replace: "if (!isAmong(['*'], host, port))",
    },
    go: {
      file: `${GO}/connectors/allowlist.go`,
      find: 'if !isAmong(listOf("PIPELINE_HOSTS"), host, port) {',
      replace: 'if !isAmong([]string{"*"}, host, port) {',
    },
    rust: {
      file: `${RUST}/connectors/connection.rs`,
      find: 'check_host(peer)?;',
      replace: 'let _ = check_host;',
    },
  },
  {
    name: 'callers name any variable of the worker',
    killer: 'bad input: a variable that no caller may name',
    guard: true,
    ts: {
      file: `${TS}/connectors/allowlist.ts`,
      find: 'if (!pairs().some(([listed]) => listed === name)) {',
      replace: 'if (!pairs().some(([listed]) => listed || name)) {',
    },
    go: {
      file: `${GO}/connectors/allowlist.go`,
      find: 'return to.name == name',
      replace: 'return to.name != ""',
    },
    rust: {
      file: `${RUST}/connectors/allowlist.rs`,
      find: 'if !pairs().iter().any(|(listed, _)| listed == name) {',
      replace: 'if false {',
    },
  },
  {
    name: 'a variable goes to any host',
    killer: 'bad input: a variable that is for another host',
    guard: true,
    ts: {
      file: `${TS}/connectors/allowlist.ts`,
      find: 'if (!isAmong(hosts, host, port)) {',
      replace: "if (!isAmong(['*', ...hosts], host, port)) {",
    },
    go: {
      file: `${GO}/connectors/allowlist.go`,
      find: 'if !isAmong(hosts, host, port) {',
      replace: 'if len(hosts) == 0 {',
    },
    rust: {
      file: `${RUST}/connectors/connection.rs`,
      find: 'check_variables(&self.variables, Some(peer))',
      replace: 'Ok(())',
    },
  },
  {
    name: 'a link leads out of the roots',
    killer: 'bad input: the same, behind a link',
    guard: true,
    ts: {
      file: `${TS}/connectors/allowlist.ts`,
      find: 'return realpathSync(path);',
      replace: 'return realpathSync(path) && path;',
    },
    go: {
      file: `${GO}/connectors/allowlist.go`,
      find: `if real, err := filepath.EvalSymlinks(whole); err == nil {
        return real, true
      }`,
      replace: `if _, err := os.Lstat(whole); err == nil {
		return whole, true
	}`,
    },
    rust: {
      file: `${RUST}/connectors/allowlist.rs`,
      find: 'fs::canonicalize(path)',
      replace: 'std::path::absolute(path)',
    },
  },
  {
    name: 'a root itself is taken for a file',
    killer: 'bad input: a root, where a file is wanted',
    guard: true,
    ts: {
      file: `${TS}/connectors/allowlist.ts`,
      find: '(folder ? real : dirname(real))',
      replace: '(folder ? real : real)',
    },
    go: {
      file: `${GO}/connectors/allowlist.go`,
      find: 'inner = filepath.Dir(inner)',
      replace: 'inner += ""',
    },
    rust: { file: `${RUST}/connectors/allowlist.rs`, find: 'real.pop();', replace: 'let _ = real;' },
  },
  {
    name: 'a redirect to another port is followed unasked',
    killer: 'API redirects to TLS, at a port that the worker may not talk to',
    guard: true,
    ts: { file: `${TS}/connectors/http.ts`, find: 'if (safer) {', replace: 'if (safer && !location) {' },
    go: {
      file: `${GO}/connectors/http.go`,
      find: 'if next.Scheme != request.URL.Scheme {',
      replace: 'if next.Scheme == "" {',
    },
    rust: {
      file: `${RUST}/connectors/http.rs`,
      find: 'if to.scheme() != url.scheme()',
      replace: 'if to.host() != url.host()',
    },
  },
  {
    name: 'staging may be open to others',
    killer: 'staging that others may enter: refused',
    guard: true,
    ts: {
      file: `${TS}/connectors/staging.ts`,
      find: '|| !ours || open) {',
      replace: '|| !ours || (open && !ours)) {',
    },
    go: {
      file: `${GO}/connectors/staging.go`,
      find: 'return found.IsDir() && isOurs(found) && !open',
      replace: `_ = open
	return found.IsDir() && isOurs(found)`,
    },
    rust: {
      file: `${RUST}/connectors/staging.rs`,
      find: 'let open = found.mode() & 0o077 != 0;',
      replace: 'let open = false;',
    },
  },
  {
    name: 'staging may be a link',
    killer: 'staging behind a link: refused, and nothing is written there',
    guard: true,
    ts: {
      file: `${TS}/connectors/staging.ts`,
      find: 'if (!found.isDirectory() || !ours || open) {',
      replace: 'if (!found.isSymbolicLink() && (!ours || open)) {',
    },
    go: {
      file: `${GO}/connectors/staging.go`,
      find: 'return found.IsDir() && isOurs(found) && !open',
      replace: 'return isOurs(found) && (!open || !found.IsDir())',
    },
    rust: {
      file: `${RUST}/connectors/staging.rs`,
      find: 'fs::symlink_metadata(at).await',
      replace: 'fs::metadata(at).await',
    },
  },
  {
    name: 'staged files are for all to read',
    killer: 'staged rows are for the eyes of their user alone',
    guard: true,
    ts: { file: `${TS}/connectors/staging.ts`, find: 'body, 0o600);', replace: 'body, 0o644);' },
    go: {
      file: `${GO}/connectors/staging.go`,
      find: 'err = writeAtomically(file, body, forUs)',
      replace: 'err = writeAtomically(file, body, forAll)',
    },
    rust: {
      file: `${RUST}/connectors/staging.rs`,
      find: 'write_atomically_as(0o600, &file, body)',
      replace: 'write_atomically_as(0o644, &file, body)',
    },
  },
  {
    name: 'a secret is put into a URL as it is',
    killer: 'no secret anywhere in the history: names alone',
    guard: true,
    ts: {
      file: `${TS}/connectors/connection.ts`,
      find: 'return encoded(variable(name));',
      replace: 'return variable(name);',
    },
    go: { file: `${GO}/connectors/connection.go`, find: 'return escaped(value)', replace: 'return value' },
    rust: {
      file: `${RUST}/connectors/connection.rs`,
      find: 'url = url.replace(placeholder, &encoded.to_string());',
      replace: `let _ = encoded;
        url = url.replace(placeholder, &value);`,
    },
  },
  {
    name: 'the name of a table is put into SQL unquoted',
    killer: 'a table whose name is SQL: it is a name all the same',
    guard: true,
    ts: {
      file: `${TS}/connectors/postgres.ts`,
      find: "names.map(pg.escapeIdentifier).join('.')",
      replace: "names.join('.')",
    },
    go: {
      file: `${GO}/connectors/postgres.go`,
      find: 'return name.Sanitize(), true',
      replace: 'return strings.Join(name, "."), true',
    },
    rust: {
      file: `${RUST}/connectors/database.rs`,
      find: String.raw`format!("\"{}\"", name.replace('"', "\"\""))`,
      replace: 'name.to_string()',
    },
  },
  {
    name: 'any kind of file is read',
    killer: 'a pipe instead of a file: nobody waits at it',
    guard: true,
    ts: { file: `${TS}/connectors/csv.ts`, find: 'if (!found?.isFile())', replace: 'if (!found)' },
    go: {
      file: `${GO}/connectors/csv.go`,
      find: 'if err != nil || !found.Mode().IsRegular() {',
      replace: 'if err != nil || found == nil {',
    },
    rust: {
      file: `${RUST}/connectors/csv_reader.rs`,
      find: 'is_ok_and(|it| it.is_file())',
      replace: 'is_ok_and(|it| !it.is_dir())',
    },
  },
  {
    name: 'half of a value may be a secret: the name alone is looked for',
    killer: 'bad input: a literal secret, as in http://h/w?token=${API_TOKEN}2',
    guard: true,
    ts: {
      file: `${TS}/connectors/input.ts`,
      find: String.raw`/^(\$\{\w+\})?$/`,
      replace: String.raw`/^(\$\{\w+\}|$)/`,
    },
    go: {
      file: `${GO}/connectors/input.go`,
      find: String.raw`^(\$\{\w+\})?$`,
      replace: String.raw`^(\$\{\w+\}|$)`,
    },
    rust: {
      file: `${RUST}/connectors/input.rs`,
      find: String.raw`^(\$\{[A-Za-z0-9_]+\})?$`,
      replace: String.raw`^(\$\{[A-Za-z0-9_]+\}|$)`,
    },
  },
  {
    name: 'a secret by another name passes',
    killer: 'bad input: a literal secret, as in http://h/w?clientSecret=hunter2',
    guard: true,
    ts: { file: `${TS}/connectors/input.ts`, find: '|[a-z]*secret|', replace: '|secret|' },
    go: { file: `${GO}/connectors/input.go`, find: '[a-z]*secret|', replace: 'secret|' },
    rust: { file: `${RUST}/connectors/input.rs`, find: '[a-z]*secret|', replace: 'secret|' },
  },
  {
    name: 'a retry reads the sources again',
    killer: rejectedThenMended,
    ts: {
      file: `${TS}/etl/workflow.ts`,
      find: 'const sources = retry ? [] : input.sources;',
      replace: 'const sources = input.sources;',
    },
    go: { file: `${GO}/etl/workflow.go`, find: 'sources = nil', replace: 'sources = input.Sources' },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: `let sources =
            if waiting.is_empty() { sources } else { vec![] };`,
      replace: '',
    },
  },
  {
    name: 'a staged reference may lead anywhere',
    guard: true,
    killer: 'bad input: a retry of a batch outside of staging',
    ts: {
      file: `${TS}/connectors/staging.ts`,
      find: 'if (!inside || !STAGED.test(inside)) {',
      replace: 'if (!inside && !STAGED) {',
    },
    go: {
      file: `${GO}/connectors/staging.go`,
      find: 'if !ok || !stagedName.MatchString(inside) {',
      replace: 'if !ok && inside == "" {',
    },
    rust: {
      file: `${RUST}/connectors/staging.rs`,
      find: 'if !inside.is_some_and(|path| STAGED.is_match(path)) {',
      replace: 'if !inside.is_some_and(|path| STAGED.is_match(path)) && false {',
    },
  },
  {
    name: 'the parts that are there already are not counted',
    killer: 'a retry of one part of a folder: the parts that are there stay',
    ts: {
      file: `${TS}/etl/workflow.ts`,
      find: 'parts: parts + (retry?.loaded_parts ?? 0),',
      replace: 'parts,',
    },
    go: { file: `${GO}/etl/workflow.go`, find: 'parts + run.LoadedParts,', replace: 'parts,' },
    rust: { file: `${RUST}/etl/workflow.rs`, find: 'parts: parts + retry.loaded_parts,', replace: 'parts,' },
  },
  {
    name: 'plain INSERT instead of an upsert',
    killer: 'the same run twice leaves the target as it was',
    ts: { file: `${TS}/connectors/postgres.ts`, find: UPSERT, replace: '' },
    go: { file: `${GO}/connectors/postgres.go`, find: UPSERT, replace: '' },
    rust: { file: `${RUST}/connectors/postgres.rs`, find: UPSERT, replace: '' },
  },
  {
    name: 'what is there already is left as it is: DO NOTHING',
    killer: 'a source that changed between two runs: the target has the new values',
    ts: { file: `${TS}/connectors/postgres.ts`, find: UPSERT, replace: 'ON CONFLICT (id) DO NOTHING' },
    go: { file: `${GO}/connectors/postgres.go`, find: UPSERT, replace: 'ON CONFLICT (id) DO NOTHING' },
    rust: { file: `${RUST}/connectors/postgres.rs`, find: UPSERT, replace: 'ON CONFLICT (id) DO NOTHING' },
  },
  {
    name: 'the schedule-to-close timeout of the extract is left out: it is tried for ever',
    killer: 'API answers 503 for good: after a day the run fails',
    ts: {
      file: `${TS}/etl/workflow.ts`,
      find: `scheduleToCloseTimeout: '86400 seconds',
      startToCloseTimeout: '600 seconds',`,
      replace: `startToCloseTimeout: '600 seconds',`,
    },
    go: {
      file: `${GO}/etl/workflow.go`,
      find: `ScheduleToCloseTimeout: day,
      StartToCloseTimeout:    600 * time.Second,`,
      replace: 'StartToCloseTimeout: 600 * time.Second,',
    },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: 'ActivityOptions::with_close_timeouts(within(600))',
      replace: 'ActivityOptions::with_start_to_close_timeout(seconds(600))',
    },
  },
  {
    name: 'attempts are counted: five are all, though some made progress',
    killer: 'API says no five times before it answers, and between pages: no attempt is held against it',
    ts: {
      file: `${TS}/etl/workflow.ts`,
      find: `startToCloseTimeout: '600 seconds',
      heartbeatTimeout: '60 seconds',
      retry: {`,
      replace: `startToCloseTimeout: '600 seconds',
      heartbeatTimeout: '60 seconds',
      retry: { maximumAttempts: 5,`,
    },
    go: {
      file: `${GO}/etl/workflow.go`,
      find: `StartToCloseTimeout: 600 * time.Second,
      HeartbeatTimeout: 60 * time.Second,
      RetryPolicy: &temporal.RetryPolicy{`,
      replace: `StartToCloseTimeout: 600 * time.Second,
      HeartbeatTimeout: 60 * time.Second,
      RetryPolicy: &temporal.RetryPolicy{ MaximumAttempts: 5,`,
    },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: `.backoff_coefficient(2.0);
      ActivityOptions::with_close_timeouts(within(600))`,
      replace: `.backoff_coefficient(2.0).maximum_attempts(5);
      ActivityOptions::with_close_timeouts(within(600))`,
    },
  },
  {
    name: 'an outage costs a batch, and the run says that it completed',
    killer: 'database away for good during load: after a day the run fails, and says how much is loaded',
    ts: {
      file: `${TS}/etl/workflow.ts`,
      find: `if (type === 'ValidationError') {`,
      replace: `if (type !== 'InvalidInput') {`,
    },
    go: {
      file: `${GO}/etl/workflow.go`,
      find: 'if kind == "ValidationError" {',
      replace: 'if err != nil && kind != "InvalidInput" {',
    },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: 'if kind == "ValidationError" {',
      replace: 'if kind != "InvalidInput" {',
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
      find: 'status >= 500 || status === 408',
      replace: 'status >= 400',
    },
    go: { file: `${GO}/connectors/http.go`, find: 'status >= 500', replace: 'status >= 400' },
    rust: {
      file: `${RUST}/connectors/http.rs`,
      find: 'status.as_u16() >= 500',
      replace: 'status.as_u16() >= 400',
    },
  },
  {
    name: 'Retry-After is ignored',
    killer: throttled,
    ts: { file: `${TS}/connectors/failures.ts`, find: 'nextRetryDelay: seconds * 1000,', replace: '' },
    go: {
      file: `${GO}/connectors/failures.go`,
      find: `"RateLimited",
      temporal.ApplicationErrorOptions{NextRetryDelay: delay}`,
      replace: '"RateLimited", temporal.ApplicationErrorOptions{}',
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
      find: 'let last: Progress | undefined = info.heartbeatDetails;',
      replace: 'let last = undefined as Progress | undefined;',
    },
    go: {
      file: `${GO}/etl/activities.go`,
      find: 'if !activity.HasHeartbeatDetails(ctx) {',
      replace: 'if activity.HasHeartbeatDetails(ctx) || true {',
    },
    rust: {
      file: `${RUST}/etl/activities.rs`,
      find: 'let last = last_progress(&ctx)?;',
      replace: 'let last = last_progress(&ctx)?.filter(|_| false);',
    },
  },
  {
    name: 'the heartbeat tells the cursor that the attempt began with: a retry stages pages twice',
    killer: throttled,
    ts: {
      file: `${TS}/etl/activities.ts`,
      find: 'last = { cursor, staged };',
      replace: `last = { cursor: last?.cursor ?? '', staged };`,
    },
    go: {
      file: `${GO}/etl/activities.go`,
      find: 'checkpoint{page.Cursor, list}',
      replace: 'checkpoint{last.cursor(), list}',
    },
    rust: {
      file: `${RUST}/etl/activities.rs`,
      find: 'let Page { mut records, cursor } = page;',
      replace: 'let (mut records, cursor) = (page.records, cursor.to_owned());',
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
        find: 'const extracts = sources.map(async (source) => {',
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
      find: `if (digest(body) !== batch.sha256 || count !== batch.count) {
        throw validationError('staged batch was changed');
      }`,
      replace: '',
    },
    go: {
      file: `${GO}/connectors/staging.go`,
      find: `if digest(body) != batch.SHA256 || count != batch.Count {
        return ValidationError("staged batch was changed")
      }`,
      replace: '_ = count',
    },
    rust: {
      file: `${RUST}/connectors/staging.rs`,
      find: `if digest(&body) != batch.sha256 || count != batch.count {
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
        find: 'ProcessedAt: input.ProcessedAt, Version: "1.0",',
        replace: 'ProcessedAt: time.Now().UTC().Format(time.RFC3339Nano), Version: "1.0",',
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
      find: `IANAZone.create('America/New_York')`,
      replace: `IANAZone.create('UTC')`,
    },
    go: {
      file: `${GO}/domain/flights.go`,
      find: 'time.LoadLocation("America/New_York")',
      replace: 'time.LoadLocation("UTC")',
    },
    rust: {
      file: `${RUST}/domain/flights.rs`,
      find: 'static NEW_YORK: TimeZone = tz::get!("America/New_York");',
      replace: 'static NEW_YORK: TimeZone = TimeZone::UTC;',
    },
  },
  {
    name: 'a part is named after the number of its batch, not after its source',
    killer: '5,000 flights into a warehouse of Parquet parts, one a batch',
    ts: {
      file: `${TS}/etl/activities.ts`,
      find: "const part = `${source}.${number?.split('.')[0]}`;",
      replace: "const part = `${source && number?.split('.')[0]}`;",
    },
    go: {
      file: `${GO}/etl/activities.go`,
      find: 'part := path.Base(path.Dir(batch)) + "." + number',
      replace: 'part := number',
    },
    rust: {
      file: `${RUST}/etl/activities.rs`,
      find: 'format!("{source}.{number}")',
      replace: 'number.get(source.len() * 0..).unwrap_or_default().to_owned()',
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
      find: 'what+": "+reason, kind, err)',
      replace: 'what+": "+reason+err.Error(), kind, err)',
    },
    rust: {
      file: `${RUST}/connectors/failures.rs`,
      find: 'let message = format!("{what}: {words}{so_far}");',
      replace: 'let message = format!("{what}: {words}{so_far}{error}");',
    },
  },
  {
    name: 'a batch that cannot be loaded fails the whole run',
    killer: 'one batch rejected by a CHECK constraint: it alone fails, and is named',
    ts: {
      file: `${TS}/etl/workflow.ts`,
      find: `if (type === 'ValidationError') {`,
      replace: `if (type === 'never') {`,
    },
    go: {
      file: `${GO}/etl/workflow.go`,
      find: 'if kind == "ValidationError" {',
      replace: 'if kind == "never" {',
    },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: 'if kind == "ValidationError" {',
      replace: 'if kind == "never" {',
    },
  },
  {
    name: 'cancellation is swallowed: it counts as one more batch that failed',
    killer: 'cancelled in the middle of load: the write is stopped, then it ends as cancelled',
    ts: {
      file: `${TS}/connectors/failures.ts`,
      find: 'if (isCancelled(error)) throw cancelled(error);',
      replace: '',
    },
    go: {
      file: `${GO}/etl/workflow.go`,
      find: 'if kind == "ValidationError" {',
      replace: 'if kind == "ValidationError" || temporal.IsCanceledError(err) {',
    },
    rust: {
      file: `${RUST}/connectors/failures.rs`,
      find: `if is_cancelled(&error) {
        return Err(WorkflowTermination::cancelled());
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

        // #step Show all`,
      replace: `}

        // #step Show all`,
    },
    go: {
      file: `${GO}/etl/workflow.go`,
      find: `successful += load.LoadedCount
        progress.Processed += batch.Count`,
      replace: 'successful += load.LoadedCount',
    },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: `ctx.state_mut(|s| s.add(count));
        }

        // #step Show all`,
      replace: `let _ = count;
        }

        // #step Show all`,
    },
  },
  {
    name: 'a password may stand in the input: tokens alone are looked for',
    killer: 'bad input: a literal password',
    guard: true,
    ts: {
      file: `${TS}/connectors/input.ts`,
      find: 'const SECRETS = [PASSWORD, TOKEN,',
      replace: 'const SECRETS = [PASSWORD && TOKEN,',
    },
    go: {
      file: `${GO}/connectors/input.go`,
      find: '[]*regexp.Regexp{password, token,',
      replace: '[]*regexp.Regexp{token,',
    },
    rust: { file: `${RUST}/connectors/input.rs`, find: '[&PASSWORD, &TOKEN,', replace: '[&TOKEN,' },
  },
  {
    name: 'a run that was overtaken writes its older values over the newer ones',
    killer: 'a run that is overtaken by a newer one: the values of the newer stay',
    ts: { file: `${TS}/connectors/postgres.ts`, find: NOT_NEWER, replace: '' },
    go: { file: `${GO}/connectors/postgres.go`, find: NOT_NEWER, replace: '' },
    rust: {
      file: `${RUST}/connectors/postgres.rs`,
      find: 'WHERE coalesce(t.processed_at <= excluded.processed_at, true)',
      replace: '',
    },
  },
  {
    name: 'a run that was overtaken takes the folder for its own',
    killer: 'a run that is overtaken by a newer one: the folder keeps the newer, and the run says so',
    ts: { file: `${TS}/connectors/folder.ts`, find: 'found > run', replace: 'found === undefined' },
    go: {
      file: `${GO}/connectors/folder.go`,
      find: 'parts.runOf(name) > run {',
      replace: 'parts.runOf(name) == "none" {',
    },
    rust: {
      file: `${RUST}/connectors/folder.rs`,
      find: 'runs.any(|found| found > run.as_str())',
      replace: 'runs.any(|found| found == "none")',
    },
  },
  {
    name: 'parts of the run before stay in the folder',
    killer: 'four rows into a folder by two, then the same by four: it holds four',
    ts: { file: `${TS}/connectors/folder.ts`, find: 'found < run || name', replace: 'name' },
    go: {
      file: `${GO}/connectors/folder.go`,
      find: 'if old || name == "."+run {',
      replace: 'if _ = old; name == "."+run {',
    },
    rust: {
      file: `${RUST}/connectors/folder.rs`,
      find: 'if found < run.as_str() || name',
      replace: 'if found.is_empty() || name',
    },
  },
  {
    name: 'what is staged is never removed',
    killer: 'four rows into a folder by two, then the same by four: it holds four',
    ts: {
      file: `${TS}/etl/activities.ts`,
      find: 'if (!input.keep_staging) {',
      replace: 'if (input.keep_staging) {',
    },
    go: {
      file: `${GO}/etl/activities.go`,
      find: 'if !input.KeepStaging {',
      replace: 'if input.KeepStaging {',
    },
    rust: {
      file: `${RUST}/etl/activities.rs`,
      find: 'if !input.keep_staging {',
      replace: 'if input.keep_staging {',
    },
  },
  {
    name: 'a load sends no heartbeat: it never hears of a cancellation',
    killer: 'cancelled in the middle of load: the write is stopped, then it ends as cancelled',
    ts: {
      file: `${TS}/etl/activities.ts`,
      find: `// #step Stay alive, and hear of a cancellation
      using _ = stayAlive();`,
      replace: '// #step Stay alive, and hear of a cancellation',
    },
    go: {
      file: `${GO}/etl/activities.go`,
      find: `// #step Stay alive, and hear of a cancellation
      done := connectors.StayAlive(ctx, connectors.NoDetails)
      defer done()`,
      replace: '// #step Stay alive, and hear of a cancellation',
    },
    rust: {
      file: `${RUST}/etl/activities.rs`,
      find: `// #step Stay alive, and hear of a cancellation
      let _alive = stay_alive(&ctx, ());`,
      replace: '// #step Stay alive, and hear of a cancellation',
    },
  },
  {
    name: 'the target is looked at only when everything has been read',
    killer: 'bad input: the same in the target',
    ts: {
      file: `${TS}/etl/workflow.ts`,
      find: `await CheckTarget({ target }).catch(failWith('target'));`,
      replace: '',
    },
    go: {
      file: `${GO}/etl/workflow.go`,
      find: `err = workflow.ExecuteActivity(
        checkCtx, CheckTarget, target).Get(ctx, nil)`,
      replace: '_, _ = checkCtx, target',
    },
    rust: {
      file: `${RUST}/etl/workflow.rs`,
      find: 'check.await.map_err(fail_with("target"))?;',
      replace: 'drop(check);',
    },
  },
] satisfies Fault[];
