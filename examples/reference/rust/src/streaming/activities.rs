//! The three activities of the stream: all that touches topics and events.
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use temporalio_macros::activities;
use temporalio_sdk::activities::{
    ActivityContext, ActivityError,
};

use super::{
    types::{
        MAX_OPEN_WINDOWS, ProcessInput, ProcessOutput,
        ReadInput, ReadOutput, Window, WriteInput,
        too_many_windows,
    },
    windows::{Sorted, Windowing, sort_events},
};
use crate::connectors::{
    json::number,
    ndjson::to_json,
    staging::{fetch_staged, stage, staged_at, unstage_behind},
    topic::{Message, publish, read_topic},
};

/// How far the clock that dates an event may be ahead of ours, in seconds.
const AHEAD: i64 = 24 * 3600;

/// The activities, as a worker hosts them.
pub struct StreamActivities;

#[activities]
impl StreamActivities {
    /// Reads what is new behind the cursor, into staging.
    // #region read
    #[activity(name = "ReadStreamEvents")]
    pub async fn read_stream_events(
        ctx: ActivityContext,
        input: ReadInput,
    ) -> Result<ReadOutput, ActivityError> {
        let ReadInput { topic, cursor, max_events } = input;

        // #step Bounded: from the cursor, at most so many
        let page =
            read_topic(&topic, cursor, max_events).await?;
        if page.messages.is_empty() {
            let cursor = page.cursor;
            return Ok(ReadOutput { batch: None, cursor });
        }

        // #step Stage the events, keep the reference
        let events = format!("{}/events", run_id(&ctx));
        let part = format!("{cursor:012}");
        let folder = staged_at(&format!("{events}/{part}"));
        let batch = stage(folder, &page.messages).await?;

        // #step Batches before this one are done with
        unstage_behind(&events, &part).await;
        let batch = Some(batch);
        Ok(ReadOutput { batch, cursor: page.cursor })
    }
    // #endregion read

    /// Sorts a batch of events into windows. The same input gives the same output, but for events of the future.
    // #region process
    #[activity(name = "ProcessStreamEvents")]
    pub async fn process_stream_events(
        _ctx: ActivityContext,
        input: ProcessInput,
    ) -> Result<ProcessOutput, ActivityError> {
        let target = &input.target_topic;

        // #step Fetch the events behind the reference
        let messages: Vec<Message> =
            fetch_staged(&input.batch).await?;

        // #step Sort the events into windows
        let before = Windowing {
            window_size_seconds: input.window_size_seconds,
            allowed_lateness_seconds: input
                .allowed_lateness_seconds,
            watermark: input.watermark,
            open_windows: input.open_windows,
            latest: Timestamp::now().as_second() + AHEAD,
        };
        let sorted = sort_events(messages, before);
        let Sorted { late, dead, .. } = sorted;

        // #step Bound what goes through the history
        if sorted.open_windows.len() > MAX_OPEN_WINDOWS {
            return Err(too_many_windows().into());
        }

        // #step Nothing is dropped: late and dead have topics
        publish(&format!("{target}.late"), &late).await?;
        publish(&format!("{target}.dead"), &dead).await?;

        // #step Hand on windows and watermark
        Ok(ProcessOutput {
            open_windows: sorted.open_windows,
            closed_windows: sorted.closed_windows,
            watermark: sorted.watermark,
            late_events: late.len(),
            dead_events: dead.len(),
        })
    }
    // #endregion process

    /// Publishes the results of closed windows.
    // #region write
    #[activity(name = "WriteStreamResults")]
    pub async fn write_stream_results(
        _ctx: ActivityContext,
        input: WriteInput,
    ) -> Result<(), ActivityError> {
        let WriteInput { stream_id, topic, windows } = input;
        let results = windows.into_iter().map(|window| {
            // #step One id a window, and a new one when it has grown
            let Window { window_start, origin, .. } = window;
            let events = window.departures + window.cancelled;
            let key =
                format!("{window_start}/{origin}/{events}");
            let id = format!("{stream_id}/{key}");

            // #step Means are taken at the end, from sums
            let departures = window.departures;
            let mean_delay = (departures > 0).then(|| {
                let sum = window.delay_sum as f64;
                number(sum / departures as f64)
            });
            let body = to_json(&WindowResult {
                stream_id: stream_id.clone(),
                window_start,
                origin,
                departures,
                cancelled: window.cancelled,
                mean_delay,
                worst_delay: window.worst_delay,
            });
            Message::new(id, body)
        });

        // #step Published again, a result is still there once
        let results: Vec<_> = results.collect();
        Ok(publish(&topic, &results).await?)
    }
    // #endregion write
}

fn run_id(ctx: &ActivityContext) -> &str {
    ctx.info().workflow_run_id.as_deref().unwrap_or_default()
}

/// The body of a message in the target topic.
#[derive(Serialize)]
struct WindowResult {
    stream_id: String,
    window_start: String,
    origin: String,
    departures: i64,
    cancelled: i64,
    mean_delay: Option<Value>,
    worst_delay: Option<i64>,
}
