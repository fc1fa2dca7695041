//! NDJSON: one record a line.
use serde::{Serialize, de::DeserializeOwned};

use super::{
    failures::{Result, malformed},
    folder::{Parts, write_part},
    records::TransformedRecord,
};

/// Records as lines.
pub fn to_ndjson(records: &[impl Serialize]) -> String {
    records.iter().map(|record| to_json(record) + "\n").collect()
}

/// Lines as records.
pub fn from_ndjson<T: DeserializeOwned>(
    body: &str,
) -> Result<Vec<T>> {
    body.lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .map_err(|_| malformed("lines are not JSON"))
}

/// A record as JSON.
pub fn to_json(record: &impl Serialize) -> String {
    serde_json::to_string(record)
        .expect("records are plain JSON")
}

/// Writes one NDJSON part; returns how many records.
// #region write
pub async fn write_ndjson(
    parts: Parts<'_>,
    part: &str,
    records: &[TransformedRecord],
) -> Result<usize> {
    // #step One record a line
    let file = format!("{part}.ndjson");
    let body = to_ndjson(records);
    write_part(parts, &file, body.as_bytes()).await?;
    Ok(records.len())
}
// #endregion write
