//! What goes into the ETL pipeline and what comes out. The contract: examples/contract/etl.json.
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::connectors::{
    failures::{Result, invalid_input},
    records::Batch,
};

// #region rules
// #step One rule a field, in the same words everywhere
mod rule {
    pub const NAME: &str = r#"must be letters, digits, "-" or "_""#;
    pub const SOURCES: &str = "must hold at least one source";
    pub const ONCE: &str = "must not be used twice";
    pub const SOURCE: &str = "must be database, api or file";
    pub const TARGET: &str = "must be database, warehouse or file";
    pub const SECRET: &str =
        "must not hold a secret: write ${NAME} for it";
    pub const SIZE: &str = "must be a whole number from 1 to 10000";
    pub const TYPE: &str = "has the wrong type";
}

// #step What a secret in a URL looks like
static NAME: Pattern = Pattern::new(|| regex("^[A-Za-z0-9_-]+$"));
static PASSWORD: Pattern =
    Pattern::new(|| regex("^[^:]+://[^:/?#]*:([^/?#]*)@"));
static TOKEN: Pattern = Pattern::new(|| {
    regex("[?&](?:password|token|secret)=([^&#]*)")
});
static PLACEHOLDER: Pattern =
    Pattern::new(|| regex(r"^(\$\{[A-Za-z0-9_]+\})?$"));
// #endregion rules

// #region input
// #step What we can read and write
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceType {
    Database,
    Api,
    File,
}
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
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
impl DataSource {
    fn read(raw: Option<&Value>) -> Checked<Self> {
        let raw = Fields::of(raw)?;
        Ok(Self {
            source_id: raw.read("source_id", name)?,
            source_type: raw.read("source_type", source_type)?,
            connection_string: raw
                .read("connection_string", url)?,
        })
    }
}

// #step A target: where they go
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DataTarget {
    pub target_type: TargetType,
    pub connection_string: String,
}
impl DataTarget {
    fn read(raw: Option<&Value>) -> Checked<Self> {
        let raw = Fields::of(raw)?;
        Ok(Self {
            target_type: raw.read("target_type", target_type)?,
            connection_string: raw
                .read("connection_string", url)?,
        })
    }
}

// #step The pipeline: many sources, one target
#[derive(Clone, Debug, Serialize)]
pub struct EtlInput {
    pub pipeline_id: String,
    pub sources: Vec<DataSource>,
    pub target: DataTarget,
    pub batch_size: usize,
}
impl EtlInput {
    fn read(raw: &Value) -> Checked<Self> {
        let raw = Fields::of(Some(raw))?;
        Ok(Self {
            pipeline_id: raw.read("pipeline_id", name)?,
            sources: raw.read("sources", sources)?,
            target: raw.read("target", DataTarget::read)?,
            batch_size: raw.read("batch_size", size)?,
        })
    }
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
    pub duration_seconds: i64,
}

// #step What it says while it runs
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Progress {
    pub phase: Phase,
    pub processed: usize,
    pub total: usize,
}
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
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
    pub target: DataTarget,
    pub batch: Batch,
}
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LoadOutput {
    pub loaded_count: usize,
}
// #endregion output

/// The input, checked. Fails with `InvalidInput` that names the first field at fault.
// #region validate
pub fn validate(input: &Value) -> Result<EtlInput> {
    // #step Check every field before any work is done
    let checked = EtlInput::read(input);

    // #step Fail for good, and name the field
    checked.map_err(|fault| invalid_input(fault.to_string()))
}
// #endregion validate

/// A value that keeps its rule, or where one does not.
type Checked<T> = Result<T, Fault>;

/// A broken rule, and the path of what breaks it: empty for the value itself.
#[derive(Debug, Error)]
#[error("{}: {rule}", if path.is_empty() { "input" } else { path })]
struct Fault {
    path: String,
    rule: &'static str,
}

impl Fault {
    fn of(rule: &'static str) -> Self {
        Self { path: String::new(), rule }
    }

