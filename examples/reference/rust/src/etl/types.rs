//! What goes into the ETL pipeline and what comes out. The contract: examples/contract/etl.json.
use std::ops::RangeBounds;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use temporalio_sdk::ApplicationFailure;

use crate::connectors::{
    failures::{Result, invalid_input},
    input::{
        Checked, Fault, Fields, Pattern, Raw, Whole, checked,
        one_of, regex, short_name, short_url,
    },
    records::Batch,
};

// #region rules
// #step One rule a field, in the same words everywhere
mod rule {
    pub const SOURCES: &str = "must hold at least one source";
    pub const MANY: &str = "must hold at most 50 sources";
    pub const UNIQUE: &str = "must not be used twice";
    pub const SOURCE: &str = "must be database, api or file";
    pub const TARGET: &str =
        "must be database, warehouse or file";
    pub const SIZE: &str =
        "must be a whole number from 1 to 10000";
    pub const TYPE: &str = "has the wrong type";
}
// #endregion rules

/// Of a run, so of each source too: Temporal warns at 10,240 events and ends a run at 51,200.
pub const MAX_BATCHES: usize = 150;

/// The run would be too long.
pub fn too_many_batches() -> ApplicationFailure {
    invalid_input(format!(
        "batch_size: makes more than {MAX_BATCHES} batches"
    ))
}

