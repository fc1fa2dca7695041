//! Staging: where rows wait between activities, so that the history holds references alone.
use std::{
    env, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::process::geteuid;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use temporalio_sdk::ApplicationFailure;
use tokio::fs;
use url::Url;

use super::{
    failures::{
        Result, invalid_input, unavailable, validation_error,
    },
    files::write_atomically_as,
    input::{Pattern, regex},
    ndjson::{from_ndjson, to_ndjson},
    records::Batch,
};

/// Names and folders, none of which begins with a dot.
static STAGED: Pattern = Pattern::new(|| {
    regex(r"(?-u)^(?:[\w-][\w.-]*/)*[\w-][\w.-]*$")
});

/// Where `path` is staged: under `STAGING_URL`, else in this user's cache on this machine.
pub fn staged_at(path: &str) -> String {
    let folder = match env::var_os("STAGING_URL") {
        Some(url) => url.to_string_lossy().into_owned(),
        None => own_cache().map_or_else(String::new, Into::into),
    };
    format!("{folder}/{path}")
}

/// None where it is not known where this user is at home.
fn own_cache() -> Option<Url> {
    let own = env::home_dir()?.join(".cache/durable-pipelines");
    Url::from_file_path(own).ok()
}

/// Removes what is staged at `path` and below. That it cannot be removed is no reason to fail.
pub async fn unstage(path: &str) {
    if let Ok(folder) = file_of(&staged_at(path)) {
        let _ = fs::remove_dir_all(folder).await;
    }
}

/// Removes the batches of events before the one at `cursor`: they are behind us.
pub async fn unstage_behind(path: &str, cursor: &str) {
    let Ok(folder) = file_of(&staged_at(path)) else {
        return;
    };
    let Ok(mut entries) = fs::read_dir(folder).await else {
        return;
    };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let name = entry.file_name();
        if name.as_encoded_bytes() < cursor.as_bytes() {
            let _ = fs::remove_dir_all(entry.path()).await;
        }
    }
}

/// Stages records in the folder that `folder` names. Staging the same records again changes nothing.
// #region stage
pub async fn stage(
    folder: String,
    records: &[impl Serialize],
) -> Result<Batch> {
    // #step Named by what they are: no attempt spoils another's
    let body = to_ndjson(records);
    let sha256 = digest(&body);
    let uri = format!("{folder}/{sha256}.ndjson");

    // #step Write them where the history is not, for us alone
    let file = file_of(&uri)?;
    make_private(file.parent().unwrap_or(&file)).await?;
    let body = body.as_bytes();
    write_atomically_as(0o600, &file, body).await?;

    // #step Hand on a reference
    Ok(Batch { uri, count: records.len(), sha256 })
}
// #endregion stage

/// Makes a folder of staging, which only our user can enter. Fails with `InvalidInput` where somebody else could:
/// whoever was here first, or has put a link here.
// #region private
async fn make_private(folder: &Path) -> Result<()> {
    // #step What is made is for our user alone
    let mut alone = fs::DirBuilder::new();
    alone.recursive(true).mode(0o700);
    alone.create(folder).await.map_err(not_written)?;

    // #step What is there must be a folder, and ours
    let root = file_of(&staged_at("staged"))?;
    let root = root.parent();
    let inside =
        folder.ancestors().take_while(|&at| Some(at) != root);
    for at in inside {
        let found = fs::symlink_metadata(at).await;
        let found = found.map_err(not_written)?;
        let ours = found.uid() == geteuid().as_raw();
        let open = found.mode() & 0o077 != 0;
        if !found.is_dir() || !ours || open {
            return Err(invalid_input(
                "STAGING_URL: is not ours alone",
            ));
        }
    }
    Ok(())
}
// #endregion private

fn not_written(_: io::Error) -> ApplicationFailure {
    unavailable("folder cannot be written")
}

/// Reads what `stage` wrote. Fails with `ValidationError` when they are not the bytes referred to, with
/// `InvalidInput` when the reference leads out of staging.
// #region fetch
pub async fn fetch_staged<T: DeserializeOwned>(
    batch: &Batch,
) -> Result<Vec<T>> {
    // #step Read the rows behind the reference
    let file = path_of(&batch.uri)?;
    let body = fs::read_to_string(file).await.map_err(|_| {
        unavailable("staged batch cannot be read")
    })?;

    // #step Check that they are the rows that were meant
    let count = body.matches('\n').count();
    if digest(&body) != batch.sha256 || count != batch.count {
        return Err(validation_error(
            "staged batch was changed",
        ));
    }
    from_ndjson(&body)
}
// #endregion fetch

/// Where a staged file is. Who asks for a retry has written its URI: it must not lead out of staging.
fn path_of(uri: &str) -> Result<PathBuf> {
    let inside = uri.strip_prefix(&staged_at(""));
    if !inside.is_some_and(|path| STAGED.is_match(path)) {
        return Err(invalid_input("batch: is not in staging"));
    }
    file_of(uri)
}

fn file_of(uri: &str) -> Result<PathBuf> {
    Url::parse(uri)
        .ok()
        .and_then(|url| url.to_file_path().ok())
        .ok_or_else(|| {
            invalid_input("STAGING_URL: must be a file URL")
        })
}

fn digest(body: &str) -> String {
    let bytes = Sha256::digest(body);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
