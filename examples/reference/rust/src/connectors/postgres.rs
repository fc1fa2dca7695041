//! PostgreSQL as a source (pages by key range) and as a target (upserts).
use std::{str::FromStr, sync::LazyLock, time::Duration};

use regex::Regex;
use serde_json::{Map, Value};
use temporalio_sdk::ApplicationFailure;
use tokio_postgres::{
    Client, Config, Error, NoTls, Row, types::Json,
};
use url::Url;

use super::{
    connection::resolve,
    failures::{
        Result, invalid_input, unavailable, validation_error,
    },
    ndjson::canonical,
    records::{Page, RawRecord, TransformedRecord},
};

const SCHEMES: [&str; 2] = ["postgres", "postgresql"];
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

static TABLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^[a-z_][a-z0-9_]*$").unwrap());

/// Opens `postgres://…/database?table=name`; closed when the client is dropped.
async fn open(connection: &str) -> Result<(Client, String)> {
    let mut url = resolve(connection, &SCHEMES)?;
    let table = take_table(&mut url).ok_or_else(|| {
        invalid_input(
            "connection_string: must name a table, as in ?table=flights",
        )
    })?;
    let mut config =
        Config::from_str(url.as_str()).map_err(classified)?;
    config.connect_timeout(CONNECT_TIMEOUT);
    let (client, connected) =
        config.connect(NoTls).await.map_err(classified)?;
    // A connection lost while idle is reported here; the next query fails and is retried.
    tokio::spawn(async { connected.await.ok() });
    Ok((client, table))
}

/// Takes `table` out of the URL: the database does not know it.
fn take_table(url: &mut Url) -> Option<String> {
    let (tables, others): (Vec<_>, Vec<_>) = url
        .query_pairs()
        .into_owned()
        .partition(|(name, _)| name == "table");
    url.set_query(None);
    if !others.is_empty() {
        url.query_pairs_mut().extend_pairs(others);
    }
    let (_, table) = tables.into_iter().next()?;
    TABLE.is_match(&table).then_some(table)
}

/// Bad data (SQLSTATE classes 22 and 23) and bad SQL (42) are final; the rest is tried again.
// #region classify
fn classified(error: Error) -> ApplicationFailure {
    // #step The data broke a rule of the table: final
    let reason = reason_of(&error);
    let code = error.code().map_or("", |state| state.code());
    if let Some("22" | "23" | "42") = code.get(..2) {
        let message = format!("database refused: {reason}");
        return validation_error(message);
    }

    // #step Anything else may pass: try again
    unavailable(format!("database: {reason}"))
}
// #endregion classify

/// What the server said; without a server, what the driver says.
fn reason_of(error: &Error) -> String {
    match error.as_db_error() {
        Some(refused) => refused.message().to_owned(),
        None => error.to_string(),
    }
}

/// Pages of `size` records by key range: each costs the same.
pub struct TablePages {
    connection: String,
    /// The key to go on after; none at the end.
    cursor: Option<String>,
    size: usize,
}

impl TablePages {
    /// The pages behind the key `cursor`.
    pub fn open(
        connection: &str,
        cursor: &str,
        size: usize,
    ) -> Self {
        Self {
            connection: connection.to_owned(),
            cursor: Some(cursor.to_owned()),
            size,
        }
    }

    /// The next page; none at the end.
    // #region read
    pub async fn next_page(&mut self) -> Result<Option<Page>> {
        let Some(cursor) = self.cursor.take() else {
            return Ok(None);
        };

        // #step Continue behind the last key, never by OFFSET
        let (db, table) = open(&self.connection).await?;
        let sql = format!(
            "SELECT id, to_jsonb(t) - 'id' AS data FROM {table} t
             WHERE id > $1 ORDER BY id LIMIT $2"
        );
        let limit = self.size as i64;
        let found = db.query(&sql, &[&cursor, &limit]).await;
        let records = to_records(found)?;

        // #step A short page is the last one
        let full = records.len() == self.size;
        let page = Page::of(records);
        if let Some(page) = &page
            && full
        {
            self.cursor = Some(page.cursor.clone());
        }
        Ok(page)
    }
    // #endregion read
}

fn to_records(
    found: Result<Vec<Row>, Error>,
) -> Result<Vec<RawRecord>> {
    let record = |row: Row| {
        let id = row.try_get("id")?;
        let Json(data): Json<Map<String, Value>> =
            row.try_get("data")?;
        Ok(RawRecord { id, data })
    };
    found
        .and_then(|rows| rows.into_iter().map(record).collect())
        .map_err(classified)
}

/// Inserts or replaces records by id, all or none.
// #region upsert
pub async fn upsert(
    connection: &str,
    records: &[TransformedRecord],
) -> Result<usize> {
    let (db, table) = open(connection).await?;

    // #step One statement, so one transaction a batch
    let sql = format!(
        "INSERT INTO {table} (id, data, processed_at, version)
         SELECT r->>'id', r->'data',
           (r->'metadata'->>'processed_at')::timestamptz,
           r->'metadata'->>'version'
         FROM jsonb_array_elements($1::text::jsonb) r
         ON CONFLICT (id) DO UPDATE SET data = excluded.data,
           processed_at = excluded.processed_at,
           version = excluded.version"
    );
    let rows = canonical(&records);
    db.execute(&sql, &[&rows]).await.map_err(classified)?;

    // #step A repeated batch replaces itself
    Ok(records.len())
}
// #endregion upsert
