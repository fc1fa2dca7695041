//! The embedded broker: a topic is an append-only file, one message a line. For one machine.
use std::{
    collections::HashSet,
    io::{self, SeekFrom, Write},
    path::Path,
};

use serde_json::Value;
use tokio::{
    fs::File,
    io::{
        AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, BufReader,
    },
};

use super::{
    failures::{Result, unavailable},
    files::{Lock, locked, unless_gone},
    json::parse_json,
    ndjson::to_ndjson,
    topic::{Message, NO_MESSAGE, TopicPage},
    topic_marks::{
        Upto, digest, is_marked, mark, read_upto, unmark,
        write_upto,
    },
};

/// The most that a line may hold, and that is read of a topic at once.
const CHUNK_BYTES: usize = 1024 * 1024;
/// What is kept of a line that is no message.
const KEPT_CHARACTERS: usize = 1024;

/// The cursor is an offset in bytes: a read costs the same wherever it starts.
// #region read
pub async fn read_file(
    file: &Path,
    cursor: u64,
    limit: usize,
) -> Result<TopicPage> {
    // #step A topic that nobody wrote to is empty
    let lines = lines_from(file, cursor, limit).await;
    let lines = lines
        .or_else(unless_gone)
        .map_err(|_| unavailable("topic cannot be read"))?;

    // #step Whole lines only: the last may be half-written
    let end = lines.last().map_or(cursor, |line| line.end);

    // #step What is no message is handed on, with the reason
    let messages = lines.iter().filter_map(message_in);
    let messages = messages.collect();
    Ok(TopicPage { messages, cursor: end })
}
// #endregion read

/// Appends what is not there yet.
// #region publish
pub async fn publish_file(
    file: &Path,
    messages: &[Message],
) -> Result<()> {
    let published: io::Result<()> = async {
        // #step One writer at a time
        let lock = locked(file).await?;

        // #step A half-written line ends here
        end_line(file, &lock).await?;

        // #step Leave out what the topic has
        mark_all(file, &lock).await?;
        let mut fresh = Vec::new();
        let mut ids = HashSet::new();
        for message in messages {
            let id = &message.id;
            if id.is_empty()
                || ids.insert(id) && !is_marked(file, id).await?
            {
                fresh.push(message);
            }
        }

        // #step Append the rest in one write, still alone
        let lines = to_ndjson(&fresh);
        lock.check()?;
        append(file, lines.as_bytes())?;
        mark_all(file, &lock).await
    }
    .await;
    let message = "topic cannot be written";
    published.map_err(|_| unavailable(message))
}
// #endregion publish

/// A whole line of a topic, without its end: of one that is too long, the first bytes.
struct Line {
    bytes: Vec<u8>,
    start: u64,
    /// Behind its end.
    end: u64,
    too_long: bool,
}

impl Line {
    fn is_blank(&self) -> bool {
        matches!(self.bytes.as_slice(), b"" | b"\r")
    }

    /// The message in it; none where there is no such thing.
    fn message(&self) -> Option<Message> {
        if self.too_long {
            return None;
        }
        to_message(parse_json(&self.bytes)?)
    }
}

/// Whole lines from an offset on: at most `limit` that are not blank, of a chunk that has one.
async fn lines_from(
    file: &Path,
    mut offset: u64,
    limit: usize,
) -> io::Result<Vec<Line>> {
    let mut file = File::open(file).await?;
    let mut blank = Vec::new();
    loop {
        let chunk = chunk_at(&mut file, offset).await?;
        let lines = lines_in(&chunk, offset, limit);
        let full = chunk.len() > CHUNK_BYTES;
        if lines.is_empty() && full {
            let long =
                long_line(&mut file, chunk, offset).await?;
            blank.extend(long);
            return Ok(blank);
        }
        if !full || !lines.iter().all(Line::is_blank) {
            blank.extend(lines);
            return Ok(blank);
        }
        // A page of blank lines alone would look like the end.
        blank = lines.into_iter().last().into_iter().collect();
        offset = blank.last().map_or(offset, |line| line.end);
    }
}

/// What a topic has from an offset on: at most the longest line, with its end.
async fn chunk_at(
    file: &mut File,
    offset: u64,
) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset)).await?;
    let mut chunk = Vec::new();
    let longest = CHUNK_BYTES as u64 + 1;
    file.take(longest).read_to_end(&mut chunk).await?;
    Ok(chunk)
}

fn lines_in(
    chunk: &[u8],
    offset: u64,
    limit: usize,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut start, mut left) = (offset, limit);
    let whole = chunk
        .split_inclusive(|&byte| byte == b'\n')
        .filter_map(|line| line.strip_suffix(b"\n"));
    for bytes in whole {
        if left == 0 {
            break;
        }
        let end = start + bytes.len() as u64 + 1;
        let bytes = bytes.to_vec();
        let line = Line { bytes, start, end, too_long: false };
        left -= usize::from(!line.is_blank());
        lines.push(line);
        start = end;
    }
    lines
}

