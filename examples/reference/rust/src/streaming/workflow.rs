//! The stream: it keeps the cursor, the watermark and the open windows, and never sees an event.
use std::time::Duration;

use temporalio_common::RetryPolicy;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityOptions, CancellableFuture, SyncWorkflowContext,
    WorkflowContext, WorkflowContextView, WorkflowResult,
    workflows::select,
};

use super::{
    activities::StreamActivities,
    types::{
        Carried, Phase, ProcessInput, Progress, ReadInput,
        ReadOutput, StreamInput, StreamOutput, Window,
        WriteInput, validate,
    },
    windows::end_of,
};
use crate::connectors::{failures::fail_with, input::Raw};

const MAX_EVENTS: usize = 500;
const MAX_WINDOWS: usize = 1000;
const MAX_HISTORY: u32 = 1500;

// #region options
// #step All three: short, and retried for as long as it takes
fn options() -> ActivityOptions {
    let retry = RetryPolicy::builder()
        .initial_interval(seconds(1))
        .maximum_interval(seconds(60))
        .backoff_coefficient(2.0);
    ActivityOptions::with_start_to_close_timeout(seconds(60))
        .retry_policy(retry.build())
        .build()
}
// #endregion options

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The stream's state: what the signal sets, and what the query sees.
// #region messages
#[workflow]
#[derive(Default)]
pub struct StreamProcessing {
    // #step The signal that stops the stream
    stopped: bool,

    // #step The query that asks how far it is
    phase: Phase,
    lateness: i64,
    so_far: Carried,
}
// #endregion messages

