//! What goes into the tour and what comes out. The contract: examples/contract/tour.json.
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::{Value, to_value};

use crate::connectors::{
    failures::{Result, invalid_input},
    input::{
        Checked, Fault, Fields, Raw, Whole, checked, name, url,
    },
};

mod rule {
    pub use crate::connectors::input::rule::TYPE;
    pub const REPORT: &str = "must be a file:// URL";
    pub const CARRIERS: &str = "must hold at least one carrier";
    pub const CARRIER: &str =
        "must be a code of two letters or digits";
    pub const PAUSE: &str =
        "must be a whole number from 1 to 31536000";
}

/// A second to a year.
const PAUSES: RangeInclusive<i64> = 1..=31_536_000;

/// How many flights a carrier had.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Report {
    pub carrier: String,
    pub flights: usize,
}

/// What the tour is asked to do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TourInput {
    pub tour_id: String,
    pub connection_string: String,
    pub report_url: String,
    pub carriers: Vec<String>,
    pub pause_seconds: i64,
    /// What earlier runs counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<Report>,
}

impl TourInput {
    /// What the child is asked about a carrier.
    pub fn report_on(&self, carrier: &str) -> ReportInput {
        ReportInput {
            carrier: carrier.to_owned(),
            connection_string: self.connection_string.clone(),
        }
    }
}

/// The input of the next run.
impl From<TourInput> for Raw {
    fn from(next: TourInput) -> Self {
        Self(to_value(next).expect("an input is plain JSON"))
    }
}

/// What the tour answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TourOutput {
    pub tour_id: String,
    pub reports: Vec<Report>,
    pub total: usize,
}

/// What it says while it runs.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    Counting,
    Pausing,
    Done,
}

/// What the child is asked, and its activity too.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ReportInput {
    pub carrier: String,
    pub connection_string: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct WriteInput {
    pub report_url: String,
    pub reports: Vec<Report>,
}

/// The input, checked. Fails with `InvalidInput` that names the first field at fault.
pub fn validate(Raw(raw): &Raw) -> Result<TourInput> {
    input(raw).map_err(|fault| invalid_input(fault.to_string()))
}

/// The carrier's code, if it is one.
pub fn carrier_in(Raw(raw): &Raw) -> Option<String> {
    carrier(raw).ok()
}

/// A pause in seconds, checked.
pub fn validate_pause(seconds: i64) -> Result<()> {
    if PAUSES.contains(&seconds) {
        return Ok(());
    }
    let fault = Fault::of(rule::PAUSE).within("pause_seconds");
    Err(invalid_input(fault.to_string()))
}

fn input(raw: &Value) -> Checked<TourInput> {
    let raw = Fields::of(Some(raw))?;
    Ok(TourInput {
        tour_id: raw.read("tour_id", name)?,
        connection_string: raw.read("connection_string", url)?,
        report_url: raw.read("report_url", report)?,
        carriers: raw.read("carriers", carriers)?,
        pause_seconds: raw.read("pause_seconds", pause)?,
        carried: raw.read("carried", carried)?,
    })
}

fn report(raw: Option<&Value>) -> Checked<String> {
    checked(raw, rule::REPORT, |url: String| {
        let path = url.strip_prefix("file:///")?;
        (!path.is_empty()).then_some(url)
    })
}

fn carriers(raw: Option<&Value>) -> Checked<Vec<String>> {
    let list = checked(raw, rule::CARRIERS, |list| {
        Some(list).filter(|list: &Vec<Value>| !list.is_empty())
    })?;
    let list = list.iter().enumerate();
    list.map(|(i, raw)| {
        carrier(raw)
            .map_err(|fault| fault.within(&format!("[{i}]")))
    })
    .collect()
}

fn carrier(raw: &Value) -> Checked<String> {
    checked(Some(raw), rule::CARRIER, |code: String| {
        let known = |c: char| {
            c.is_ascii_digit() || c.is_ascii_uppercase()
        };
        (code.len() == 2 && code.chars().all(known))
            .then_some(code)
    })
}

fn pause(raw: Option<&Value>) -> Checked<i64> {
    checked(raw, rule::PAUSE, |Whole(seconds)| {
        PAUSES.contains(&seconds).then_some(seconds)
    })
}

/// Only a run before this one makes it: of what is wrong, its type alone is said.
fn carried(raw: Option<&Value>) -> Checked<Vec<Report>> {
    match raw {
        None => Ok(vec![]),
        Some(_) => checked(raw, rule::TYPE, Some),
    }
}
