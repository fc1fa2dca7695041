//! The three activities of the ETL pipeline: all that touches the world outside.
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::{self, TimeZone},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use temporalio_macros::activities;
use temporalio_sdk::{
    ApplicationFailure,
    activities::{ActivityContext, ActivityError},
};
use tokio::task::block_in_place;

use super::types::{
    DataSource, ExtractInput, ExtractOutput, LoadInput,
    LoadOutput, SourceType, TargetType, TransformInput,
    TransformOutput,
};
use crate::connectors::{
    csv::CsvPages,
    failures::{Result, invalid_input, validation_error},
    http::ApiPages,
    ndjson::write_ndjson,
    parquet::write_parquet,
    postgres::{TablePages, upsert},
    records::{
        Batch, Metadata, Page, RawRecord, TransformedRecord,
    },
    staging::{fetch_staged, stage, staged_at},
};

/// Of one source: 500 batches make some 6,000 events; Temporal warns at 10,240.
const MAX_BATCHES: usize = 500;

/// How far an attempt has come: what a retry needs to go on.
#[derive(Clone, Default, Deserialize, Serialize)]
struct Progress {
    cursor: String,
    batches: Vec<Batch>,
}

/// The activities, as a worker hosts them.
pub struct EtlActivities;

#[activities]
impl EtlActivities {
    /// Reads a source page by page into staging.
    // #region extract
    #[activity(name = "ExtractData")]
    pub async fn extract_data(
        ctx: ActivityContext,
        input: ExtractInput,
    ) -> Result<ExtractOutput, ActivityError> {
        let ExtractInput { source, batch_size } = input;

        // #step Resume where the last attempt stopped
        let last = ctx.heartbeat_details().deserialize()?;
        let Progress { cursor, mut batches } =
            last.unwrap_or_default();

        // #step Read page by page
        let mut pages =
            Pages::open(&source, &cursor, batch_size)?;
        while let Some(page) = pages.next_page(&ctx).await? {
            let Page { mut records, cursor } = page;
            // #step Stage the rows, keep the reference
            let run = run_id(&ctx);
            let source_id = &source.source_id;
            let part = batches.len() + 1;
            let uri = staged_at(&format!(
                "{run}/{source_id}/{part:05}.raw.ndjson"
            ));
            for record in &mut records {
                record.id = format!("{source_id}/{}", record.id);
            }
            batches.push(stage(uri, &records).await?);

            // #step Bound the history: a batch costs it 12 events
            if batches.len() > MAX_BATCHES {
                let message =
                    "batch_size: makes too many batches";
                return Err(invalid_input(message).into());
            }

            // #step Tell Temporal how far we are
            let batches = batches.clone();
            ctx.record_heartbeat(Progress { cursor, batches })
                .await?;
        }
        Ok(ExtractOutput { batches })
    }
    // #endregion extract

    /// Types one batch.
    // #region transform
    #[activity(name = "TransformData")]
    pub async fn transform_data(
        _ctx: ActivityContext,
        input: TransformInput,
    ) -> Result<TransformOutput, ActivityError> {
        let TransformInput { batch, processed_at } = input;

        // #step Fetch the rows behind the reference
        let raw: Vec<RawRecord> = fetch_staged(&batch).await?;

        // #step Type every record, stamp it with workflow time
        let metadata =
            Metadata { processed_at, version: "1.0".to_owned() };
        let records = raw
            .into_iter()
            .map(|record| {
                let RawRecord { id, data } = typed(record)?;
                let metadata = metadata.clone();
                Ok(TransformedRecord { id, data, metadata })
            })
            .collect::<Result<Vec<_>>>()?;

        // #step Stage the result beside the input
        let uri = batch.uri.replace(".raw.", ".clean.");
        let batch = stage(uri, &records).await?;
        Ok(TransformOutput { batch })
    }
    // #endregion transform

