//! Files that are there whole or not at all.
use std::{io, path::Path};

use tokio::fs;
use uuid::Uuid;

use super::failures::{Result, unavailable};

/// Writes `body` to `file`, replacing what was there. Two attempts of one activity may write at
/// once, so each writes under a name of its own first. Fails with `Unavailable`.
// #region aside
pub async fn write_aside(
    file: &Path,
    body: &[u8],
) -> Result<()> {
    let own = format!("{}.tmp", Uuid::new_v4());
    let aside = file.with_added_extension(own);
    let written: io::Result<()> = async {
        // #step Write under a name that nobody reads
        fs::create_dir_all(folder_of(file)).await?;
        fs::write(&aside, body).await?;

        // #step Rename: readers see the old file or the new
        fs::rename(&aside, file).await
    }
    .await;

    if written.is_err() {
        // #step Nothing half-written stays behind
        let _ = fs::remove_file(&aside).await;
        return Err(unavailable("folder cannot be written"));
    }
    Ok(())
}
// #endregion aside

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}
