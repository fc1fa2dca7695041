//! The rules of the flight data, and of its weather and planes.
use std::sync::LazyLock;

use jiff::{
    SignedDuration,
    civil::{Date, DateTime, Time},
    tz::{self, AmbiguousOffset, TimeZone},
};
use regex::Regex;
use serde_json::{Map, Value};
use temporalio_sdk::ApplicationFailure;

use crate::connectors::{
    failures::{Result, validation_error},
    json::number,
    records::RawRecord,
};

/// The key of a record among those of all sources: it is unique in its own source alone.
pub fn key_of(source_id: &str, id: &str) -> String {
    format!("{source_id}/{id}")
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
pub fn typed(record: RawRecord) -> Result<RawRecord> {
    let RawRecord { id, mut data } = record;
    for (field, slot) in &mut data {
        *slot = match slot.take() {
            // #step "NA" is how the data says nothing
            value if value.is_null() || value == "NA" => {
                Value::Null
            }
            // #step Numbers may come as text
            value if NUMBERS.contains(&field.as_str()) => {
                number(to_number(&id, field, &value)?)
            }
            // #step Everything else stays as it is
            value => value,
        };
    }

    // #step Clock times become instants
    if data.contains_key("sched_dep_time") {
        departures_to_utc(&id, &mut data)?;
    }
    Ok(RawRecord { id, data })
}
// #endregion typed

/// A number as texts have it.
static DECIMAL: LazyLock<Regex> = LazyLock::new(|| {
    let decimal =
        r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$";
    Regex::new(decimal).expect("a pattern")
});

fn to_number(
    id: &str,
    field: &str,
    value: &Value,
) -> Result<f64> {
    let number: Option<f64> = match value {
        Value::String(text) => {
            let text = text.trim_matches([' ', '\t']);
            let text = Some(text);
            text.filter(|text| DECIMAL.is_match(text))
                .and_then(|text| text.parse().ok())
        }
        Value::Number(number) => number.as_f64(),
        _ => None,
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
fn departures_to_utc(
    id: &str,
    flight: &mut Map<String, Value>,
) -> Result<()> {
    // #step Read the clock on the wall in New York
    let read =
        |field| to_number(id, field, value_of(flight, field));
    let (year, month) = (read("year")?, read("month")?);
    let (day, clock) = (read("day")?, read("sched_dep_time")?);
    let scheduled = from_wall_clock(year, month, day, clock)
        .ok_or_else(|| not_a_time(id))?;

    // #step A delay may cross midnight: add it to the instant
    let departed = value_of(flight, "dep_delay")
        .as_f64()
        .map(|minutes| add_minutes(id, scheduled, minutes))
        .transpose()?;

    // #step Write RFC 3339, to the second
    set_instant(flight, "sched_dep_time", Some(scheduled));
    set_instant(flight, "dep_time", departed);
    Ok(())
}
// #endregion clock

const MAX_DELAY: f64 = 100_000.0;

/// 517 is 5:17 in New York; 2400 is the midnight that ends the day. The instant, in UTC.
fn from_wall_clock(
    year: f64,
    month: f64,
    day: f64,
    clock: f64,
) -> Option<DateTime> {
    let all = [year, month, day, clock];
    if all.iter().any(|number| number.fract() != 0.0)
        || year < 1.0
        || !(0.0..=2400.0).contains(&clock)
    {
        return None;
    }
    // What is too large for its type stays too large for a date.
    let date =
        Date::new(year as i16, month as i8, day as i8).ok()?;
    let (date, clock) = match clock {
        2400.0 => (date.tomorrow().ok()?, 0.0),
        _ => (date, clock),
    };
    let (hour, minute) = (clock / 100.0, clock % 100.0);
    let time = Time::new(hour as i8, minute as i8, 0, 0).ok()?;
    to_utc(date.to_datetime(time))
}

/// RFC 5545, 3.3.5: a time that is twice is the first; one that is not has the offset before the gap.
fn to_utc(wall: DateTime) -> Option<DateTime> {
    let ambiguous = NEW_YORK.to_ambiguous_timestamp(wall);
    let offset = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. }
        | AmbiguousOffset::Fold { before, .. } => before,
    };
    let behind =
        SignedDuration::from_secs(-i64::from(offset.seconds()));
    within_years(wall.checked_add(behind).ok()?)
}

fn add_minutes(
    id: &str,
    scheduled: DateTime,
    minutes: f64,
) -> Result<DateTime> {
    if minutes.fract() != 0.0 || minutes.abs() > MAX_DELAY {
        return Err(validation_error(format!(
            "{id}: dep_delay is not a delay"
        )));
    }
    let delay = SignedDuration::from_mins(minutes as i64);
    scheduled
        .checked_add(delay)
        .ok()
        .and_then(within_years)
        .ok_or_else(|| not_a_time(id))
}

/// RFC 3339 has years of four digits.
fn within_years(time: DateTime) -> Option<DateTime> {
    (1..=9999).contains(&time.year()).then_some(time)
}

fn not_a_time(id: &str) -> ApplicationFailure {
    validation_error(format!(
        "{id}: sched_dep_time is not a time"
    ))
}

fn value_of<'a>(
    flight: &'a Map<String, Value>,
    field: &str,
) -> &'a Value {
    flight.get(field).unwrap_or(&Value::Null)
}

