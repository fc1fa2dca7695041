//! NDJSON: one record a line.
use serde::{Serialize, de::DeserializeOwned};

use super::{
    connection::resolve_path,
    failures::{Result, malformed},
    files::write_atomically,
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

/// Writes one NDJSON part into the folder that `connection` names; returns how many records.
// #region write
pub async fn write_ndjson(
    connection: &str,
    part: &str,
    records: &[TransformedRecord],
) -> Result<usize> {
    // #step Named after its batch, so a repeat replaces it
    let folder = resolve_path(connection)?;
    let file = folder.join(format!("{part}.ndjson"));
    write_atomically(&file, to_ndjson(records).as_bytes())
        .await?;
    Ok(records.len())
}
// #endregion write
