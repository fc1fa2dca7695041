//! Tries the connectors and the rules of the data: one case a line on stdin, its verdict a line on stdout.
//! A failure is a verdict; a panic is one too, and ends nothing.
use std::{
    env,
    io::{self, Write},
    panic::{AssertUnwindSafe, resume_unwind},
    path::PathBuf,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use durable_pipelines::{
    connectors::{
        address::Address,
        allowlist::Place,
        connection::{filled, resolve},
        csv::CsvPages,
        failures::invalid_input,
        http::ApiPages,
        input::Raw,
        records::{Page, RawRecord},
        topic::{Message, read_topic},
    },
    domain::flights::typed,
    pipelines::streaming::windows::{Windowing, sort_events},
    pipelines::{etl, streaming, tour},
};
use futures::FutureExt;
use serde::Deserialize;
use serde_json::{Value, json};
use temporalio_sdk::ApplicationFailure;
use tokio::{fs, runtime::Runtime};
use url::Url;
use uuid::Uuid;

/// 2100, in seconds since the epoch: later than any instant of a case that says nothing of it.
const END_OF_TIME: i64 = 4_102_444_800;

type Verdict = Result<Value, ApplicationFailure>;

#[derive(Deserialize)]
struct Csv {
    base64: String,
    size: usize,
}

#[derive(Deserialize)]
struct Json {
    url: String,
    size: usize,
}

#[derive(Deserialize)]
struct Input {
    pipeline: String,
    #[serde(default)]
    input: Value,
}

#[derive(Deserialize)]
struct Connection {
    url: String,
    schemes: Vec<String>,
}

#[derive(Deserialize)]
struct Topic {
    base64: String,
    cursor: u64,
    limit: usize,
}

fn main() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let mut out = io::stdout();
    for line in io::stdin().lines() {
        let case: Value = serde_json::from_str(&line?).unwrap_or_default();
        let number = case["n"].clone();
        // Whatever a case did, the next one begins anew: nothing outlives it.
        let verdict = AssertUnwindSafe(judge(case)).catch_unwind();
        let verdict = runtime.block_on(verdict);
        let verdict = match verdict {
            Ok(Ok(value)) => json!({"ok": value}),
            Ok(Err(failure)) => json!({"failure": words_of(&failure)}),
            Err(panic) => {
                let words = panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
                json!({"failure": {"type": "Crash", "message": words.unwrap_or_default()}})
            }
        };
        writeln!(out, "{}", json!({"n": number, "verdict": verdict}))?;
        out.flush()?;
    }
    Ok(())
}

async fn judge(case: Value) -> Verdict {
    match case["kind"].as_str() {
        Some("csv") => csv(case_of(case)).await,
        Some("json") => api(case_of(case)).await,
        Some("events") => Ok(events(case)),
        Some("input") => input(case_of(case)),
        Some("url") => address(case_of(case)),
        Some("topic") => topic(case_of(case)).await,
        _ => panic!("no case of a kind that is known"),
    }
}

/// A case that cannot be read is a crash: whoever wrote it shall see it.
fn case_of<T: for<'a> Deserialize<'a>>(case: Value) -> T {
    serde_json::from_value(case).expect("a case")
}

async fn csv(Csv { base64, size }: Csv) -> Verdict {
    let (file, url) = file_of(&base64).await;
    let read = async {
        let mut pages = CsvPages::open(&url, "", size).await?;
        let mut all = Records::default();
        while let Some(page) = pages.next_page().await? {
            all.add(page);
        }
        Ok(all.into_json())
    };
    let read = AssertUnwindSafe(read).catch_unwind().await;
    fs::remove_file(&file).await.expect("the file is there");
    read.unwrap_or_else(|panic| resume_unwind(panic))
}

async fn api(Json { url, size }: Json) -> Verdict {
    let mut pages = ApiPages::open(&url, "", size)?;
    let mut all = Records::default();
    while let Some(page) = pages.next_page().await? {
        all.add(page);
    }
    Ok(all.into_json())
}

fn events(mut case: Value) -> Value {
    let messages: Vec<Message> = case_of(case["messages"].take());
    if case["latest"].is_null() {
        case["latest"] = END_OF_TIME.into();
    }
    let before: Windowing = case_of(case);
    json!(sort_events(messages, before))
}

fn input(Input { pipeline, input }: Input) -> Verdict {
    let raw = Raw(input);
    match pipeline.as_str() {
        "etl" => etl::types::validate(&raw).map(drop),
        "streaming" => streaming::types::validate(&raw).map(drop),
        "tour" => tour::types::validate(&raw).map(drop),
        _ => panic!("no pipeline that is known"),
    }?;
    Ok(Value::Null)
}

fn address(Connection { url, schemes }: Connection) -> Verdict {
    let schemes: Vec<_> = schemes.iter().map(String::as_str).collect();
    resolve(&url, &schemes, Place::File)?;
    let url = filled(&url)?.url;
    let parts = Address::parse(&url).ok_or_else(|| invalid_input("no URL"))?;
    let (user, password) = parts.user().unwrap_or_default();
    Ok(json!({
        "scheme": parts.scheme,
        "user": user,
        "password": password,
        "host": parts.host.trim_matches(['[', ']']),
        "port": parts.port,
        "path": parts.decoded_path(),
        "query": parts.query.unwrap_or_default(),
    }))
}

async fn topic(
    Topic {
        base64,
        cursor,
        limit,
    }: Topic,
) -> Verdict {
    let (file, url) = file_of(&base64).await;
    let read = read_topic(&url, cursor, limit).await;
    fs::remove_file(&file).await.expect("the file is there");
    let page = read?;
    Ok(json!({"messages": page.messages, "cursor": page.cursor}))
}

#[derive(Default)]
struct Records {
    records: Vec<Value>,
    pages: Vec<usize>,
}

impl Records {
    fn add(&mut self, page: Page) {
        self.pages.push(page.records.len());
        self.records.extend(page.records.into_iter().map(with_types));
    }

    fn into_json(self) -> Value {
        json!({"records": self.records, "pages": self.pages})
    }
}

/// A record as it was read, and what the rules of the data make of it.
fn with_types(record: RawRecord) -> Value {
    let RawRecord { id, data } = record.clone();
    let typed = match typed(record) {
        Ok(record) => json!(record.data),
        Err(failure) => json!({"failure": words_of(&failure)}),
    };
    json!({"id": id, "data": data, "typed": typed})
}

fn words_of(failure: &ApplicationFailure) -> Value {
    let mut words = json!({
        "type": failure.type_name().unwrap_or_default(),
        "message": failure.to_string(),
    });
    if let Some(delay) = failure.next_retry_delay() {
        words["delay_seconds"] = delay.as_secs().into();
    }
    words
}

/// A file of its own with these bytes, and its URL.
async fn file_of(base64: &str) -> (PathBuf, String) {
    let bytes = BASE64_STANDARD.decode(base64).expect("base64");
    let file = env::temp_dir().join(format!("probe-{}", Uuid::new_v4()));
    fs::write(&file, bytes)
        .await
        .expect("a folder for files of no long life");
    let url = Url::from_file_path(&file).expect("an absolute path");
    (file, url.into())
}
