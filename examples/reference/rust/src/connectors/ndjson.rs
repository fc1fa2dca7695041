//! NDJSON: one record a line, keys sorted, so that a record is the same bytes in every language.
use std::io::{self, Write};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Serializer, ser::Formatter, value::to_value};

use super::{
    connection::resolve_path,
    failures::{Result, malformed},
    files::write_atomically,
    records::TransformedRecord,
};

/// Records as lines.
pub fn to_ndjson(records: &[impl Serialize]) -> String {
    records
        .iter()
        .map(|record| canonical(record) + "\n")
        .collect()
}

/// Lines as records.
pub fn from_ndjson<T: DeserializeOwned>(
    body: &str,
) -> Result<Vec<T>> {
    body.lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .map_err(|_| malformed("lines are not JSON"))
}

/// JSON with keys sorted at every depth and numbers as JavaScript prints them.
pub fn canonical(record: &impl Serialize) -> String {
    let mut value = to_value(record).expect(PLAIN);
    value.sort_all_objects();
    to_json(&value)
}

/// JSON with keys as they come and numbers as JavaScript prints them.
pub fn to_json(record: &impl Serialize) -> String {
    let mut json = Vec::new();
    let mut lines =
        Serializer::with_formatter(&mut json, LikeJavaScript);
    record.serialize(&mut lines).expect(PLAIN);
    String::from_utf8(json).expect(PLAIN)
}

const PLAIN: &str = "records are plain JSON";

/// JavaScript has one type of number: 517.0 is 517, 1e-5 is 0.00001, 1e21 is 1e+21.
struct LikeJavaScript;

impl Formatter for LikeJavaScript {
    fn write_f64<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        value: f64,
    ) -> io::Result<()> {
        if value == 0.0 {
            return writer.write_all(b"0"); // -0 too
        }
        match value.abs() {
            1e-6..1e21 => write!(writer, "{value}"),
            1e21.. => {
                let text =
                    format!("{value:e}").replace('e', "e+");
                writer.write_all(text.as_bytes())
            }
            _ => write!(writer, "{value:e}"),
        }
    }

    fn write_i64<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        value: i64,
    ) -> io::Result<()> {
        self.write_f64(writer, value as f64)
    }

    fn write_u64<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        value: u64,
    ) -> io::Result<()> {
        self.write_f64(writer, value as f64)
    }
}

/// Writes one NDJSON part into the folder that `connection` names; returns how many records.
// #region write
pub async fn write_ndjson(
    connection: &str,
    part: &str,
    records: &[TransformedRecord],
) -> Result<usize> {
    // #step Named after its batch, so a repeat replaces it
    let folder = resolve_path(connection)?;
    let file = folder.join(format!("{part}.ndjson"));
    write_atomically(&file, to_ndjson(records).as_bytes())
        .await?;
    Ok(records.len())
}
// #endregion write

#[cfg(test)]
mod tests {
    use super::canonical;
    use serde_json::json;

    #[test]
    fn numbers_are_printed_as_javascript_prints_them() {
        let cases = [
            (json!(517.0), "517"),
            (json!(-0.0), "0"),
            (json!(39.02), "39.02"),
            (json!(0.1 + 0.2), "0.30000000000000004"),
            (json!(1e-6), "0.000001"),
            (json!(1.5e-7), "1.5e-7"),
            (json!(1e20), "100000000000000000000"),
            (json!(-1.5e21), "-1.5e+21"),
            (
                json!(9_007_199_254_740_993_u64),
                "9007199254740992",
            ),
        ];
        for (number, printed) in cases {
            assert_eq!(canonical(&number), printed);
        }
    }

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let record =
            json!({"b": [{"z": 1, "y": "é<&>"}], "a": null});
        assert_eq!(
            canonical(&record),
            r#"{"a":null,"b":[{"y":"é<&>","z":1}]}"#
        );
    }
}