/// The line that begins with `chunk`, once its end is there. The file is behind the chunk.
async fn long_line(
    file: &mut File,
    chunk: Vec<u8>,
    start: u64,
) -> io::Result<Option<Line>> {
    let mut end = start + chunk.len() as u64;
    let mut rest = BufReader::with_capacity(CHUNK_BYTES, file);
    loop {
        let bytes = rest.fill_buf().await?;
        let read = bytes.len();
        if read == 0 {
            return Ok(None);
        }
        let found = bytes.iter().position(|&byte| byte == b'\n');
        if let Some(found) = found {
            end += found as u64 + 1;
            let bytes = chunk;
            return Ok(Some(Line {
                bytes,
                start,
                end,
                too_long: true,
            }));
        }
        rest.consume(read);
        end += read as u64;
    }
}

/// The message in a line, or why it is none; nothing in a blank one.
fn message_in(line: &Line) -> Option<Message> {
    if line.is_blank() {
        return None;
    }
    let id = format!("@{}", line.start);
    let fault =
        if line.too_long { "too long" } else { NO_MESSAGE };
    let Some(message) = line.message() else {
        let text = String::from_utf8_lossy(&line.bytes);
        let body = text.chars().take(KEPT_CHARACTERS).collect();
        let fault = Some(fault.to_owned());
        return Some(Message { id, body, fault });
    };
    match message.id.as_str() {
        "" => Some(Message { id, ..message }),
        _ => Some(message),
    }
}

fn to_message(mut json: Value) -> Option<Message> {
    let line = json.as_object_mut()?;
    let mut text = |name| match line.remove(name)? {
        Value::String(text) => Some(text),
        _ => None,
    };
    Some(Message::new(text("id")?, text("body")?))
}

/// At once, so that nothing comes between the look at the lock and the write.
fn append(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = std::fs::File::options()
        .append(true)
        .create(true)
        .open(file)?;
    file.write_all(bytes)
}

/// Ends the last line of a topic, where its writer died in the middle.
async fn end_line(file: &Path, lock: &Lock) -> io::Result<()> {
    let Some(mut topic) = opened(file).await? else {
        return Ok(());
    };
    let size = topic.metadata().await?.len();
    let last = size.saturating_sub(1);
    let last = chunk_at(&mut topic, last).await?;
    if matches!(last.first(), None | Some(b'\n')) {
        return Ok(());
    }
    lock.check()?;
    append(file, b"\n")
}

/// Marks the ids of the lines that are not marked yet: those of the last publisher, where it died.
async fn mark_all(file: &Path, lock: &Lock) -> io::Result<()> {
    let mut to = match read_upto(file).await {
        Some(upto) if is_there(file, &upto).await? => upto.to,
        _ => {
            unmark(file, lock)?;
            0
        }
    };
    loop {
        let lines = lines_from(file, to, usize::MAX).await;
        let lines = lines.or_else(unless_gone)?;
        for message in lines.iter().filter_map(Line::message) {
            if !message.id.is_empty() {
                mark(file, &message.id).await?;
            }
        }
        let Some(last) = lines.last() else {
            return Ok(());
        };
        to = last.end;
        write_upto(file, &upto(last)).await?;
    }
}

/// Marked up to this line; of one that is too long, to behind it.
fn upto(line: &Line) -> Upto {
    let Line { ref bytes, start, end, too_long } = *line;
    if too_long {
        let sha256 = digest(b"");
        return Upto { from: end, to: end, sha256 };
    }
    Upto { from: start, to: end, sha256: digest(bytes) }
}

/// Whether the last line that is marked is in the file: else another has its name now.
async fn is_there(
    file: &Path,
    Upto { from, to, sha256 }: &Upto,
) -> io::Result<bool> {
    let Some(mut topic) = opened(file).await? else {
        return Ok(false);
    };
    let size = topic.metadata().await?.len();
    let mut line = chunk_at(&mut topic, *from).await?;
    let length = to.saturating_sub(*from).saturating_sub(1);
    line.truncate(length as usize);
    Ok(*to <= size && digest(&line) == *sha256)
}

/// The file of a topic; none when nobody wrote to it.
async fn opened(file: &Path) -> io::Result<Option<File>> {
    File::open(file).await.map(Some).or_else(unless_gone)
}

#[cfg(test)]
mod tests {
    use std::{env, future::Future, path::PathBuf};

    use serde_json::json;
    use tokio::fs;
    use uuid::Uuid;

    use super::*;

    /// What `work` gives with a topic of these bytes.
    async fn with<T, F: Future<Output = T>>(
        bytes: &[u8],
        work: impl FnOnce(PathBuf) -> F,
    ) -> (T, Vec<u8>) {
        let file = env::temp_dir()
            .join(format!("{}.topic", Uuid::new_v4()));
        fs::write(&file, bytes).await.unwrap();
        let result = work(file.clone()).await;
        let bytes = fs::read(&file).await.unwrap();
        fs::remove_file(&file).await.unwrap();
        let marks = file.with_added_extension("ids");
        let removed = fs::remove_dir_all(marks).await;
        removed.or_else(unless_gone).unwrap();
        (result, bytes)
    }

