//! PostgreSQL as a source (pages by key range) and as a target (upserts).
use std::collections::BTreeMap;

use serde_json::from_str;
use temporalio_sdk::{
    ApplicationFailure,
    activities::{ActivityContext, ActivityError},
};
use tokio_postgres::{Error, Row, types::ToSql};

use super::{
    database::Database,
    failures::{Result, unavailable, validation_error},
    heartbeats::unless_cancelled,
    ndjson::to_json,
    records::{Page, RawRecord, TransformedRecord},
};

/// What the data or the connection string did wrong is final; the rest is tried again.
// #region classify
pub fn classified(error: Error) -> ApplicationFailure {
    // #step The data broke a rule of the table: final
    let code = error.code().map_or("", |state| state.code());
    if code.get(..2).is_some_and(|it| FINAL.contains(&it)) {
        let rule = constraint_of(&error);
        let message = format!("database refused: {code}{rule}");
        return validation_error(message);
    }

    // #step Anything else may pass: try again
    unavailable("database did not answer")
}
// #endregion classify

/// SQLSTATE classes: data, constraints, SQL and rights, user, database, what is not supported.
const FINAL: [&str; 6] = ["22", "23", "42", "28", "3D", "0A"];

/// The constraint that the data broke, in brackets.
fn constraint_of(error: &Error) -> String {
    error
        .as_db_error()
        .and_then(|refused| refused.constraint())
        .map_or_else(String::new, |name| format!(" ({name})"))
}

/// Pages of `size` records by key range: each costs the same. All come over one connection.
pub struct TablePages {
    connection: String,
    /// The key to go on after; none at the end.
    cursor: Option<String>,
    size: usize,
    open: Option<(Database, String)>,
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
            open: None,
        }
    }

    /// The next page; none at the end.
    // #region read
    pub async fn next_page(&mut self) -> Result<Option<Page>> {
        let Some(cursor) = self.cursor.take() else {
            return Ok(None);
        };

        // #step Continue behind the last key, never by OFFSET
        let size = self.size;
        let (db, key_type) = self.table(&cursor).await?;
        let table = &db.table;
        let behind = match cursor.as_str() {
            "" => String::new(),
            _ => format!("WHERE t.id > $2::text::{key_type}"),
        };
        let sql = format!(
            "SELECT t.id::text AS key,
               (to_jsonb(t.*) - 'id')::text AS data
             FROM {table} AS t {behind}
             ORDER BY t.id LIMIT $1"
        );
        let limit = size as i64 + 1;
        let values = values(&limit, &cursor);
        let found = db.query(&sql, &values).await?;
        let mut records = to_records(found)?;

        // #step A key that is there twice would lose a row
        check_keys(&records)?;

        // #step A short page is the last one
        let full = records.len() > size;
        records.truncate(size);
        let page = Page::of(records);
        if let Some(page) = &page
            && full
        {
            self.cursor = Some(page.cursor.clone());
        }
        Ok(page)
    }
    // #endregion read

    /// The table, and the type of its key.
    async fn table(
        &mut self,
        cursor: &str,
    ) -> Result<&(Database, String)> {
        let open = match self.open.take() {
            Some(open) => open,
            None => {
                let db =
                    Database::open(&self.connection).await?;
                let key_type = key_type_of(&db).await?;
                if cursor.is_empty() {
                    check_no_null(&db).await?;
                }
                (db, key_type)
            }
        };
        Ok(self.open.insert(open))
    }
}

/// What the query has places for: the first page is behind no key.
fn values<'a>(
    limit: &'a i64,
    cursor: &'a String,
) -> Vec<&'a (dyn ToSql + Sync)> {
    match cursor.as_str() {
        "" => vec![limit],
        _ => vec![limit, cursor],
    }
}

async fn key_type_of(db: &Database) -> Result<String> {
    let sql = "SELECT format_type(atttypid, atttypmod)
         FROM pg_attribute
         WHERE attrelid = $1::text::regclass
           AND attname = 'id' AND NOT attisdropped";
    let found = db.query(sql, &[&db.table]).await?;
    // Without a key, the next query says what is wrong.
    found.first().map_or_else(
        || Ok("text".to_owned()),
        |row| row.try_get(0).map_err(classified),
    )
}

async fn check_no_null(db: &Database) -> Result<()> {
    let table = &db.table;
    let sql = format!(
        "SELECT 1 FROM {table} AS t WHERE t.id IS NULL LIMIT 1"
    );
    let found = db.query(&sql, &[]).await?;
    if found.is_empty() { Ok(()) } else { Err(no_key()) }
}

/// Keys come in order: two that are equal are neighbours.
fn check_keys(records: &[RawRecord]) -> Result<()> {
    if records.iter().any(|record| record.id.is_empty()) {
        return Err(no_key());
    }
    if records.windows(2).any(|two| two[0].id == two[1].id) {
        return Err(validation_error("key is not unique"));
    }
    Ok(())
}

fn no_key() -> ApplicationFailure {
    validation_error("a record has no key")
}

/// The rows as records; numbers keep their digits.
fn to_records(rows: Vec<Row>) -> Result<Vec<RawRecord>> {
    rows.into_iter()
        .map(|row| {
            let id = row.try_get("key").map_err(classified)?;
            let data: &str =
                row.try_get("data").map_err(classified)?;
            let data = from_str(data).map_err(|_| {
                validation_error("a record is nested too deeply")
            })?;
            Ok(RawRecord { id, data })
        })
        .collect()
}

/// Inserts or replaces records by id, all or none; rows that a newer run has written stay.
// #region upsert
pub async fn upsert(
    ctx: &ActivityContext,
    connection: &str,
    records: &[TransformedRecord],
) -> Result<usize, ActivityError> {
    // #step Of two records with one key, the last stays
    let by_key = records.iter().map(|r| (&r.id, r));
    let by_key: BTreeMap<_, _> = by_key.collect();
    let rows: Vec<_> = by_key.values().collect();

    // #step One transaction, and no row of a newer run
    let open = Database::open(connection);
    let db = unless_cancelled(ctx, open).await?;
    let table = &db.table;
    let sql = format!(
        "INSERT INTO {table} AS t
           (id, data, processed_at, version)
         SELECT r->>'id', r->'data',
           (r->'metadata'->>'processed_at')::timestamptz,
           r->'metadata'->>'version'
         FROM jsonb_array_elements($1::text::jsonb) r
         ON CONFLICT (id) DO UPDATE SET data = excluded.data,
           processed_at = excluded.processed_at,
           version = excluded.version
         WHERE coalesce(t.processed_at
           <= excluded.processed_at, true)"
    );
    db.execute(ctx, &sql, &[&to_json(&rows)]).await?;

    // #step A repeated batch replaces itself
    Ok(records.len())
}
// #endregion upsert