#[workflow_methods]
impl StreamProcessing {
    /// Reads, windows and publishes until it is told to stop; answers what it did in all its runs.
    // #region start
    #[run(name = "StreamProcessing")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        raw: Raw,
    ) -> WorkflowResult<StreamOutput> {
        // #step Refuse bad input at once
        let mut input = validate(&raw)?;
        let size = input.window_size_seconds;
        let lateness =
            input.allowed_lateness_seconds.unwrap_or(size);

        // #step Go on where the last run ended
        let so_far = input.carried.take().unwrap_or_default();
        ctx.state_mut(|s| {
            s.lateness = lateness;
            s.so_far = so_far;
        });
        Self::stream(ctx, input, lateness).await
    }

    // #step Hear the signal at any moment
    #[signal(name = "stop_streaming")]
    pub fn stop(
        &mut self,
        _ctx: &mut SyncWorkflowContext<Self>,
        _whatever: Raw,
    ) {
        self.stopped = true;
    }

    // #step Answer the query at any moment
    #[query(name = "progress")]
    pub fn progress(
        &self,
        _ctx: &WorkflowContextView,
    ) -> Progress {
        let so_far = self.so_far.clone();
        Progress {
            phase: self.phase,
            processed: so_far.total_events,
            total: 0,
            windows: so_far.processed_windows,
            late: so_far.late_events,
            dead: so_far.dead_events,
            cursor: so_far.cursor,
            watermark: so_far.watermark,
            lateness_seconds: self.lateness,
        }
    }
    // #endregion start

    async fn stream(
        ctx: &WorkflowContext<Self>,
        input: StreamInput,
        lateness: i64,
    ) -> WorkflowResult<StreamOutput> {
        let target = &input.target_topic;
        let size = input.window_size_seconds;
        let pause = input
            .idle_timeout_seconds
            .map_or(size, |it| it.min(size))
            .unsigned_abs();
        let patience = input
            .idle_timeout_seconds
            .map_or(u64::MAX, i64::unsigned_abs);
        let before = ctx.state(|s| s.so_far.processed_windows);

        // #region loop
        while !ctx.state(stopped) {
            // #step Read what is new behind the cursor
            ctx.state_mut(|s| s.phase = Phase::Reading);
            let read = ctx.execute_activity(
                StreamActivities::read_stream_events,
                ReadInput {
                    topic: input.source_topic.clone(),
                    cursor: ctx.state(|s| s.so_far.cursor),
                    max_events: MAX_EVENTS,
                },
                options(),
            );
            let read = read.await;
            let ReadOutput { batch, cursor } =
                read.map_err(fail_with("source topic"))?;

            // #step Nothing new: sleep one window, or until the signal
            match batch {
                None => {
                    ctx.state_mut(
                        |Self { phase, so_far, .. }| {
                            *phase = Phase::Idle;
                            so_far.cursor = cursor;
                        },
                    );
                    let mut sleep = ctx.timer(seconds(pause));
                    select! {
                        woken = ctx.wait_condition(stopped) => {
                            woken?;
                            sleep.cancel();
                        }
                        _ = sleep => {}
                    }
                    if !ctx.state(stopped) {
                        ctx.state_mut(|s| {
                            s.so_far.idle_seconds += pause
                        });
                    }

                    // #step Idle for too long: close what is open
                    let so_far = so_far(ctx);
                    if so_far.idle_seconds >= patience {
                        let open = so_far.open_windows;
                        let end = end_of(&open, size);
                        write(ctx, &input, open).await?;
                        ctx.state_mut(
                            |Self { so_far, .. }| {
                                so_far.watermark = end
                                    .or(so_far.watermark.take());
                                so_far.open_windows.clear();
                                so_far.idle_seconds = 0;
                            },
                        );
                    }
                }
                Some(batch) => {
                    // #step Sort the events into windows
                    let count = batch.count;
                    let so_far = so_far(ctx);
                    let process = ctx.execute_activity(
                        StreamActivities::process_stream_events,
                        ProcessInput {
                            batch,
                            target_topic: target.clone(),
                            window_size_seconds: size,
                            allowed_lateness_seconds: lateness,
                            watermark: so_far.watermark,
                            open_windows: so_far.open_windows,
                        },
                        options(),
                    );
                    let done = process.await;
                    let done =
                        done.map_err(fail_with("events"))?;

                    // #step Publish the windows that are closed
                    let closed = done.closed_windows;
                    write(ctx, &input, closed).await?;

                    // #step Only now is the batch behind us
                    ctx.state_mut(|Self { so_far, .. }| {
                        so_far.cursor = cursor;
                        so_far.idle_seconds = 0;
                        so_far.watermark = done.watermark;
                        so_far.open_windows = done.open_windows;
                        so_far.total_events += count;
                        so_far.late_events += done.late_events;
                        so_far.dead_events += done.dead_events;
                    });
                }
            }

            // #step Begin a new history before this one is long
            let carried = so_far(ctx);
            let windows = carried.processed_windows - before;
            let full = ctx.continue_as_new_suggested()
                || ctx.history_length() >= MAX_HISTORY
                || windows >= MAX_WINDOWS;
            if full && !ctx.state(stopped) {
                let next = input.carrying(carried);
                ctx.continue_as_new(next, Default::default())?;
            }
        }
        // #endregion loop

        // #region stop
        // #step Publish the windows that are open, as far as they are
        ctx.state_mut(|s| s.phase = Phase::Stopping);
        let open = so_far(ctx).open_windows;
        write(ctx, &input, open).await?;

        // #step Answer the totals, and where another can go on
        ctx.state_mut(|s| s.phase = Phase::Done);
        let carried = so_far(ctx);
        Ok(StreamOutput {
            stream_id: input.stream_id,
            total_events: carried.total_events,
            processed_windows: carried.processed_windows,
            carried,
        })
        // #endregion stop
    }
}

/// Publishes windows, and counts them.
async fn write(
    ctx: &WorkflowContext<StreamProcessing>,
    input: &StreamInput,
    windows: Vec<Window>,
) -> WorkflowResult<()> {
    let count = windows.len();
    if count == 0 {
        return Ok(());
    }
    let write = ctx.execute_activity(
        StreamActivities::write_stream_results,
        WriteInput {
            stream_id: input.stream_id.clone(),
            topic: input.target_topic.clone(),
            windows,
        },
        options(),
    );
    write.await.map_err(fail_with("target topic"))?;
    ctx.state_mut(|s| s.so_far.processed_windows += count);
    Ok(())
}

fn so_far(ctx: &WorkflowContext<StreamProcessing>) -> Carried {
    ctx.state(|s| s.so_far.clone())
}

fn stopped(stream: &StreamProcessing) -> bool {
    stream.stopped
}