    async fn read(
        bytes: &[u8],
        cursor: u64,
        limit: usize,
    ) -> Value {
        let (page, _) = with(bytes, async |file| {
            read_file(&file, cursor, limit).await.unwrap()
        })
        .await;
        json!([page.messages, page.cursor])
    }

    #[tokio::test]
    async fn lines_are_messages_blank_or_faults() {
        let topic = b"\n{\"id\":\"a\",\"body\":\"b\",\"x\":1}\r\n\r\n{\"id\":\"\",\"body\":\"c\"}\nhello \xFF\n{\"id\":1,\"body\":\"\"}\n{\"id\":\"ha";
        let a = json!({"id": "a", "body": "b"});
        let c = json!({"id": "@32", "body": "c"});
        let hello = json!({"id": "@53", "body": "hello \u{fffd}", "fault": "not a message"});
        let number = json!({"id": "@61", "body": r#"{"id":1,"body":""}"#, "fault": "not a message"});
        assert_eq!(
            read(topic, 0, 9).await,
            json!([[a, c, hello, number], 80])
        );
        assert_eq!(read(topic, 0, 1).await, json!([[a], 30]));
        assert_eq!(read(topic, 30, 1).await, json!([[c], 53]));
        assert_eq!(read(topic, 80, 9).await, json!([[], 80]));
    }

    #[tokio::test]
    async fn a_line_may_hold_a_mebibyte() {
        let line = |size: usize| {
            let start = r#"{"id":"a","body":""#;
            let text = "é".repeat((size - start.len() - 2) / 2);
            let line = format!("{start}{text}\"}}");
            assert_eq!(line.len(), size);
            line.into_bytes()
        };
        let mut longest = line(CHUNK_BYTES);
        longest.push(b'\n');
        let page = read(&longest, 0, 9).await;
        assert_eq!(page[0][0]["id"], "a");
        assert_eq!(page[1], longest.len());

        let mut long = line(3 * CHUNK_BYTES);
        assert_eq!(read(&long, 0, 9).await, json!([[], 0]));
        long.extend(b"\n\n");
        let page = read(&long, 0, 9).await;
        assert_eq!(page[0][0]["id"], "@0");
        assert_eq!(page[0][0]["fault"], "too long");
        let kept = page[0][0]["body"].as_str().unwrap();
        assert_eq!(kept.chars().count(), 1024);
        assert_eq!(page[1], 3 * CHUNK_BYTES + 1);
    }

    #[tokio::test]
    async fn blank_lines_never_look_like_the_end() {
        let mut topic = vec![b'\n'; CHUNK_BYTES * 2];
        topic.extend(b"{\"id\":\"a\",\"body\":\"\"}\n");
        let page = read(&topic, 0, 9).await;
        assert_eq!(page[0][0]["id"], "a");
        assert_eq!(page[1], topic.len());
    }

    #[tokio::test]
    async fn publishing_ends_a_half_line_and_leaves_out_what_is_there()
     {
        let topic = b"{\"id\":\"a\",\"body\":\"\"}\nhello\n{\"id\":\"\",\"body\":\"\"}\n{\"id\":\"b";
        let message = |id: &str| {
            Message::new(id.to_owned(), String::new())
        };
        let messages = ["a", "b", "b", "", ""].map(message);
        let (_, bytes) = with(topic, async |file| {
            publish_file(&file, &messages).await.unwrap();
        })
        .await;
        let mut expected = topic.to_vec();
        expected.extend(b"\n{\"id\":\"b\",\"body\":\"\"}\n");
        expected
            .extend(b"{\"id\":\"\",\"body\":\"\"}\n".repeat(2));
        assert_eq!(bytes, expected);
    }

    #[tokio::test]
    async fn marks_are_believed_of_their_own_file_alone() {
        let message = |id: &str| {
            Message::new(id.to_owned(), String::new())
        };
        let line = |id| to_ndjson(&[message(id)]);
        let long = "x".repeat(2 * CHUNK_BYTES) + "\n";
        let topic = long.clone() + &line("a");
        let ids = ["a", "b"].map(message);
        let (_, bytes) = with(long.as_bytes(), async |file| {
            publish_file(&file, &[]).await.unwrap();
            let upto = read_upto(&file).await.unwrap();
            let end = long.len() as u64;
            assert_eq!((upto.from, upto.to), (end, end));
            assert_eq!(upto.sha256, digest(b""));

            // What another has written meanwhile is seen.
            fs::write(&file, &topic).await.unwrap();
            publish_file(&file, &ids).await.unwrap();
            let bytes = fs::read(&file).await.unwrap();
            let expected = topic.clone() + &line("b");
            assert!(bytes == expected.into_bytes());

            // Another file has the name now, and is as long.
            let other = long.replace('x', "y") + &line("c");
            fs::write(&file, other).await.unwrap();
            publish_file(&file, &ids).await.unwrap();
        })
        .await;
        let expected = line("c") + &line("a") + &line("b");
        assert!(bytes.ends_with(expected.as_bytes()));
    }
}
