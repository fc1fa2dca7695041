//! Files that are there whole or not at all.
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
    time::sleep,
};
use uuid::Uuid;

use super::failures::{Result, unavailable};

/// Writes `body` to `file` for all whom the umask lets read it: see `write_atomically_as`.
pub async fn write_atomically(
    file: &Path,
    body: &[u8],
) -> Result<()> {
    write_atomically_as(0o666, file, body).await
}

/// Writes `body` to `file`, replacing what was there. Two attempts of one activity may write at
/// once, so each writes under a name of its own first. Fails with `Unavailable`.
/// `mode` says who may read it, as `chmod` takes it.
// #region atomic
pub async fn write_atomically_as(
    mode: u32,
    file: &Path,
    body: &[u8],
) -> Result<()> {
    let own = format!("{}.tmp", Uuid::new_v4());
    let temporary = file.with_added_extension(own);
    let written: io::Result<()> = async {
        // #step Write under a name that nobody reads
        fs::create_dir_all(folder_of(file)).await?;
        let mut new = File::options();
        let new = new.write(true).create_new(true).mode(mode);
        let mut new = new.open(&temporary).await?;
        new.write_all(body).await?;
        new.flush().await?;

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

/// What is not there is no failure: there is nothing.
pub fn unless_gone<T: Default>(
    error: io::Error,
) -> io::Result<T> {
    match error.kind() {
        io::ErrorKind::NotFound => Ok(T::default()),
        _ => Err(error),
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}

const STALE_AFTER: Duration = Duration::from_secs(10);
const RETRY_EVERY: Duration = Duration::from_millis(5);

/// The lock of a file, held until it is dropped. Who is frozen with it for long loses it.
pub struct Lock {
    path: PathBuf,
    owner: String,
}

impl Lock {
    /// Fails when another has taken it: ask right before a write, and await nothing between.
    pub fn check(&self) -> io::Result<()> {
        let holder = std::fs::read_to_string(&self.path)?;
        if holder == self.owner {
            return Ok(());
        }
        Err(io::Error::other("lock was lost"))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.check().is_ok() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Takes the lock of `file` when no other process holds it, whatever its language. Who dies with the
/// lock, or is frozen, loses it after ten seconds.
pub async fn locked(file: &Path) -> io::Result<Lock> {
    let lock = Lock {
        path: file.with_added_extension("lock"),
        owner: Uuid::new_v4().to_string(),
    };
    fs::create_dir_all(folder_of(file)).await?;
    while !taken(&lock).await? {
        sleep(RETRY_EVERY).await;
    }
    Ok(lock)
}

async fn taken(Lock { path, owner }: &Lock) -> io::Result<bool> {
    match File::create_new(path).await {
        Err(error)
            if error.kind() == io::ErrorKind::AlreadyExists =>
        {
            let _ = remove_stale(path).await;
            Ok(false)
        }
        Err(error) => Err(error),
        Ok(_) => {
            fs::write(path, owner).await?;
            Ok(true)
        }
    }
}

/// Only the lock that was seen to be stale goes: another waiter may have put its own there meanwhile.
async fn remove_stale(lock: &Path) -> io::Result<()> {
    let since = fs::metadata(lock).await?.modified()?;
    if since.elapsed().unwrap_or_default() <= STALE_AFTER {
        return Ok(());
    }
    let stale = fs::read(lock).await?;
    let own = format!("{}.tmp", Uuid::new_v4());
    let aside = lock.with_added_extension(own);
    fs::rename(lock, &aside).await?;
    if fs::read(&aside).await? != stale {
        let _ = fs::hard_link(&aside, lock).await;
    }
    fs::remove_file(&aside).await
}