    /// Writes one batch to the target.
    // #region load
    #[activity(name = "LoadData")]
    pub async fn load_data(
        _ctx: ActivityContext,
        input: LoadInput,
    ) -> Result<LoadOutput, ActivityError> {
        let LoadInput { pipeline_id, target, batch } = input;
        let url = &target.connection_string;
        let part = part_of(&pipeline_id, &batch);

        // #step Fetch the rows behind the reference
        let records: Vec<TransformedRecord> =
            fetch_staged(&batch).await?;

        let loaded_count = match target.target_type {
            // #step A database takes a batch in one transaction
            TargetType::Database => upsert(url, &records).await,

            // #step A folder takes a part, named after the batch
            TargetType::Warehouse => {
                write_parquet(url, &part, &records).await
            }
            TargetType::File => {
                write_ndjson(url, &part, &records).await
            }
        }?;
        Ok(LoadOutput { loaded_count })
    }
    // #endregion load
}

/// Any source, page by page.
enum Pages {
    Database(TablePages),
    Api(ApiPages),
    File(CsvPages),
}

impl Pages {
    fn open(
        source: &DataSource,
        cursor: &str,
        size: usize,
    ) -> Result<Self> {
        let url = &source.connection_string;
        Ok(match source.source_type {
            SourceType::Database => Self::Database(
                TablePages::open(url, cursor, size),
            ),
            SourceType::Api => {
                Self::Api(ApiPages::open(url, cursor, size)?)
            }
            SourceType::File => {
                Self::File(CsvPages::open(url, cursor, size)?)
            }
        })
    }

    /// The next page, unless the activity is cancelled before it is there.
    async fn next_page(
        &mut self,
        ctx: &ActivityContext,
    ) -> Result<Option<Page>, ActivityError> {
        let page = async {
            match self {
                Self::Database(pages) => pages.next_page().await,
                Self::Api(pages) => pages.next_page().await,
                Self::File(pages) => {
                    block_in_place(|| pages.next_page())
                }
            }
        };
        tokio::select! {
            page = page => Ok(page?),
            () = ctx.cancelled() => Err(ActivityError::cancelled()),
        }
    }
}

fn run_id(ctx: &ActivityContext) -> &str {
    ctx.info().workflow_run_id.as_deref().unwrap_or_default()
}

/// `<pipeline>.<source>.00001`, from `…/<source>/00001.clean.ndjson`.
fn part_of(pipeline_id: &str, batch: &Batch) -> String {
    let mut path = batch.uri.rsplit('/');
    let file = path.next().unwrap_or_default();
    let source = path.next().unwrap_or_default();
    let number = file.split('.').next().unwrap_or_default();
    format!("{pipeline_id}.{source}.{number}")
}

/// The fields that hold numbers.
#[rustfmt::skip]
const NUMBERS: [&str; 24] = [
    "year", "month", "day", "dep_delay", "arr_time", "sched_arr_time", "arr_delay", "flight",
    "air_time", "distance", "hour", "minute", "temp", "dewp", "humid", "wind_dir", "wind_speed",
    "wind_gust", "precip", "pressure", "visib", "engines", "seats", "speed",
];

/// A record with its values typed. Fails with `ValidationError` that names the record and the field.
// #region typed
fn typed(record: RawRecord) -> Result<RawRecord> {
    let RawRecord { id, mut data } = record;
    for (field, slot) in &mut data {
        *slot = match slot.take() {
            // #step "NA" is how the data says nothing
            value if value.is_null() || value == "NA" => {
                Value::Null
            }
            // #step Numbers may come as text
            value if NUMBERS.contains(&field.as_str()) => {
                to_number(&id, field, &value)?.into()
            }
            // #step Everything else stays as it is
            value => value,
        };
    }

    // #step Clock times become instants
    if data.contains_key("sched_dep_time") {
        departures(&id, &mut data)?;
    }
    Ok(RawRecord { id, data })
}
// #endregion typed

fn to_number(
    id: &str,
    field: &str,
    value: &Value,
) -> Result<f64> {
    let number: Option<f64> = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    number.filter(|number| number.is_finite()).ok_or_else(|| {
        validation_error(format!(
            "{id}: {field} is not a number"
        ))
    })
}

static NEW_YORK: TimeZone = tz::get!("America/New_York");

/// `517` in New York, and how late it left, as RFC 3339 UTC. Arrivals are in other zones.
// #region clock
fn departures(
    id: &str,
    flight: &mut Map<String, Value>,
) -> Result<()> {
    // #step Read the clock on the wall in New York
    let read = |field| to_number(id, field, at(flight, field));
    let (year, month) = (read("year")?, read("month")?);
    let (day, clock) = (read("day")?, read("sched_dep_time")?);
    let scheduled = on_the_wall(year, month, day, clock)
        .ok_or_else(|| no_time(id))?;

    // #step A delay may cross midnight: add it to the instant
    let left = at(flight, "dep_delay")
        .as_f64()
        .map(|minutes| later(id, scheduled, minutes))
        .transpose()?;

    // #step Write RFC 3339, to the second
    put(flight, "sched_dep_time", Some(scheduled));
    put(flight, "dep_time", left);
    Ok(())
}
// #endregion clock

