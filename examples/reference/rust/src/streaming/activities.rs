//! The three activities of the stream: all that touches topics and events.
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, from_str, from_value};
use temporalio_macros::activities;
use temporalio_sdk::activities::{
    ActivityContext, ActivityError,
};

use super::types::{
    ProcessInput, ProcessOutput, ReadInput, ReadOutput, Window,
    WriteInput,
};
use crate::connectors::{
    input::Whole,
    ndjson::to_json,
    staging::{fetch_staged, stage, staged_at},
    topic::{Message, publish, read_topic},
};

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
            return Ok(ReadOutput { batch: None, cursor });
        }

        // #step Stage the events, keep the reference
        let run = run_id(&ctx);
        let uri = staged_at(&format!(
            "{run}/events/{cursor:012}.ndjson"
        ));
        let batch = stage(uri, &page.messages).await?;
        let batch = Some(batch);
        Ok(ReadOutput { batch, cursor: page.cursor })
    }
    // #endregion read

    /// Sorts a batch of events into windows. The same input gives the same output, whenever it runs.
    // #region process
    #[activity(name = "ProcessStreamEvents")]
    pub async fn process_stream_events(
        _ctx: ActivityContext,
        input: ProcessInput,
    ) -> Result<ProcessOutput, ActivityError> {
        let ProcessInput { target_topic, open_windows, .. } =
            input;
        let size = input.window_size_seconds;
        let lateness = input.allowed_lateness_seconds;
        let messages: Vec<Message> =
            fetch_staged(&input.batch).await?;
        let mut windows: Windows =
            open_windows.into_iter().map(keyed).collect();
        let mut watermark =
            input.watermark.as_deref().and_then(seconds);
        let (mut late, mut dead) = (vec![], vec![]);

        for message in messages {
            // #step What is no event goes aside, with the reason
            let (at, event) = match parse(&message.body) {
                Ok(event) => event,
                Err(reason) => {
                    dead.push(dead_letter(reason, message));
                    continue;
                }
            };

            // #step An event whose window is closed is late
            let start = at.div_euclid(size) * size;
            if Some(start + size) <= watermark {
                late.push(message);
                continue;
            }

            // #step Any other counts in its window
            count(&mut windows, instant(start), event);

            // #step The newest event moves the watermark
            watermark = watermark.max(Some(at - lateness));
        }

        // #step Nothing is dropped: late and dead have topics
        publish(&format!("{target_topic}.late"), &late).await?;
        publish(&format!("{target_topic}.dead"), &dead).await?;

        // #step Windows behind the watermark are closed
        let (closed_windows, open_windows) =
            windows.into_values().partition(|window| {
                seconds(&window.window_start).is_some_and(
                    |start| Some(start + size) <= watermark,
                )
            });
        Ok(ProcessOutput {
            open_windows,
            closed_windows,
            watermark: watermark.map(instant),
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
            // #step The key of a window is its de-duplication id
            let Window { window_start, origin, .. } = window;
            let id =
                format!("{stream_id}/{window_start}/{origin}");

            // #step Means are taken at the end, from sums
            let departures = window.departures;
            let mean_delay = (departures > 0).then(|| {
                window.delay_sum as f64 / departures as f64
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
            Message { id, body }
        });

        // #step Published again, a window is still there once
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
    mean_delay: Option<f64>,
    worst_delay: Option<i64>,
}

#[derive(Deserialize)]
struct Departure {
    origin: String,
    departed_at: String,
    // So that null is a delay, and a missing one is none.
    #[serde(deserialize_with = "Option::deserialize")]
    delay_minutes: Option<Whole>,
}

/// The event in a message and when it was, or why it is none.
fn parse(body: &str) -> Result<(i64, Departure), &'static str> {
    let body: Value = from_str(body).map_err(|_| "not JSON")?;
    from_value(body)
        .ok()
        .and_then(|event: Departure| {
            Some((seconds(&event.departed_at)?, event))
        })
        .ok_or("not a departure")
}

#[derive(Serialize)]
struct DeadLetter {
    reason: &'static str,
    #[serde(flatten)]
    message: Message,
}

fn dead_letter(
    reason: &'static str,
    message: Message,
) -> Message {
    let id = message.id.clone();
    Message {
        id,
        body: to_json(&DeadLetter { reason, message }),
    }
}

/// In the order of time, then of airports.
type Windows = BTreeMap<(String, String), Window>;

/// Adds an event to its window, which begins with its first event.
// #region count
fn count(
    windows: &mut Windows,
    window_start: String,
    event: Departure,
) {
    // #step One window an airport and a time
    let origin = event.origin;
    let key = (window_start.clone(), origin.clone());
    let window = windows.entry(key).or_insert(Window {
        window_start,
        origin,
        departures: 0,
        cancelled: 0,
        delay_sum: 0,
        worst_delay: None,
    });

    // #step A flight without a delay never left
    let Some(Whole(delay)) = event.delay_minutes else {
        window.cancelled += 1;
        return;
    };

    // #step Sums can be added to; means cannot
    window.departures += 1;
    window.delay_sum += delay;
    window.worst_delay = window.worst_delay.max(Some(delay));
}
// #endregion count

fn keyed(window: Window) -> ((String, String), Window) {
    let Window { window_start, origin, .. } = window.clone();
    ((window_start, origin), window)
}

/// Seconds since the epoch of an RFC 3339 UTC instant to the second, written as we write it.
fn seconds(text: &str) -> Option<i64> {
    let time: Timestamp = text.parse().ok()?;
    let seconds = time.as_second();
    (instant(seconds) == text).then_some(seconds)
}

fn instant(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds);
    time.unwrap_or_default().to_string()
}
