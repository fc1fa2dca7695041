//! The ETL pipeline: it decides what happens next, and never sees a row.
use std::{
    future::{Future, poll_fn},
    task::Poll,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::future::try_maybe_done;
use jiff::Timestamp;
use temporalio_common::RetryPolicy;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityCancellationType, ActivityCloseTimeouts,
    ActivityOptions, WorkflowContext, WorkflowContextView,
    WorkflowResult, WorkflowTermination,
};
use tracing::warn;

use super::{
    activities::EtlActivities,
    types::{
        CheckInput, CompleteInput, EtlInput, EtlOutput,
        ExtractInput, FailedBatch, LoadInput, MAX_BATCHES,
        Phase, Progress, Retry, TargetType, TransformInput,
        too_many_batches, validate,
    },
};
use crate::connectors::{
    failures::{Reason, fail_with, failed, failed_so_far},
    input::Raw,
    records::Batch,
};

// #region options
// #step Check: at once, and nobody is asked
fn check_options() -> ActivityOptions {
    ActivityOptions::start_to_close_timeout(seconds(10))
}

// #step Extract: long, with a heartbeat to resume from
fn extract_options() -> ActivityOptions {
    let retry = RetryPolicy::builder()
        .initial_interval(seconds(1))
        .maximum_interval(seconds(300))
        .backoff_coefficient(2.0);
    ActivityOptions::with_close_timeouts(within(600))
        .heartbeat_timeout(seconds(60))
        .retry_policy(retry.build())
        .build()
}

// #step Transform: pure work, but staging may be away
fn transform_options() -> ActivityOptions {
    let retry = RetryPolicy::builder()
        .initial_interval(seconds(1))
        .maximum_interval(seconds(300))
        .backoff_coefficient(2.0);
    ActivityOptions::with_close_timeouts(within(300))
        .heartbeat_timeout(seconds(60))
        .retry_policy(retry.build())
        .build()
}

// #step Load: the target may be away; a cancel waits for it
fn load_options() -> ActivityOptions {
    let retry = RetryPolicy::builder()
        .initial_interval(seconds(2))
        .maximum_interval(seconds(300))
        .backoff_coefficient(2.0)
        .non_retryable_error_types(["ValidationError"]);
    ActivityOptions::with_close_timeouts(within(300))
        .heartbeat_timeout(seconds(60))
        .cancellation_type(
            ActivityCancellationType::WaitCancellationCompleted,
        )
        .retry_policy(retry.build())
        .build()
}
// #endregion options

/// How long an attempt may take; all of them, a day.
fn within(attempt: u64) -> ActivityCloseTimeouts {
    ActivityCloseTimeouts::ScheduleAndStartToClose {
        schedule_to_close: seconds(86_400),
        start_to_close: seconds(attempt),
    }
}

const MAX_REASON: usize = 200;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The pipeline's state: what the query sees.
#[workflow]
#[derive(Default)]
pub struct EtlPipeline {
    progress: Progress,
}