static RUN_ID: Pattern = Pattern::new(|| {
    regex("^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
});
static INSTANT: Pattern = Pattern::new(|| {
    regex(r"(?-u)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
});
static SHA256: Pattern =
    Pattern::new(|| regex("^[0-9a-f]{64}$"));

// #region retry
// #step A batch that a run has staged and not loaded
fn staged(raw: &Value) -> Checked<Batch> {
    let raw = Fields::of(Some(raw))?;
    Ok(Batch {
        uri: raw.read("uri", uri)?,
        count: raw.read("count", |raw| whole(raw, 1..))?,
        sha256: raw.read("sha256", |raw| like(raw, &SHA256))?,
    })
}

// #step The run that staged it, and when that run began
#[derive(Clone, Debug, Serialize)]
pub struct Retry {
    pub run_id: String,
    pub processed_at: String,
    pub loaded_parts: usize,
    pub batches: Vec<Batch>,
}
fn retry(raw: &Value) -> Checked<Retry> {
    let raw = Fields::of(Some(raw))?;
    Ok(Retry {
        run_id: raw.read("run_id", |raw| like(raw, &RUN_ID))?,
        processed_at: raw
            .read("processed_at", |raw| like(raw, &INSTANT))?,
        // #step How many batches are in the target already
        loaded_parts: raw.read("loaded_parts", |raw| {
            raw.map_or(Ok(0), |_| whole(raw, ..=MAX_BATCHES))
        })?,
        batches: raw.read("batches", batches)?,
    })
}
// #endregion retry

// #region input
// #step What we can read and write
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceType {
    Database,
    Api,
    File,
}
#[derive(
    Clone, Copy, Debug, Deserialize, PartialEq, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum TargetType {
    Database,
    Warehouse,
    File,
}

// #step A source: where records come from
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DataSource {
    pub source_id: String,
    pub source_type: SourceType,
    pub connection_string: String,
}
fn source(raw: Option<&Value>) -> Checked<DataSource> {
    let raw = Fields::of(raw)?;
    Ok(DataSource {
        source_id: raw.read("source_id", short_name)?,
        source_type: raw.read("source_type", source_type)?,
        connection_string: raw
            .read("connection_string", short_url)?,
    })
}

// #step A target: where they go
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DataTarget {
    pub target_type: TargetType,
    pub connection_string: String,
}
fn target(raw: Option<&Value>) -> Checked<DataTarget> {
    let raw = Fields::of(raw)?;
    Ok(DataTarget {
        target_type: raw.read("target_type", target_type)?,
        connection_string: raw
            .read("connection_string", short_url)?,
    })
}

// #step The pipeline: many sources, one target
#[derive(Clone, Debug, Serialize)]
pub struct EtlInput {
    pub pipeline_id: String,
    pub sources: Vec<DataSource>,
    pub target: DataTarget,
    pub batch_size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_staging: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
}
fn input(raw: &Value) -> Checked<EtlInput> {
    let raw = Fields::of(Some(raw))?;
    Ok(EtlInput {
        pipeline_id: raw.read("pipeline_id", short_name)?,
        sources: raw.read("sources", sources)?,
        target: raw.read("target", target)?,
        batch_size: raw.read("batch_size", size)?,
        keep_staging: raw.read("keep_staging", flag)?,
        retry: raw
            .read("retry", |raw| raw.map(retry).transpose())?,
    })
}
// #endregion input

// #region output
// #step What the pipeline answers
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EtlOutput {
    pub pipeline_id: String,
    pub total_records: usize,
    pub successful_records: usize,
    pub failed_records: usize,
    pub failed_batches: Vec<FailedBatch>,
    pub duration_seconds: i64,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct FailedBatch {
    pub uri: String,
    pub reason: String,
}

// #step What it says while it runs
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Progress {
    pub phase: Phase,
    pub processed: usize,
    pub total: usize,
}
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    #[default]
    Extract,
    Transform,
    Load,
    Done,
}

// #step What passes between its activities
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CheckInput {
    pub target: DataTarget,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ExtractInput {
    pub source: DataSource,
    pub batch_size: usize,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ExtractOutput {
    pub batches: Vec<Batch>,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TransformInput {
    pub batch: Batch,
    pub processed_at: String,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TransformOutput {
    pub batch: Batch,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LoadInput {
    pub pipeline_id: String,
    pub run_id: String,
    pub target: DataTarget,
    pub batch: Batch,
    pub processed_at: String,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LoadOutput {
    pub loaded_count: usize,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CompleteInput {
    pub pipeline_id: String,
    pub run_id: String,
    pub target: DataTarget,
    pub processed_at: String,
    pub parts: usize,
    pub keep_staging: bool,
}
// #endregion output

/// The input, checked. Fails with `InvalidInput` that names the first field at fault.
// #region validate
pub fn validate(Raw(raw): &Raw) -> Result<EtlInput> {
    // #step Check every field before any work is done
    let checked = input(raw);

    // #step Fail for good, and name the field
    checked.map_err(|fault| invalid_input(fault.to_string()))
}
// #endregion validate

const MAX_SOURCES: usize = 50;
const MAX_URI: usize = 2048;

fn source_type(raw: Option<&Value>) -> Checked<SourceType> {
    checked(raw, rule::SOURCE, one_of)
}

fn target_type(raw: Option<&Value>) -> Checked<TargetType> {
    checked(raw, rule::TARGET, one_of)
}

fn flag(raw: Option<&Value>) -> Checked<Option<bool>> {
    let some = |raw| checked(Some(raw), rule::TYPE, Some);
    raw.map(some).transpose()
}

fn size(raw: Option<&Value>) -> Checked<usize> {
    checked(raw, rule::SIZE, |Whole(size)| {
        (1..=10_000).contains(&size).then_some(size as usize)
    })
}

fn like(
    raw: Option<&Value>,
    pattern: &Pattern,
) -> Checked<String> {
    checked(raw, rule::TYPE, |text: String| {
        pattern.is_match(&text).then_some(text)
    })
}

fn uri(raw: Option<&Value>) -> Checked<String> {
    checked(raw, rule::TYPE, |uri: String| {
        Some(uri).filter(|uri| uri.chars().count() <= MAX_URI)
    })
}

fn whole(
    raw: Option<&Value>,
    range: impl RangeBounds<usize>,
) -> Checked<usize> {
    checked(raw, rule::TYPE, |Whole(number)| {
        let number = number.try_into().ok()?;
        range.contains(&number).then_some(number)
    })
}

fn batches(raw: Option<&Value>) -> Checked<Vec<Batch>> {
    let list: Vec<Value> = checked(raw, rule::TYPE, Some)?;
    if !(1..=MAX_BATCHES).contains(&list.len()) {
        return Err(Fault::of(rule::TYPE));
    }
    list.iter().map(staged).collect()
}

fn sources(raw: Option<&Value>) -> Checked<Vec<DataSource>> {
    let some = |list: Vec<Value>| {
        Some(list).filter(|list| !list.is_empty())
    };
    let list = checked(raw, rule::SOURCES, some)?;
    if list.len() > MAX_SOURCES {
        return Err(Fault::of(rule::MANY));
    }
    let mut sources = Vec::new();
    for (i, raw) in list.iter().enumerate() {
        let source = source(Some(raw));
        sources.push(
            source.map_err(|fault| fault.within(&index(i)))?,
        );
    }
    check_unique_ids(&sources)?;
    Ok(sources)
}

/// A second use of a source_id is a fault: it names the staged files.
fn check_unique_ids(sources: &[DataSource]) -> Checked<()> {
    let ids: Vec<_> =
        sources.iter().map(|source| &source.source_id).collect();
    for (i, id) in ids.iter().enumerate() {
        if ids[..i].contains(id) {
            let fault =
                Fault::of(rule::UNIQUE).within("source_id");
            return Err(fault.within(&index(i)));
        }
    }
    Ok(())
}

fn index(i: usize) -> String {
    format!("[{i}]")
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, json};

    use super::*;

    fn fault(change: impl Fn(&mut Value)) -> String {
        let source = |id| json!({"source_id": id, "source_type": "file", "connection_string": "file:///a.csv"});
        let mut input = json!({
            "pipeline_id": "january",
            "sources": [source("a"), source("b")],
            "target": {"target_type": "file", "connection_string": "file:///b"},
            "batch_size": 100.0,
        });
        change(&mut input);
        match validate(&Raw(input)) {
            Ok(_) => "none".to_owned(),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn the_first_field_at_fault_is_named() {
        let set = |path: &'static str, value: Value| {
            fault(move |input| {
                *input.pointer_mut(path).unwrap() = value.clone()
            })
        };
        let literal =
            json!("http://h/?token=${A}&secret=hunter2");
        assert_eq!(fault(|_| ()), "none");
        assert_eq!(
            set("", Value::Null),
            "input: has the wrong type"
        );
        assert_eq!(
            set("/batch_size", json!(1.5)),
            "batch_size: has the wrong type"
        );
        assert_eq!(
            set("/sources/1/source_id", json!(7)),
            "sources: has the wrong type"
        );
        assert_eq!(
            set("/sources/1/source_id", json!("a")),
            "sources[1].source_id: must not be used twice"
        );
        assert_eq!(
            set("/sources/0/connection_string", literal),
            "sources[0].connection_string: must not hold a secret: write ${NAME} for it"
        );
        assert_eq!(
            set("/sources", json!(vec![1; 51])),
            "sources: must hold at most 50 sources"
        );
        assert_eq!(
            set("/pipeline_id", json!("a".repeat(65))),
            r#"pipeline_id: must be letters, digits, "-" or "_""#
        );
        assert_eq!(
            set("/batch_size", from_str("1e2").unwrap()),
            "none"
        );
        assert_eq!(
            set("/batch_size", from_str("1e999").unwrap()),
            "batch_size: has the wrong type"
        );
        assert_eq!(
            set("/target", json!({})),
            "target.target_type: must be database, warehouse or file"
        );
    }

    #[test]
    fn a_retry_is_as_a_run_has_left_it_or_refused() {
        let with = |path: &'static str, value: Value| {
            fault(move |input| {
                input["retry"] = json!({
                    "run_id": "01234567-89ab-cdef-0123-456789abcdef",
                    "processed_at": "2013-01-01T00:00:00.000Z",
                    "loaded_parts": 150.0,
                    "batches": [{"uri": "", "count": 1.0, "sha256": "0".repeat(64)}],
                });
                let part = input["retry"].pointer_mut(path);
                *part.unwrap() = value.clone()
            })
        };
        assert_eq!(with("/batches/0/count", json!(2)), "none");
        let longest = "é".repeat(MAX_URI);
        assert_eq!(
            with("/batches/0/uri", json!(longest)),
            "none"
        );
        for (path, value) in [
            ("", Value::Null),
            ("/run_id", json!("../../january")),
            ("/processed_at", json!("2013-01-01T00:00:00Z")),
            ("/loaded_parts", Value::Null),
            ("/loaded_parts", json!(151)),
            ("/loaded_parts", json!(-1)),
            ("/batches", json!([])),
            ("/batches", json!(vec![json!({}); 151])),
            ("/batches/0", json!(["", 1, "0".repeat(64)])),
            ("/batches/0/uri", json!(longest + "é")),
            ("/batches/0/count", json!(0)),
            ("/batches/0/count", json!(1.5)),
            ("/batches/0/sha256", json!("A".repeat(64))),
        ] {
            assert_eq!(
                with(path, value),
                "retry: has the wrong type",
                "{path}"
            );
        }
    }
}
