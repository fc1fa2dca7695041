//! A CSV file with a header; the first column is the key.
use std::{collections::HashSet, iter};

use serde_json::Value;
use temporalio_sdk::ApplicationFailure;

use super::{
    connection::resolve_file,
    csv_reader::{CsvReader, CsvRecord},
    failures::{Result, validation_error},
    records::{Page, RawRecord},
};

/// Pages of `size` records; the cursor counts the records already read.
pub struct CsvPages {
    header: Vec<String>,
    rows: CsvReader,
    read: usize,
    size: usize,
}

// #region read
impl CsvPages {
    /// Opens the file behind `cursor`.
    pub async fn open(
        connection: &str,
        cursor: &str,
        size: usize,
    ) -> Result<Self> {
        // #step A missing file may still arrive
        let path = resolve_file(connection)?;
        let mut rows = CsvReader::open(&path).await?;
        let header = header_of(&mut rows).await?;

        // #step Skip what an earlier attempt has read
        let read = cursor.parse().unwrap_or(0);
        for _ in 0..read {
            if rows.next().await?.is_none() {
                break;
            }
        }
        Ok(Self { header, rows, read, size })
    }

    /// The next page; none at the end.
    pub async fn next_page(&mut self) -> Result<Option<Page>> {
        let mut records = Vec::new();
        while records.len() < self.size
            && let Some(row) = self.rows.next().await?
        {
            // #step The first column is the key
            let line = row.line;
            let record = to_record(&self.header, row);

            // #step A torn line will not mend itself
            let record = record.ok_or_else(|| torn(line))?;
            if record.id.is_empty() {
                return Err(without_key(line));
            }
            records.push(record);
        }

        // #step The last page may be short
        self.read += records.len();
        let cursor = self.read.to_string();
        let page = Page { records, cursor };
        Ok(Some(page).filter(|page| !page.records.is_empty()))
    }
}
// #endregion read

async fn header_of(rows: &mut CsvReader) -> Result<Vec<String>> {
    let header = rows.next().await?;
    let header = header
        .ok_or_else(|| validation_error("CSV has no header"))?
        .fields;
    let names: HashSet<_> = header.iter().collect();
    if names.len() < header.len() {
        return Err(validation_error(
            "CSV header has a name twice",
        ));
    }
    Ok(header)
}

/// None where the row has not as many fields as the header.
fn to_record(
    header: &[String],
    row: CsvRecord,
) -> Option<RawRecord> {
    if row.fields.len() != header.len() {
        return None;
    }
    let mut fields = row.fields.into_iter();
    let id = fields.next()?;
    let names = header.iter().skip(1).cloned();
    let data =
        iter::zip(names, fields.map(Value::from)).collect();
    Some(RawRecord { id, data })
}

fn torn(line: usize) -> ApplicationFailure {
    validation_error(format!("CSV line {line} is torn"))
}

fn without_key(line: usize) -> ApplicationFailure {
    validation_error(format!("CSV line {line} has no key"))
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use serde_json::json;
    use url::Url;
    use uuid::Uuid;

    use super::{super::allowlist::tests::allow_files, *};

    /// The records of all pages of two, and the cursors; or the words of the failure.
    async fn read(
        bytes: &[u8],
        cursor: &str,
    ) -> Result<(Value, Vec<String>), String> {
        let file = env::temp_dir()
            .join(format!("{} 100%.csv", Uuid::new_v4()));
        allow_files();
        fs::write(&file, bytes).unwrap();
        let url = Url::from_file_path(&file).unwrap();
        let read = async {
            let mut pages =
                CsvPages::open(url.as_str(), cursor, 2).await?;
            let (mut records, mut cursors) = (vec![], vec![]);
            while let Some(page) = pages.next_page().await? {
                records.extend(
                    page.records
                        .into_iter()
                        .map(|r| json!([r.id, r.data])),
                );
                cursors.push(page.cursor);
            }
            Ok((json!(records), cursors))
        };
        let read: Result<_> = read.await;
        fs::remove_file(&file).unwrap();
        read.map_err(|failure| failure.to_string())
    }

    async fn records(bytes: &[u8]) -> Value {
        read(bytes, "").await.unwrap().0
    }

    #[tokio::test]
    async fn pages_go_on_behind_the_cursor() {
        let text = b"key,text\n1,a\n2,b\n3,\"c\n\"\"d\"\"\"\n";
        let cursors =
            async |cursor| read(text, cursor).await.unwrap().1;
        assert_eq!(cursors("").await, ["2", "3"]);
        assert_eq!(cursors("2").await, ["3"]);
        assert!(cursors("3").await.is_empty());
    }

    #[tokio::test]
    async fn all_ends_of_lines_end_lines_and_stay_within_quotes()
    {
        let text = b"\xEF\xBB\xBF\"k\",1960\r\r\n1,\"a\r\nb\"\r2,\n\n3,\"\"\"\"";
        let expected = json!([
            ["1", {"1960": "a\r\nb"}],
            ["2", {"1960": ""}],
            ["3", {"1960": "\""}],
        ]);
        assert_eq!(records(text).await, expected);
    }

    #[tokio::test]
    async fn what_is_broken_is_refused_with_its_line() {
        let cases: [(&[u8], &str); 18] = [
            (b"k,t\n1,a\n2", "CSV line 3 is torn"),
            (b"k,t\r\n1,a\r\n2", "CSV line 3 is torn"),
            (b"k,t\n1,a\n2,\"b\n\n", "CSV line 3 is torn"),
            (b"k,t\n1,6\" pipe", "CSV line 2 is torn"),
            (b"k,t\n1, \"b\" ", "CSV line 2 is torn"),
            (b"k,t\n1,\"b\"c", "CSV line 2 is torn"),
            (b"k,t\n1,\"b\n\r\rc\"\n2", "CSV line 6 is torn"),
            (b"k,t\n1,b\0", "CSV line 2 is torn"),
            (b"k,t\n1,a,b", "CSV line 2 is torn"),
            (b"k,t\n1,\"\r\n\xFF\"", "CSV line 3 is not UTF-8"),
            (b"k,t\n1,\xC3\n", "CSV line 2 is not UTF-8"),
            (b"k,t\n1,\xC3", "CSV line 2 is not UTF-8"),
            (b"\x1F\x8B\x08", "CSV line 1 is not UTF-8"),
            (b"k,t\n\n,a", "CSV line 3 has no key"),
            (b"k,t\n\"\",a", "CSV line 2 has no key"),
            (b"k,t,k\n", "CSV header has a name twice"),
            (b"", "CSV has no header"),
            (b"\xEF\xBB\xBF\n\r\n", "CSV has no header"),
        ];
        for (bytes, message) in cases {
            assert_eq!(
                read(bytes, "").await.unwrap_err(),
                message
            );
        }
    }

    #[tokio::test]
    async fn a_record_has_room_for_a_mebibyte() {
        let mut text = b"k,t\n1,".to_vec();
        text.resize(4 + 1024 * 1024, b'a');
        assert!(read(&text, "").await.is_ok());
        text.push(b'a');
        assert_eq!(
            read(&text, "").await.unwrap_err(),
            "CSV line 2 is too long"
        );
    }

    #[tokio::test]
    async fn a_folder_is_no_file() {
        allow_files();
        let pages = CsvPages::open("file:///tmp", "", 2).await;
        let Err(failure) = pages else { panic!("it opened") };
        assert_eq!(failure.to_string(), "file cannot be read");
    }
}
