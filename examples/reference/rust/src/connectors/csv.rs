//! A CSV file with a header; the first column is the key.
use std::{fs::File, iter::Skip};

use csv::{Reader, StringRecord, StringRecordsIntoIter};
use serde_json::Value;

use super::{
    connection::resolve_path,
    failures::{Result, unavailable, validation_error},
    records::{Page, RawRecord},
};

/// Pages of `size` records; the cursor counts the records already read.
pub struct CsvPages {
    header: StringRecord,
    rows: Skip<StringRecordsIntoIter<File>>,
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
        let file = resolve_path(connection)?;
        let mut reader = Reader::from_path(file)
            .map_err(|_| unavailable("file cannot be read"))?;

        // #step Skip what an earlier attempt has read
        let header = header_of(&mut reader)?;
        let read = cursor.parse().unwrap_or(0);
        let rows = reader.into_records().skip(read);
        Ok(Self { header, rows, read, size })
    }

    /// The next page; none at the end.
    pub fn next_page(&mut self) -> Result<Option<Page>> {
        let mut records = Vec::new();
        while records.len() < self.size
            && let Some(row) = self.rows.next()
        {
            self.read += 1;
            match row {
                // #step The first column is the key
                Ok(row) => {
                    records.push(to_record(&self.header, &row));
                }
                // #step A torn line will not mend itself
                Err(torn) => {
                    let line = line_of(&torn);
                    return Err(validation_error(format!(
                        "CSV line {line} is torn"
                    )));
                }
            }
        }

        // #step The last page may be short
        let cursor = self.read.to_string();
        let page = Page { records, cursor };
        Ok(Some(page).filter(|page| !page.records.is_empty()))
    }
}
// #endregion read

fn header_of(reader: &mut Reader<File>) -> Result<StringRecord> {
    let header = reader.headers();
    header
        .cloned()
        .map_err(|_| unavailable("file cannot be read"))
}

/// The line of the file that a fault is in.
fn line_of(fault: &csv::Error) -> u64 {
    fault.position().map_or(0, |position| position.line())
}

fn to_record(
    header: &StringRecord,
    row: &StringRecord,
) -> RawRecord {
    let mut fields = header.iter().zip(row);
    let id = fields.next().map(|(_, key)| key.to_owned());
    let data = fields
        .map(|(name, text)| (name.to_owned(), Value::from(text)))
        .collect();
    RawRecord { id: id.unwrap_or_default(), data }
}
