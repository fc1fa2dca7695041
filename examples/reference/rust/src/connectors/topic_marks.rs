//! Which messages a file topic holds: beside it, an empty file for each of their ids. So to publish
//! costs the same whatever the topic holds. All languages use the same marks.
use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::fs;

use super::{
    files::{Lock, unless_gone, write_atomically},
    ndjson::to_json,
};

/// How far a topic is marked: its last line that is, in bytes, with its end, and the SHA-256 of it in hex.
#[derive(Deserialize, Serialize)]
pub struct Upto {
    pub from: u64,
    pub to: u64,
    pub sha256: String,
}

/// Whether the topic holds a message of this id, as far as it is marked.
pub async fn is_marked(
    file: &Path,
    id: &str,
) -> io::Result<bool> {
    fs::try_exists(mark_of(file, id)).await
}

/// Marks that the topic holds a message of this id.
pub async fn mark(file: &Path, id: &str) -> io::Result<()> {
    fs::write(mark_of(file, id), "").await
}

/// How far the topic is marked; none where nobody knows.
pub async fn read_upto(file: &Path) -> Option<Upto> {
    let json = fs::read(upto_of(file)).await.ok()?;
    serde_json::from_slice(&json).ok()
}

/// Says how far the topic is marked: a crash before it makes no harm, what is marked again is as it was.
pub async fn write_upto(
    file: &Path,
    upto: &Upto,
) -> io::Result<()> {
    let json = to_json(upto);
    let written =
        write_atomically(&upto_of(file), json.as_bytes()).await;
    written.map_err(io::Error::other)
}

/// Begins anew: the marks are of another topic, which had this name. At once, so that nothing comes
/// between the look at the lock and the removal.
pub fn unmark(file: &Path, lock: &Lock) -> io::Result<()> {
    let folder = folder_of(file);
    lock.check()?;
    std::fs::remove_dir_all(&folder).or_else(unless_gone)?;
    std::fs::create_dir_all(&folder)
}

/// SHA-256 in hex.
pub fn digest(bytes: &[u8]) -> String {
    let bytes = Sha256::digest(bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn folder_of(file: &Path) -> PathBuf {
    file.with_added_extension("ids")
}

fn upto_of(file: &Path) -> PathBuf {
    folder_of(file).join("upto.json")
}

fn mark_of(file: &Path, id: &str) -> PathBuf {
    folder_of(file).join(digest(id.as_bytes()))
}