    /// Seen from outside; of a wrong type only the outermost field is named.
    fn within(self, outer: &str) -> Self {
        let path = match self.path.chars().next() {
            _ if self.rule == rule::TYPE => outer.to_owned(),
            None | Some('[') => format!("{outer}{}", self.path),
            Some(_) => format!("{outer}.{}", self.path),
        };
        Self { path, ..self }
    }
}

/// The fields of an object; what is missing has none.
struct Fields<'a>(Option<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    fn of(raw: Option<&'a Value>) -> Checked<Self> {
        match raw {
            None => Ok(Self(None)),
            Some(Value::Object(fields)) => Ok(Self(Some(fields))),
            Some(_) => Err(Fault::of(rule::TYPE)),
        }
    }

    fn read<T>(
        &self,
        field: &str,
        read: fn(Option<&Value>) -> Checked<T>,
    ) -> Checked<T> {
        read(self.0.and_then(|fields| fields.get(field)))
            .map_err(|fault| fault.within(field))
    }
}

/// A missing value, or one that `accept` refuses, breaks its rule; another one has the wrong type.
fn checked<T: DeserializeOwned, U>(
    raw: Option<&Value>,
    rule: &'static str,
    accept: impl Fn(T) -> Option<U>,
) -> Checked<U> {
    let raw = raw.ok_or_else(|| Fault::of(rule))?;
    let value =
        T::deserialize(raw).map_err(|_| Fault::of(rule::TYPE))?;
    accept(value).ok_or_else(|| Fault::of(rule))
}

fn name(raw: Option<&Value>) -> Checked<String> {
    checked(raw, rule::NAME, |text: String| {
        NAME.is_match(&text).then_some(text)
    })
}

fn url(raw: Option<&Value>) -> Checked<String> {
    checked(raw, rule::SECRET, |url: String| {
        hides_secrets(&url).then_some(url)
    })
}

fn source_type(raw: Option<&Value>) -> Checked<SourceType> {
    checked(raw, rule::SOURCE, one_of)
}

fn target_type(raw: Option<&Value>) -> Checked<TargetType> {
    checked(raw, rule::TARGET, one_of)
}

/// The variant of that name.
fn one_of<T: DeserializeOwned>(word: String) -> Option<T> {
    serde_json::from_value(word.into()).ok()
}

fn size(raw: Option<&Value>) -> Checked<usize> {
    checked(raw, rule::SIZE, |Whole(size)| {
        (1..=10_000).contains(&size).then_some(size as usize)
    })
}

/// A whole number as JSON has it: 100.0 is one, 1.5 is not.
#[derive(Deserialize)]
#[serde(try_from = "f64")]
struct Whole(i64);

impl TryFrom<f64> for Whole {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, Self::Error> {
        let whole = number as i64;
        if whole as f64 == number && whole.abs() < 1 << 53 {
            Ok(Self(whole))
        } else {
            Err("not a whole number")
        }
    }
}

fn sources(raw: Option<&Value>) -> Checked<Vec<DataSource>> {
    let list = checked(raw, rule::SOURCES, |list: Vec<Value>| {
        (!list.is_empty()).then_some(list)
    })?;
    let at = |i: usize| {
        move |fault: Fault| fault.within(&format!("[{i}]"))
    };
    let mut sources: Vec<DataSource> = Vec::new();
    for (i, raw) in list.iter().enumerate() {
        sources.push(DataSource::read(Some(raw)).map_err(at(i))?);
    }
    // The second use of a source_id: it names the staged files.
    let ids: Vec<_> =
        sources.iter().map(|one| &one.source_id).collect();
    for (i, id) in ids.iter().enumerate() {
        if ids[..i].contains(id) {
            return Err(at(i)(
                Fault::of(rule::ONCE).within("source_id"),
            ));
        }
    }
    Ok(sources)
}

/// Whether every password and token in the URL is a `${NAME}`.
fn hides_secrets(url: &str) -> bool {
    [&PASSWORD, &TOKEN]
        .into_iter()
        .flat_map(|secret| secret.captures_iter(url))
        .all(|found| PLACEHOLDER.is_match(&found[1]))
}

type Pattern = LazyLock<Regex>;

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}
