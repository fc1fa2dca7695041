//! The embedded broker: a topic is an append-only file, one message a line. For one machine.
use std::{
    collections::HashSet,
    io::{self, SeekFrom},
    path::Path,
};

use tokio::{
    fs::{self, File},
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
};
use url::Url;

use super::{
    connection::resolve_path,
    failures::{Result, unavailable},
    files::locked,
    ndjson::{from_ndjson, to_ndjson},
    topic::{Message, TopicPage},
};

const CHUNK_BYTES: u64 = 1024 * 1024;

/// The cursor is an offset in bytes: a read costs the same wherever it starts.
// #region read
pub async fn read_file(
    url: &Url,
    cursor: u64,
    limit: usize,
) -> Result<TopicPage> {
    // #step A topic that nobody wrote to is empty
    let file = resolve_path(url.as_str())?;
    let chunk = read_from(&file, cursor).await;
    let chunk = chunk
        .or_else(none_if_missing)
        .map_err(|_| unavailable("topic cannot be read"))?;

    // #step Whole lines only: the last may be half-written
    let lines = chunk
        .split_inclusive(|&byte| byte == b'\n')
        .filter(|line| line.ends_with(b"\n"));
    let whole: Vec<_> = lines.take(limit).collect();
    let bytes = whole.concat();
    let text = String::from_utf8_lossy(&bytes);
    Ok(TopicPage {
        messages: from_ndjson(&text)?,
        cursor: cursor + bytes.len() as u64,
    })
}
// #endregion read

/// Appends what is not there yet.
// #region publish
pub async fn publish_file(
    url: &Url,
    messages: &[Message],
) -> Result<()> {
    let file = resolve_path(url.as_str())?;
    let published: io::Result<()> = async {
        // #step One writer at a time
        let _lock = locked(&file).await?;

        // #step Leave out what the topic has
        let mut known = ids_of(&file).await?;
        let fresh: Vec<_> = messages
            .iter()
            .filter(|message| known.insert(message.id.clone()))
            .collect();

        // #step Append the rest in one write
        append(&file, to_ndjson(&fresh).as_bytes()).await
    }
    .await;
    let message = "topic cannot be written";
    published.map_err(|_| unavailable(message))
}
// #endregion publish

/// Bytes from an offset on, at most a chunk.
async fn read_from(
    file: &Path,
    offset: u64,
) -> io::Result<Vec<u8>> {
    let mut file = File::open(file).await?;
    file.seek(SeekFrom::Start(offset)).await?;
    let mut chunk = Vec::new();
    file.take(CHUNK_BYTES).read_to_end(&mut chunk).await?;
    Ok(chunk)
}

async fn append(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options()
        .append(true)
        .create(true)
        .open(file)
        .await?;
    file.write_all(bytes).await?;
    file.flush().await
}

async fn ids_of(file: &Path) -> io::Result<HashSet<String>> {
    let body = fs::read_to_string(file).await;
    let body = body.or_else(none_if_missing)?;
    let messages: Vec<Message> =
        from_ndjson(&body).map_err(io::Error::other)?;
    Ok(messages.into_iter().map(|message| message.id).collect())
}

/// Nothing, for a file that is not there.
fn none_if_missing<T: Default>(
    error: io::Error,
) -> io::Result<T> {
    match error.kind() {
        io::ErrorKind::NotFound => Ok(T::default()),
        _ => Err(error),
    }
}
