//! What passes between the connectors: records, pages of them, and references to them.
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A record as its source has it. `id` is `<source_id>/<key>` once it is extracted.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RawRecord {
    pub id: String,
    pub data: Map<String, Value>,
}

/// A record ready to load.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TransformedRecord {
    pub id: String,
    pub data: Map<String, Value>,
    pub metadata: Metadata,
}

/// When and by what a record was made.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Metadata {
    pub processed_at: String,
    pub version: String,
}

/// Some records of a source, and the key to go on after.
#[derive(Clone, Debug)]
pub struct Page {
    pub records: Vec<RawRecord>,
    pub cursor: String,
}

impl Page {
    /// A page whose last record is the key to go on after; none without a record.
    pub fn of(records: Vec<RawRecord>) -> Option<Self> {
        let cursor = records.last()?.id.clone();
        Some(Self { records, cursor })
    }
}

/// A claim check: where `count` records are staged, and the SHA-256 of their bytes in hex.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Batch {
    pub uri: String,
    pub count: usize,
    pub sha256: String,
}
