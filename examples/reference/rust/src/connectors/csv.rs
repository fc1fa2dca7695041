//! A CSV file with a header; the first column is the key.
use std::{
    fs::File,
    io::{self, Read},
};

use csv::{ByteRecord, ByteRecordsIntoIter, Position, Reader};
use serde_json::Value;
use temporalio_sdk::ApplicationFailure;

use super::{
    connection::resolve_path,
    failures::{Result, unavailable, validation_error},
    records::{Page, RawRecord},
};

/// Pages of `size` records; the cursor counts the records already read.
pub struct CsvPages {
    header: ByteRecord,
    rows: ByteRecordsIntoIter<Quotes>,
    read: usize,
    size: usize,
}

// #region read
impl CsvPages {
    /// Opens the file behind `cursor`.
    pub fn open(
        connection: &str,
        cursor: &str,
        size: usize,
    ) -> Result<Self> {
        // #step A missing file may still arrive
        let path = resolve_path(connection)?;
        let file = File::open(path).map_err(|_| unreadable())?;
        let (header, mut rows) = rows_of(file)?;

        // #step Skip what an earlier attempt has read
        let read = cursor.parse().unwrap_or(0);
        rows.by_ref().take(read).for_each(drop);
        Ok(Self { header, rows, read, size })
    }

    /// The next page; none at the end.
    pub fn next_page(&mut self) -> Result<Option<Page>> {
        let mut records = Vec::new();
        while records.len() < self.size
            && let Some(row) = self.rows.next()
        {
            match whole(row, self.rows.reader().get_ref())? {
                // #step The first column is the key
                Ok(row) => {
                    records.push(to_record(&self.header, &row));
                }
                // #step A torn line will not mend itself
                Err(line) => {
                    return Err(validation_error(format!(
                        "CSV line {line} is torn"
                    )));
                }
            }
        }

        // #step The last page may be short
        self.read += records.len();
        let cursor = self.read.to_string();
        let page = Page { records, cursor };
        Ok(Some(page).filter(|page| !page.records.is_empty()))
    }
}
// #endregion read

fn unreadable() -> ApplicationFailure {
    unavailable("file cannot be read")
}

fn rows_of(
    file: File,
) -> Result<(ByteRecord, ByteRecordsIntoIter<Quotes>)> {
    let file = Quotes { file, open: false, ended: false };
    let mut reader = Reader::from_reader(file);
    let header = reader.byte_headers().cloned();
    let header = header.map_err(|_| unreadable())?;
    Ok((header, reader.into_byte_records()))
}

/// The row, or the line where it is torn.
fn whole(
    row: csv::Result<ByteRecord>,
    file: &Quotes,
) -> Result<Result<ByteRecord, u64>> {
    let torn = match &row {
        Ok(row) if file.open && file.ended => row.position(),
        Ok(_) => None,
        Err(error) => error.position(),
    };
    match (torn.map(Position::line), row) {
        (Some(line), _) => Ok(Err(line)),
        (None, Ok(row)) => Ok(Ok(row)),
        (None, Err(_)) => Err(unreadable()),
    }
}

/// A file that minds its quotes: the csv crate takes an end within quotes for the end of a field.
struct Quotes {
    file: File,
    open: bool,
    ended: bool,
}

impl Read for Quotes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.file.read(buffer)?;
        let bytes = &buffer[..size];
        let quotes = bytes.iter().filter(|&&byte| byte == b'"');
        self.open ^= quotes.count() % 2 == 1;
        self.ended = size == 0;
        Ok(size)
    }
}

fn to_record(
    header: &ByteRecord,
    row: &ByteRecord,
) -> RawRecord {
    let text =
        |bytes| String::from_utf8_lossy(bytes).into_owned();
    let id = row.iter().next().map(text);
    let data = header
        .iter()
        .zip(row)
        .skip(1)
        .map(|(name, value)| {
            (text(name), Value::from(text(value)))
        })
        .collect();
    RawRecord { id: id.unwrap_or_default(), data }
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use url::Url;
    use uuid::Uuid;

    use super::*;

    /// The cursors of all pages of two records, or the words of the failure.
    fn read(
        text: &str,
        cursor: &str,
    ) -> Result<Vec<String>, String> {
        let file = env::temp_dir()
            .join(format!("{}.csv", Uuid::new_v4()));
        fs::write(&file, text).unwrap();
        let url = Url::from_file_path(&file).unwrap();
        let pages = CsvPages::open(url.as_str(), cursor, 2);
        fs::remove_file(&file).unwrap();
        let mut pages =
            pages.map_err(|failure| failure.to_string())?;
        let mut cursors = Vec::new();
        while let Some(page) = pages
            .next_page()
            .map_err(|failure| failure.to_string())?
        {
            cursors.push(page.cursor);
        }
        Ok(cursors)
    }

    #[test]
    fn pages_go_on_behind_the_cursor() {
        let text = "key,text\n1,a\n2,b\n3,\"c\n\"\"d\"\"\"\n";
        assert_eq!(read(text, "").unwrap(), ["2", "3"]);
        assert_eq!(read(text, "2").unwrap(), ["3"]);
        assert!(read(text, "3").unwrap().is_empty());
    }

    #[test]
    fn a_file_torn_anywhere_is_noticed() {
        for text in ["1,a\n2", "1,a\n2,\"b", "1,a\n2,\"b\n"] {
            let text = format!("key,text\n{text}");
            assert_eq!(
                read(&text, "").unwrap_err(),
                "CSV line 3 is torn"
            );
        }
    }
}