/// 517 is 5:17 in New York; 2400 is the midnight that ends the day.
fn on_the_wall(
    year: f64,
    month: f64,
    day: f64,
    clock: f64,
) -> Option<Timestamp> {
    let date =
        Date::new(year as i16, month as i8, day as i8).ok()?;
    let (date, clock) = match clock {
        2400.0 => (date.tomorrow().ok()?, 0.0),
        _ => (date, clock),
    };
    let (hour, minute) =
        (clock.div_euclid(100.0), clock.rem_euclid(100.0));
    let time = Time::new(hour as i8, minute as i8, 0, 0).ok()?;
    let exact = clock.fract() == 0.0;
    let wall = exact.then(|| date.to_datetime(time))?;
    NEW_YORK.to_timestamp(wall).ok()
}

fn later(
    id: &str,
    scheduled: Timestamp,
    minutes: f64,
) -> Result<Timestamp> {
    SignedDuration::try_from_secs_f64(minutes * 60.0)
        .and_then(|delay| scheduled.checked_add(delay))
        .map_err(|_| no_time(id))
}

fn no_time(id: &str) -> ApplicationFailure {
    validation_error(format!(
        "{id}: sched_dep_time is not a time"
    ))
}

fn at<'a>(
    flight: &'a Map<String, Value>,
    field: &str,
) -> &'a Value {
    flight.get(field).unwrap_or(&Value::Null)
}

fn put(
    flight: &mut Map<String, Value>,
    field: &str,
    time: Option<Timestamp>,
) {
    let text = time.map(|time| {
        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    });
    flight.insert(field.to_owned(), text.into());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What `typed` makes of a flight: when it should have left, and when it did.
    fn left(
        month: u8,
        day: u8,
        clock: &str,
        delay: &str,
    ) -> Result<[Value; 2], String> {
        let data = json!({
            "year": "2013", "month": month, "day": day,
            "sched_dep_time": clock, "dep_delay": delay,
        });
        let Value::Object(data) = data else { unreachable!() };
        let record = RawRecord { id: "f/1".to_owned(), data };
        let mut typed = typed(record)
            .map_err(|failure| failure.to_string())?;
        Ok(["sched_dep_time", "dep_time"]
            .map(|field| typed.data[field].take()))
    }

    #[test]
    fn the_clock_of_new_york_becomes_instants() {
        let cases = [
            (
                1,
                1,
                "517",
                "2",
                json!([
                    "2013-01-01T10:17:00Z",
                    "2013-01-01T10:19:00Z"
                ]),
            ),
            (
                7,
                4,
                "0",
                "-5",
                json!([
                    "2013-07-04T04:00:00Z",
                    "2013-07-04T03:55:00Z"
                ]),
            ),
            (
                1,
                31,
                "2400",
                "NA",
                json!(["2013-02-01T05:00:00Z", null]),
            ),
            // On this night there is no half past two: it is half past three.
            (
                3,
                10,
                "230",
                "0",
                json!([
                    "2013-03-10T07:30:00Z",
                    "2013-03-10T07:30:00Z"
                ]),
            ),
        ];
        for (month, day, clock, delay, expected) in cases {
            let left = left(month, day, clock, delay).unwrap();
            assert_eq!(json!(left), expected);
        }
    }

    #[test]
    fn a_clock_that_is_none_is_refused() {
        for clock in ["575", "2401", "2500", "-5", "515.5"] {
            let words = left(1, 1, clock, "0").unwrap_err();
            assert_eq!(
                words,
                "f/1: sched_dep_time is not a time"
            );
        }
        assert_eq!(
            left(13, 1, "517", "0").unwrap_err(),
            "f/1: sched_dep_time is not a time"
        );
        assert_eq!(
            left(1, 1, "NA", "0").unwrap_err(),
            "f/1: sched_dep_time is not a number"
        );
    }
}
