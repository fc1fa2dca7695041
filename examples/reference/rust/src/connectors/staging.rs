//! Staging: where rows wait between activities, so that the history holds references alone.
use std::{env, path::PathBuf};

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tokio::fs;
use url::Url;

use super::{
    failures::{
        Result, invalid_input, unavailable, validation_error,
    },
    files::write_atomically,
    input::{Pattern, regex},
    ndjson::{from_ndjson, to_ndjson},
    records::Batch,
};

/// Names and folders, none of which begins with a dot.
static STAGED: Pattern = Pattern::new(|| {
    regex(r"(?-u)^(?:[\w-][\w.-]*/)*[\w-][\w.-]*$")
});

/// Where `path` is staged: under `STAGING_URL`, else in a temporary folder of this machine.
pub fn staged_at(path: &str) -> String {
    let folder = env::var("STAGING_URL").unwrap_or_else(|_| {
        let own = env::temp_dir().join("durable-pipelines");
        Url::from_file_path(own)
            .expect("an absolute path")
            .into()
    });
    format!("{folder}/{path}")
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

    // #step Write the rows where the history is not
    write_atomically(&file_of(&uri)?, body.as_bytes()).await?;

    // #step Hand on a reference
    Ok(Batch { uri, count: records.len(), sha256 })
}
// #endregion stage

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
