//! Events sorted into windows: no topic, no staging, no clock. The same input gives the same output.
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::types::Window;
use crate::connectors::{
    json::parse_json, ndjson::to_json, topic::Message,
};

/// The open windows, and how the watermark moves.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Windowing {
    pub window_size_seconds: i64,
    pub allowed_lateness_seconds: i64,
    pub watermark: Option<String>,
    pub open_windows: Vec<Window>,
    /// The last instant that is believed, in seconds since the epoch.
    pub latest: i64,
}

/// The windows behind some more events; late and dead ones, ready to be published.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Sorted {
    pub open_windows: Vec<Window>,
    pub closed_windows: Vec<Window>,
    pub watermark: Option<String>,
    pub late: Vec<Message>,
    pub dead: Vec<Message>,
}

/// Sorts events into windows.
// #region windows
pub fn sort_events(
    messages: Vec<Message>,
    before: Windowing,
) -> Sorted {
    let size = before.window_size_seconds;
    let lateness = before.allowed_lateness_seconds;
    let mut windows: Windows =
        before.open_windows.into_iter().map(keyed).collect();
    let mut watermark =
        before.watermark.as_deref().and_then(seconds);
    let (mut late, mut dead) = (vec![], vec![]);

    for message in messages {
        // #step What is no event goes aside, with the reason
        let event = match event_of(&message, before.latest) {
            Ok(event) => event,
            Err(reason) => {
                dead.push(dead_letter(&reason, &message));
                continue;
            }
        };

        // #step An event whose window is closed is late
        let start = event.at.div_euclid(size) * size;
        if Some(start + size) <= watermark {
            late.push(message);
            continue;
        }

        // #step Any other counts in its window
        let at = event.at;
        count(&mut windows, instant(start), event);

        // #step The newest event moves the watermark
        watermark = watermark.max(Some(at - lateness));
    }

    // #step Windows behind the watermark are closed
    let (closed_windows, open_windows) =
        windows.into_values().partition(|window| {
            seconds(&window.window_start).is_some_and(|start| {
                Some(start + size) <= watermark
            })
        });
    let watermark = watermark.map(instant);
    Sorted {
        open_windows,
        closed_windows,
        watermark,
        late,
        dead,
    }
}
// #endregion windows

/// A departure, in seconds since the epoch; the delay in minutes.
struct Departure {
    origin: String,
    at: i64,
    delay: Option<i64>,
}

const MAX_ORIGIN: usize = 32;
const MAX_DELAY: f64 = 100_000.0;
/// An event far from now would close all windows before it.
const FIRST: &str = "1970";
const LAST: &str = "2099";

/// It goes into ids, headers and the names of windows.
fn origin(value: &Value) -> Option<String> {
    let origin = value.as_str()?;
    let sound = (1..=MAX_ORIGIN).contains(&origin.len())
        && origin.bytes().all(|byte| byte.is_ascii_graphic());
    sound.then(|| origin.to_owned())
}

fn departed_at(value: &Value) -> Option<i64> {
    let text = value.as_str()?;
    let at = seconds(text)?;
    (FIRST..=LAST).contains(&text.get(..4)?).then_some(at)
}

/// None where it is none; null where the flight never left.
fn delay(value: &Value) -> Option<Option<i64>> {
    if value.is_null() {
        return Some(None);
    }
    let delay = value.as_f64()?;
    let whole = delay.fract() == 0.0 && delay.abs() <= MAX_DELAY;
    whole.then_some(Some(delay as i64))
}

#[derive(Serialize)]
struct DeadLetter<'a> {
    reason: &'a str,
    id: &'a str,
    body: &'a str,
}

fn dead_letter(reason: &str, message: &Message) -> Message {
    let Message { id, body, .. } = message;
    let letter = to_json(&DeadLetter { reason, id, body });
    Message::new(id.clone(), letter)
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
    let Some(delay) = event.delay else {
        window.cancelled += 1;
        return;
    };

    // #step Sums can be added to; means cannot
    window.departures += 1;
    window.delay_sum += delay;
    window.worst_delay = window.worst_delay.max(Some(delay));
}
// #endregion count

/// The event in a message, or why it is none.
// #region event
fn event_of(
    message: &Message,
    latest: i64,
) -> Result<Departure, String> {
    if let Some(fault) = &message.fault {
        return Err(fault.clone());
    }

    // #step Only JSON can be an event
    let body =
        parse_json(message.body.as_bytes()).ok_or("not JSON")?;

    // #step Only what can be trusted is a departure
    let departure = || {
        Some(Departure {
            origin: origin(body.get("origin")?)?,
            at: departed_at(body.get("departed_at")?)?,
            delay: delay(body.get("delay_minutes")?)?,
        })
    };
    let departure = departure().ok_or("not a departure")?;

    // #step One from the future would make all others late
    if departure.at > latest {
        return Err("in the future".to_owned());
    }
    Ok(departure)
}
// #endregion event

fn keyed(window: Window) -> ((String, String), Window) {
    let Window { window_start, origin, .. } = window.clone();
    ((window_start, origin), window)
}

