//! CSV by RFC 4180, strictly: what is torn is refused, never guessed at. Holds one record at a time.
use std::{mem, path::Path};

use temporalio_sdk::ApplicationFailure;
use tokio::{
    fs::{File, metadata},
    io::AsyncReadExt,
};

use super::failures::{Result, unavailable, validation_error};

const CHUNK_BYTES: usize = 256 * 1024;
/// What one record may hold: memory is bounded by it.
const MAX_BYTES: usize = 1024 * 1024;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The fields of a record, and the physical line on which it begins.
pub struct CsvRecord {
    pub line: usize,
    pub fields: Vec<String>,
}

/// Where in a field the next byte is.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// Behind a quote within quotes: the last one, or the first of two.
    Closed,
    /// Within a character that may not stand there: is it one at all?
    Torn,
}

/// The records of a file, one after another.
pub struct CsvReader {
    file: File,
    chunk: Vec<u8>,
    next: usize,
    line: usize,
    /// The bytes of the record so far, as they are in the file.
    raw: Vec<u8>,
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
    at: At,
    after_cr: bool,
}

impl CsvReader {
    /// Opens a regular file; a BOM at its beginning is dropped.
    pub async fn open(path: &Path) -> Result<Self> {
        // Opening a pipe would wait for a writer: it is looked at first.
        let regular =
            metadata(path).await.is_ok_and(|it| it.is_file());
        if !regular {
            return Err(unreadable());
        }
        let mut file =
            File::open(path).await.map_err(|_| unreadable())?;
        let mut chunk = Vec::new();
        (&mut file)
            .take(BOM.len() as u64)
            .read_to_end(&mut chunk)
            .await
            .map_err(|_| unreadable())?;
        if chunk == BOM {
            chunk.clear();
        }
        Ok(Self {
            file,
            chunk,
            next: 0,
            line: 1,
            raw: vec![],
            fields: vec![],
            field: vec![],
            at: At::Start,
            after_cr: false,
        })
    }

    /// The next record; none at the end. Empty lines are none.
    pub async fn next(&mut self) -> Result<Option<CsvRecord>> {
        loop {
            while let Some(&byte) = self.chunk.get(self.next) {
                self.next += 1;
                if let Some(record) = self.take(byte)? {
                    return Ok(Some(record));
                }
            }
            if !self.refill().await? {
                break;
            }
        }
        if matches!(self.at, At::Quoted | At::Torn) {
            return Err(self.torn());
        }
        self.record()
    }

    /// False at the end of the file.
    async fn refill(&mut self) -> Result<bool> {
        self.next = 0;
        self.chunk.resize(CHUNK_BYTES, 0);
        let read = self.file.read(&mut self.chunk).await;
        // What was not read is no part of the file.
        self.chunk.truncate(*read.as_ref().unwrap_or(&0));
        let read = read.map_err(|_| unreadable())?;
        Ok(read > 0)
    }

    /// Takes one byte; gives the record that it ends.
    fn take(&mut self, byte: u8) -> Result<Option<CsvRecord>> {
        let after_cr = mem::take(&mut self.after_cr);
        if after_cr && byte == b'\n' {
            return Ok(None);
        }
        let goes_on = byte & 0b1100_0000 == 0b1000_0000;
        if self.at == At::Torn && !goes_on {
            return Err(self.torn());
        }
        if matches!(byte, b'\n' | b'\r') && self.at != At::Quoted
        {
            self.after_cr = byte == b'\r';
            let record = self.record();
            self.line += 1;
            return record;
        }
        if self.raw.len() == MAX_BYTES {
            return Err(self.fault("too long", false));
        }
        self.raw.push(byte);
        self.at = match (self.at, byte) {
            (_, 0) => return Err(self.torn()),
            (At::Start, b'"') => At::Quoted,
            (At::Quoted, b'"') => At::Closed,
            (At::Closed, b'"') => {
                self.field.push(byte);
                At::Quoted
            }
            (At::Quoted, _) => {
                self.field.push(byte);
                At::Quoted
            }
            (At::Start | At::Plain | At::Closed, b',') => {
                self.fields.push(mem::take(&mut self.field));
                At::Start
            }
            (At::Closed | At::Torn, 0x80..) => At::Torn,
            (At::Plain, b'"') | (At::Closed | At::Torn, _) => {
                return Err(self.torn());
            }
            (At::Start | At::Plain, _) => {
                self.field.push(byte);
                At::Plain
            }
        };
        Ok(None)
    }

    /// What was taken, as a record; none where nothing was.
    fn record(&mut self) -> Result<Option<CsvRecord>> {
        if self.raw.is_empty() {
            return Ok(None);
        }
        if let Some(bad) = self.bad_byte(true) {
            return Err(bad);
        }
        let line = self.line;
        self.line += line_ends(&self.raw);
        self.raw.clear();
        self.at = At::Start;
        self.fields.push(mem::take(&mut self.field));
        let fields = mem::take(&mut self.fields)
            .into_iter()
            .map(|field| String::from_utf8(field).expect(UTF_8))
            .collect();
        Ok(Some(CsvRecord { line, fields }))
    }

    fn torn(&self) -> ApplicationFailure {
        self.fault("torn", true)
    }

    /// What is wrong with this record: of two faults, the one that comes first.
    fn fault(
        &self,
        what: &str,
        whole: bool,
    ) -> ApplicationFailure {
        self.bad_byte(whole).unwrap_or_else(|| {
            validation_error(format!(
                "CSV line {} is {what}",
                self.line
            ))
        })
    }

    /// A byte that is no UTF-8; half a character is none either where the record is whole.
    fn bad_byte(
        &self,
        whole: bool,
    ) -> Option<ApplicationFailure> {
        let bad = str::from_utf8(&self.raw).err()?;
        if !whole && bad.error_len().is_none() {
            return None;
        }
        let before = &self.raw[..bad.valid_up_to()];
        let line = self.line + line_ends(before);
        Some(validation_error(format!(
            "CSV line {line} is not UTF-8"
        )))
    }
}

const UTF_8: &str = "parts of UTF-8, cut at ASCII";

/// LF, CRLF and a lone CR end one line each.
fn line_ends(bytes: &[u8]) -> usize {
    let mut last = 0;
    let mut ends = 0;
    for &byte in bytes {
        if byte == b'\r' || (byte == b'\n' && last != b'\r') {
            ends += 1;
        }
        last = byte;
    }
    ends
}

fn unreadable() -> ApplicationFailure {
    unavailable("file cannot be read")
}
