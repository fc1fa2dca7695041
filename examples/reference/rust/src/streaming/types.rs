//! What goes into the stream and what comes out. The contract: examples/contract/streaming.json.
use serde::{Deserialize, Serialize};
use serde_json::{Value, to_value};
use temporalio_sdk::ApplicationFailure;

use crate::connectors::{
    failures::{Result, invalid_input},
    input::{
        Checked, Fault, Fields, Raw, Whole, checked, name, url,
        with_whole_numbers,
    },
    records::Batch,
};

// #region rules
// #step One rule a field, in the same words everywhere
mod rule {
    pub use crate::connectors::input::rule::TYPE;
    pub const TOPIC: &str = "must be a nats:// or file:// URL";
    pub const OTHER: &str = "must differ from source_topic";
    pub const WINDOW: &str =
        "must be a whole number from 1 to 604800";
    pub const LATENESS: &str =
        "must be a whole number from 0 to 604800";
    pub const IDLE: &str =
        "must be a whole number from 1 to 604800";
}
// #endregion rules

const WEEK: i64 = 604_800;

/// With those that a batch closes, 1,500 windows of at most 170 bytes: a payload under 256 KiB.
pub const MAX_OPEN_WINDOWS: usize = 1000;

/// The history would hold too much.
pub fn too_many_windows() -> ApplicationFailure {
    invalid_input(format!(
        "window_size_seconds: makes more than {MAX_OPEN_WINDOWS} open windows"
    ))
}

/// The departures of one airport in one window, so far. Delays are minutes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Window {
    pub window_start: String,
    pub origin: String,
    pub departures: i64,
    pub cancelled: i64,
    pub delay_sum: i64,
    // So that a missing one is no null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub worst_delay: Option<i64>,
}

// #region input
// #step What one run hands on to the next, and to a later stream
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Carried {
    pub total_events: usize,
    pub processed_windows: usize,
    pub late_events: usize,
    pub dead_events: usize,
    pub cursor: u64,
    #[serde(deserialize_with = "Option::deserialize")]
    pub watermark: Option<String>,
    pub idle_seconds: u64,
    pub open_windows: Vec<Window>,
}

// #step The stream: one topic in, one topic out
#[derive(Clone, Debug, Serialize)]
pub struct StreamInput {
    pub stream_id: String,
    pub source_topic: String,
    pub target_topic: String,
    pub window_size_seconds: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_lateness_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried: Option<Carried>,
}
fn input(raw: &Value) -> Checked<StreamInput> {
    let raw = Fields::of(Some(raw))?;
    let input = StreamInput {
        stream_id: raw.read("stream_id", name)?,
        source_topic: raw.read("source_topic", topic)?,
        target_topic: raw.read("target_topic", topic)?,
        window_size_seconds: raw
            .read("window_size_seconds", window)?,
        allowed_lateness_seconds: raw
            .read("allowed_lateness_seconds", lateness)?,
        idle_timeout_seconds: raw
            .read("idle_timeout_seconds", idle)?,
        carried: raw.read("carried", carried)?,
    };
    must_differ(&input.source_topic, &input.target_topic)?;
    Ok(input)
}
// #endregion input

// #region output
// #step What the stream answers when it is stopped
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StreamOutput {
    pub stream_id: String,
    pub total_events: usize,
    pub processed_windows: usize,
    pub carried: Carried,
}

// #step What it says while it runs
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Progress {
    pub phase: Phase,
    pub processed: usize,
    pub total: usize,
    pub windows: usize,
    pub late: usize,
    pub dead: usize,
    pub cursor: u64,
    pub watermark: Option<String>,
    pub lateness_seconds: i64,
}
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    #[default]
    Reading,
    Idle,
    Stopping,
    Done,
}

// #step What passes between its activities
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ReadInput {
    pub topic: String,
    pub cursor: u64,
    pub max_events: usize,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ReadOutput {
    pub batch: Option<Batch>,
    pub cursor: u64,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ProcessInput {
    pub batch: Batch,
    pub target_topic: String,
    pub window_size_seconds: i64,
    pub allowed_lateness_seconds: i64,
    pub watermark: Option<String>,
    pub open_windows: Vec<Window>,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ProcessOutput {
    pub open_windows: Vec<Window>,
    pub closed_windows: Vec<Window>,
    pub watermark: Option<String>,
    pub late_events: usize,
    pub dead_events: usize,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct WriteInput {
    pub stream_id: String,
    pub topic: String,
    pub windows: Vec<Window>,
}
// #endregion output

impl StreamInput {
    /// The input of the next run: this one, and what was done so far.
    pub fn carrying(&self, carried: Carried) -> Raw {
        let next =
            Self { carried: Some(carried), ..self.clone() };
        Raw(to_value(next).expect("an input is plain JSON"))
    }
}

/// The input, checked. Fails with `InvalidInput` that names the first field at fault.
// #region validate
pub fn validate(Raw(raw): &Raw) -> Result<StreamInput> {
    // #step Check every field before any work is done
    let checked = input(raw);

    // #step Fail for good, and name the field
    checked.map_err(|fault| invalid_input(fault.to_string()))
}
// #endregion validate

fn topic(raw: Option<&Value>) -> Checked<String> {
    checked(raw, rule::TOPIC, |topic: String| {
        let place = topic
            .strip_prefix("nats://")
            .or(topic.strip_prefix("file://"));
        place
            .is_some_and(|place| !place.is_empty())
            .then_some(())
    })?;
    url(raw)
}

fn window(raw: Option<&Value>) -> Checked<i64> {
    checked(raw, rule::WINDOW, |Whole(size)| {
        (1..=WEEK).contains(&size).then_some(size)
    })
}

fn lateness(raw: Option<&Value>) -> Checked<Option<i64>> {
    let some = |raw| {
        checked(Some(raw), rule::LATENESS, |Whole(lateness)| {
            (0..=WEEK).contains(&lateness).then_some(lateness)
        })
    };
    raw.map(some).transpose()
}

fn idle(raw: Option<&Value>) -> Checked<Option<i64>> {
    let some = |raw| {
        checked(Some(raw), rule::IDLE, |Whole(idle)| {
            (1..=WEEK).contains(&idle).then_some(idle)
        })
    };
    raw.map(some).transpose()
}

/// Only a run before this one makes it: of what is wrong, its type alone is said.
fn carried(raw: Option<&Value>) -> Checked<Option<Carried>> {
    raw.map(with_whole_numbers)
        .map(|raw| checked(Some(&raw), rule::TYPE, Some))
        .transpose()
}

fn must_differ(source: &str, target: &str) -> Checked<()> {
    if source == target {
        return Err(
            Fault::of(rule::OTHER).within("target_topic")
        );
    }
    Ok(())
}