fn set_instant(
    flight: &mut Map<String, Value>,
    field: &str,
    time: Option<DateTime>,
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
    fn departure(
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
            // On this one there are two: the first.
            (
                11,
                3,
                "130",
                "NA",
                json!(["2013-11-03T05:30:00Z", null]),
            ),
        ];
        for (month, day, clock, delay, expected) in cases {
            let instants =
                departure(month, day, clock, delay).unwrap();
            assert_eq!(json!(instants), expected);
        }
    }

    #[test]
    fn a_clock_that_is_none_is_refused() {
        for clock in ["575", "2401", "2500", "-5", "515.5"] {
            let message =
                departure(1, 1, clock, "0").unwrap_err();
            assert_eq!(
                message,
                "f/1: sched_dep_time is not a time"
            );
        }
        assert_eq!(
            departure(13, 1, "517", "0").unwrap_err(),
            "f/1: sched_dep_time is not a time"
        );
        assert_eq!(
            departure(1, 1, "NA", "0").unwrap_err(),
            "f/1: sched_dep_time is not a number"
        );
        for delay in ["1.5", "100001", "1e12"] {
            assert_eq!(
                departure(1, 1, "517", delay).unwrap_err(),
                "f/1: dep_delay is not a delay"
            );
        }
    }

    /// What `typed` makes of the JSON of a record's data.
    fn typed_json(data: &str) -> Result<String, String> {
        let data = serde_json::from_str(data).unwrap();
        let record = RawRecord { id: "f/1".to_owned(), data };
        match typed(record) {
            Ok(record) => {
                Ok(Value::from(record.data).to_string())
            }
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn numbers_are_decimal_and_finite() {
        for (value, number) in [
            ("\" \\t+1.50e1 \"", "15"),
            ("\"-.5\"", "-0.5"),
            ("\"5.\"", "5"),
            ("\"-0\"", "0"),
            ("-0.0", "0"),
            ("\"NA\"", "null"),
            ("null", "null"),
            ("9007199254740993", "9007199254740992.0"),
        ] {
            assert_eq!(
                typed_json(&format!("{{\"year\":{value}}}")),
                Ok(format!("{{\"year\":{number}}}"))
            );
        }
        for value in [
            "\"\"",
            "\"  \"",
            "\"0x10\"",
            "\"Infinity\"",
            "\"inf\"",
            "\"nan\"",
            "\"1e999\"",
            "\"1_000\"",
            "\"\\u00a01\"",
            "\"\\n1\"",
            "\".\"",
            "\"1e\"",
            "1e999",
            "true",
            "[5]",
            "{}",
        ] {
            assert_eq!(
                typed_json(&format!(
                    "{{\"year\":{value},\"zoo\":1,\"distance\":2}}"
                )),
                Err("f/1: year is not a number".to_owned()),
                "{value}"
            );
        }
    }

    #[test]
    fn other_fields_keep_their_digits() {
        let data = r#"{"flight_id":1533947986218845197}"#;
        assert_eq!(typed_json(data).unwrap(), data);
    }

    #[test]
    fn dates_are_real_and_have_four_digits() {
        let flight = |year: &str,
                      month,
                      day: &str,
                      clock: u16| {
            typed_json(&format!(
                r#"{{"year":{year},"month":{month},"day":{day},"sched_dep_time":{clock}}}"#
            ))
        };
        let none =
            Err("f/1: sched_dep_time is not a time".to_owned());
        assert_eq!(flight("2013", 2, "29", 0), none);
        assert_eq!(flight("2013", 1, "1.7", 0), none);
        assert_eq!(flight("20130", 1, "1", 0), none);
        assert_eq!(flight("65537", 1, "1", 0), none);
        assert_eq!(flight("2013", 257, "1", 0), none);
        assert_eq!(flight("0", 1, "1", 0), none);
        assert_eq!(flight("9999", 12, "31", 1900), none);
        assert!(flight("9999", 12, "31", 1859).is_ok());
        let first = flight("1", 1, "1", 0).unwrap();
        assert!(
            first.contains("\"dep_time\":null")
                && first.contains("\"0001-01-01T0"),
            "{first}"
        );
    }
}
