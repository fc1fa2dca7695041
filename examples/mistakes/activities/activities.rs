//! What the mistakes and their cures call: small work on January's flights.
use std::time::Duration;

use durable_pipelines::connectors::{
    postgres::TablePages,
    records::{Batch, RawRecord},
    staging::{fetch_staged, stage, staged_at},
};
use serde::{Deserialize, Serialize};
use temporalio_macros::activities;
use temporalio_sdk::{
    ActivityOptions,
    activities::{ActivityContext, ActivityError},
};

const PAGE: usize = 100;

/// A carrier, and how often it flew.
#[derive(Deserialize, Serialize)]
pub struct Flown {
    pub carrier: String,
    pub flights: u32,
}

/// What is to be reported, and when: in milliseconds since 1970.
#[derive(Deserialize, Serialize)]
pub struct Due {
    pub at: u64,
    pub flown: Flown,
}

/// The first rows of a table.
#[derive(Deserialize, Serialize)]
pub struct Rows {
    pub connection: String,
    pub rows: usize,
}

/// What an activity has that is short.
pub fn a_minute() -> ActivityOptions {
    let minute = Duration::from_secs(60);
    ActivityOptions::start_to_close_timeout(minute)
}

pub struct MistakeActivities;

#[activities]
impl MistakeActivities {
    /// One line about a carrier.
    #[activity(name = "Report")]
    pub async fn report(
        _ctx: ActivityContext,
        flown: Flown,
    ) -> Result<String, ActivityError> {
        let Flown { carrier, flights } = flown;
        Ok(format!("{carrier} flew {flights} times"))
    }

    /// How many flights a table has.
    // #region count
    #[activity(name = "CountFlights")]
    pub async fn count_flights(
        ctx: ActivityContext,
        connection: String,
    ) -> Result<usize, ActivityError> {
        // #step Work page by page
        let mut flights = 0;
        let mut pages = TablePages::open(&connection, "", PAGE);
        while let Some(page) = pages.next_page().await? {
            flights += page.records.len();

            // #step Tell Temporal how far we are
            ctx.record_heartbeat(page.cursor).await?;
        }
        Ok(flights)
    }
    // #endregion count

    /// The rows themselves.
    #[activity(name = "ReadRows")]
    pub async fn read_rows(
        _ctx: ActivityContext,
        input: Rows,
    ) -> Result<Vec<RawRecord>, ActivityError> {
        rows_of(&input).await
    }

    /// How many rows there are.
    #[activity(name = "CountRows")]
    pub async fn count_rows(
        _ctx: ActivityContext,
        rows: Vec<RawRecord>,
    ) -> Result<usize, ActivityError> {
        Ok(rows.len())
    }

    /// Stages the rows; answers where.
    #[activity(name = "StageRows")]
    pub async fn stage_rows(
        _ctx: ActivityContext,
        input: Rows,
    ) -> Result<Batch, ActivityError> {
        let rows = rows_of(&input).await?;
        let uri = staged_at("mistakes/rows.ndjson");
        Ok(stage(uri, &rows).await?)
    }

    /// How many rows are staged there.
    #[activity(name = "CountStaged")]
    pub async fn count_staged(
        _ctx: ActivityContext,
        batch: Batch,
    ) -> Result<usize, ActivityError> {
        let rows: Vec<RawRecord> = fetch_staged(&batch).await?;
        Ok(rows.len())
    }
}

async fn rows_of(
    input: &Rows,
) -> Result<Vec<RawRecord>, ActivityError> {
    let Rows { connection, rows } = input;
    let mut pages = TablePages::open(connection, "", *rows);
    let page = pages.next_page().await?;
    Ok(page.map(|page| page.records).unwrap_or_default())
}