/// When the last of the windows ends; none when there are none.
pub fn end_of(windows: &[Window], size: i64) -> Option<String> {
    let last = seconds(&windows.last()?.window_start)?;
    Some(instant(last + size))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sorted(bodies: &[&str]) -> Value {
        let messages = bodies.iter().enumerate();
        let messages = messages
            .map(|(i, body)| {
                Message::new(i.to_string(), (*body).to_owned())
            })
            .collect();
        let before = Windowing {
            window_size_seconds: 3600,
            allowed_lateness_seconds: 600,
            watermark: None,
            open_windows: vec![],
            latest: 4_102_444_800,
        };
        json!(sort_events(messages, before))
    }

    fn departure(at: &str, origin: &str, delay: &str) -> String {
        format!(
            r#"{{"origin":{origin},"departed_at":"{at}","delay_minutes":{delay},"x":1}}"#
        )
    }

    #[test]
    fn events_count_are_late_or_dead() {
        let at = |at, origin, delay| {
            departure(
                &format!("2013-01-01T{at}Z"),
                origin,
                delay,
            )
        };
        let first = at("10:59:59", r#""JFK""#, "5.0");
        let second = at("10:00:00", r#""EWR""#, "null");
        let third = at("11:10:00", r#""EWR""#, "-3e0");
        let late = at("10:30:00", r#""EWR""#, "1");
        let all = sorted(&[&first, &second, &third, &late, "{"]);
        let window = |start: &str,
                      origin: &str,
                      departures: i64,
                      sum: i64| {
            json!({
                "window_start": format!("2013-01-01T{start}:00:00Z"),
                "origin": origin, "departures": departures, "cancelled": 1 - departures,
                "delay_sum": sum, "worst_delay": (departures > 0).then_some(sum),
            })
        };
        assert_eq!(
            all,
            json!({
                "closed_windows": [window("10", "EWR", 0, 0), window("10", "JFK", 1, 5)],
                "open_windows": [window("11", "EWR", 1, -3)],
                "watermark": "2013-01-01T11:00:00Z",
                "late": [{"id": "3", "body": late}],
                "dead": [{"id": "4", "body": r#"{"reason":"not JSON","id":"4","body":"{"}"#}],
            })
        );
    }

    #[test]
    fn what_cannot_be_trusted_is_no_departure() {
        let good = "2013-01-01T10:00:00Z";
        for (at, origin, delay) in [
            (good, "\"\"", "1"),
            (good, "7", "1"),
            (good, r#""a b""#, "1"),
            (good, r#""a\r\n""#, "1"),
            (good, r#""é""#, "1"),
            (good, &format!("{:?}", "a".repeat(33)), "1"),
            (good, r#""JFK""#, "1.5"),
            (good, r#""JFK""#, "100001"),
            (good, r#""JFK""#, "1e999"),
            (good, r#""JFK""#, r#""1""#),
            (good, r#""JFK""#, "true"),
            ("2013-01-01T10:00:00.500Z", r#""JFK""#, "1"),
            ("2013-01-01T10:00:00+00:00", r#""JFK""#, "1"),
            ("2013-01-01 10:00:00Z", r#""JFK""#, "1"),
            ("2013-01-01t10:00:00z", r#""JFK""#, "1"),
            ("2013-02-29T10:00:00Z", r#""JFK""#, "1"),
            ("2013-01-01T10:00:60Z", r#""JFK""#, "1"),
            ("1969-12-31T23:59:59Z", r#""JFK""#, "1"),
            ("2100-01-01T00:00:00Z", r#""JFK""#, "1"),
        ] {
            let body = departure(at, origin, delay);
            let reason = |body: &str| {
                let all = sorted(&[body]);
                let letter = all["dead"][0]["body"].as_str();
                letter.map(|it| it.contains("not a departure"))
            };
            assert_eq!(reason(&body), Some(true), "{body}");
        }
        for body in [
            "[]",
            "null",
            r#"{"origin":"JFK","departed_at":"2013-01-01T10:00:00Z"}"#,
        ] {
            assert_eq!(
                sorted(&[body])["dead"]
                    .as_array()
                    .unwrap()
                    .len(),
                1
            );
        }
    }

    #[test]
    fn the_last_window_ends_last() {
        let windows: Vec<Window> = serde_json::from_value(json!([
            {"window_start": "2013-01-01T12:00:00Z", "origin": "JFK", "departures": 1, "cancelled": 0, "delay_sum": 0, "worst_delay": 0},
            {"window_start": "2013-01-01T13:00:00Z", "origin": "EWR", "departures": 0, "cancelled": 1, "delay_sum": 0, "worst_delay": null},
        ]))
        .unwrap();
        assert_eq!(
            end_of(&windows, 3600).as_deref(),
            Some("2013-01-01T14:00:00Z")
        );
        assert_eq!(end_of(&[], 3600), None);
    }

    #[test]
    fn a_fault_is_the_reason() {
        let mut message =
            Message::new("@7".to_owned(), "{}".to_owned());
        message.fault = Some("too long".to_owned());
        let Err(reason) = event_of(&message, i64::MAX) else {
            panic!("an event")
        };
        assert_eq!(reason, "too long");
    }
}