#[workflow_methods]
impl EtlPipeline {
    /// Extracts from all sources, transforms, loads; answers how many records went where.
    // #region start
    #[run(name = "ETLPipeline")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        raw: Raw,
    ) -> WorkflowResult<EtlOutput> {
        // #step Refuse bad input at once
        let mut input = validate(&raw)?;

        // #step Take the time from the workflow's clock
        let started = millis(ctx.workflow_time());
        let processed_at = to_iso(started);

        // #step A retry goes on with what a run before has staged
        let retry = input.retry.take();
        let retry = retry.unwrap_or_else(|| Retry {
            run_id: ctx.run_id().to_owned(),
            processed_at,
            loaded_parts: 0,
            batches: vec![],
        });
        Self::etl(ctx, input, started, retry).await
    }

    // #step Answer the progress query at any moment
    #[query(name = "progress")]
    pub fn progress(
        &self,
        _ctx: &WorkflowContextView,
    ) -> Progress {
        self.progress.clone()
    }

    async fn etl(
        ctx: &WorkflowContext<Self>,
        input: EtlInput,
        started: i64,
        retry: Retry,
    ) -> WorkflowResult<EtlOutput> {
        let EtlInput {
            pipeline_id,
            sources,
            target,
            batch_size,
            keep_staging,
            ..
        } = input;
        let Retry {
            run_id, processed_at, batches: waiting, ..
        } = retry;

        // #step A target that cannot be meant costs no reading
        let check = ctx.execute_activity(
            EtlActivities::check_target,
            CheckInput { target: target.clone() },
            check_options(),
        );
        check.await.map_err(fail_with("target"))?;
        // #endregion start

        // #region extract
        // #step Read all sources at the same time; a retry, none
        let sources =
            if waiting.is_empty() { sources } else { vec![] };
        let reads = sources.into_iter().map(|source| async {
            let what = format!("source {}", source.source_id);
            let extract = ctx.execute_activity(
                EtlActivities::extract_data,
                ExtractInput { source, batch_size },
                extract_options(),
            );
            match extract.await {
                Ok(extracted) => {
                    let read = count_of(&extracted.batches);
                    ctx.state_mut(|s| s.add(read));
                    Ok(extracted.batches)
                }
                // #step A source that fails for good fails the pipeline
                Err(error) => {
                    let failure = failed(&what, error)?;
                    Err(WorkflowTermination::from(failure))
                }
            }
        });

        // #step Only references come back
        let staged = try_join_all(reads).await?.concat();
        let total = count_of(&staged) + count_of(&waiting);

        // #step Bound the history of the whole run
        if staged.len() > MAX_BATCHES {
            return Err(too_many_batches().into());
        }
        // #endregion extract

        // #region transform
        ctx.state_mut(|s| s.enter(Phase::Transform, total));
        let mut transformed = waiting;
        for batch in staged {
            let count = batch.count;
            let processed_at = processed_at.clone();
            // #step One batch at a time
            let transform = ctx.execute_activity(
                EtlActivities::transform_data,
                TransformInput { batch, processed_at },
                transform_options(),
            );
            match transform.await {
                Ok(result) => transformed.push(result.batch),
                // #step A batch that cannot be typed fails the pipeline
                Err(error) => {
                    let failure = failed("transform", error)?;
                    return Err(failure.into());
                }
            }
            ctx.state_mut(|s| s.add(count));
        }
        // #endregion transform

        // #region load
        ctx.state_mut(|s| s.enter(Phase::Load, total));
        let in_folder =
            target.target_type != TargetType::Database;
        let mut successful = 0;
        let mut failed_batches = Vec::new();
        let batches = transformed.len();
        for batch in transformed {
            let Batch { uri, count, .. } = batch.clone();
            let pipeline_id = pipeline_id.clone();
            let run_id = run_id.clone();
            let target = target.clone();
            let processed_at = processed_at.clone();
            // #step Load one batch
            let load = ctx.execute_activity(
                EtlActivities::load_data,
                LoadInput {
                    pipeline_id,
                    run_id,
                    target,
                    batch,
                    processed_at,
                },
                load_options(),
            );
            match load.await {
                Ok(load) => successful += load.loaded_count,
                Err(error) => {
                    let Reason { kind, words } =
                        Reason::of(&error);
                    // #step A rejected batch costs itself, and is listed
                    if kind == "ValidationError" {
                        let batch = not_loaded(uri, &words);
                        warn_of(ctx, &batch);
                        failed_batches.push(batch);
                    } else {
                        // #step Anything else fails the run, and says how far it came
                        let there = if in_folder {
                            0
                        } else {
                            successful
                        };
                        let far = format!(
                            " ({there} of {total} records loaded)"
                        );
                        let failure = failed_so_far(
                            "target", error, &far,
                        )?;
                        return Err(failure.into());
                    }
                }
            }
            ctx.state_mut(|s| s.add(count));
        }

        // #step Show all at once; staging goes, unless it is needed
        let rejected = failed_batches.len();
        let parts = batches - rejected;
        let complete = ctx.execute_activity(
            EtlActivities::complete_load,
            CompleteInput {
                pipeline_id: pipeline_id.clone(),
                run_id,
                target,
                processed_at,
                parts: parts + retry.loaded_parts,
                keep_staging: keep_staging == Some(true)
                    || rejected > 0,
            },
            load_options(),
        );
        complete.await.map_err(fail_with("target"))?;
        // #endregion load

        // #region result
        // #step Count what arrived and what did not
        ctx.state_mut(|s| s.progress.phase = Phase::Done);
        let ended = millis(ctx.workflow_time());
        Ok(EtlOutput {
            pipeline_id,
            total_records: total,
            successful_records: successful,
            failed_records: total - successful,
            failed_batches,
            duration_seconds: (ended - started) / 1000,
        })
        // #endregion result
    }
}

impl EtlPipeline {
    fn enter(&mut self, phase: Phase, total: usize) {
        self.progress = Progress { phase, processed: 0, total };
    }

    fn add(&mut self, records: usize) {
        self.progress.processed += records;
    }
}

/// A batch that the target refused; the history has room for the first words.
fn not_loaded(uri: String, reason: &str) -> FailedBatch {
    let reason = reason.chars().take(MAX_REASON).collect();
    FailedBatch { uri, reason }
}

/// Logs it, but not again in each replay.
fn warn_of(
    ctx: &WorkflowContext<EtlPipeline>,
    batch: &FailedBatch,
) {
    if !ctx.is_replaying() {
        let FailedBatch { uri, reason } = batch;
        warn!(uri, %reason, "batch not loaded");
    }
}

fn count_of(batches: &[Batch]) -> usize {
    batches.iter().map(|batch| batch.count).sum()
}

/// Milliseconds since the epoch, by the workflow's clock.
fn millis(time: Option<SystemTime>) -> i64 {
    let time = time.expect("a workflow that runs has a clock");
    let since = time.duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_millis() as i64
}

/// RFC 3339 in UTC with milliseconds, as JavaScript writes it.
fn to_iso(millis: i64) -> String {
    let time =
        Timestamp::from_millisecond(millis).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Like the SDK's `join_all`, but over at the first failure. The `try_join_all` of futures wakes itself
/// when it joins more than 30: the SDK's detector takes that for foreign and stops the workflow.
async fn try_join_all<F, T, E>(
    futures: impl IntoIterator<Item = F>,
) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut all: Vec<_> = futures
        .into_iter()
        .map(|future| Box::pin(try_maybe_done(future)))
        .collect();
    poll_fn(|cx| {
        let mut done = true;
        for one in &mut all {
            done &= one.as_mut().poll(cx)?.is_ready();
        }
        if done { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await?;
    Ok(all
        .iter_mut()
        .filter_map(|one| one.as_mut().take_output())
        .collect())
}
