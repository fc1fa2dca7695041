//! Files that are there whole or not at all.
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{fs, time::sleep};
use uuid::Uuid;

use super::failures::{Result, unavailable};

/// Writes `body` to `file`, replacing what was there. Two attempts of one activity may write at
/// once, so each writes under a name of its own first. Fails with `Unavailable`.
// #region atomic
pub async fn write_atomically(
    file: &Path,
    body: &[u8],
) -> Result<()> {
    let own = format!("{}.tmp", Uuid::new_v4());
    let temporary = file.with_added_extension(own);
    let written: io::Result<()> = async {
        // #step Write under a name that nobody reads
        fs::create_dir_all(folder_of(file)).await?;
        fs::write(&temporary, body).await?;

        // #step Rename: readers see the old file or the new
        fs::rename(&temporary, file).await
    }
    .await;

    if written.is_err() {
        // #step Nothing half-written stays behind
        let _ = fs::remove_file(&temporary).await;
        return Err(unavailable("folder cannot be written"));
    }
    Ok(())
}
// #endregion atomic

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}

const STALE_AFTER: Duration = Duration::from_secs(10);
const RETRY_EVERY: Duration = Duration::from_millis(5);

/// The lock of a file, held until it is dropped.
pub struct Lock(PathBuf);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Takes the lock of `file` when no other process holds it, whatever its language. Who dies with the
/// lock loses it after ten seconds.
pub async fn locked(file: &Path) -> io::Result<Lock> {
    let lock = file.with_added_extension("lock");
    fs::create_dir_all(folder_of(file)).await?;
    while !taken(&lock).await? {
        sleep(RETRY_EVERY).await;
    }
    Ok(Lock(lock))
}

async fn taken(lock: &Path) -> io::Result<bool> {
    match fs::File::create_new(lock).await {
        Err(error)
            if error.kind() == io::ErrorKind::AlreadyExists =>
        {
            if is_stale(lock).await {
                let _ = fs::remove_file(lock).await;
            }
            Ok(false)
        }
        created => created.map(|_| true),
    }
}

async fn is_stale(lock: &Path) -> bool {
    let since = fs::metadata(lock).await;
    since
        .and_then(|lock| lock.modified())
        .ok()
        .and_then(|taken| taken.elapsed().ok())
        .is_some_and(|age| age > STALE_AFTER)
}
