//! A warehouse: a folder of Parquet parts, one a batch.
use std::sync::Arc;

use parquet::{
    basic::Compression,
    data_type::{ByteArray, ByteArrayType},
    errors,
    file::{
        properties::WriterProperties,
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
};
use temporalio_sdk::ApplicationFailure;

use super::{
    failures::Result,
    folder::{Parts, write_part},
    ndjson::to_json,
    records::TransformedRecord,
};

/// Writes one Parquet part: id, data (JSON), processed_at, version.
// #region write
pub async fn write_parquet(
    parts: Parts<'_>,
    part: &str,
    records: &[TransformedRecord],
) -> Result<usize> {
    // #step The same four columns for every source
    let columns: [Column; 4] = [
        ("id", |r| r.id.clone()),
        ("data", |r| to_json(&r.data)),
        ("processed_at", |r| r.metadata.processed_at.clone()),
        ("version", |r| r.metadata.version.clone()),
    ];
    let body = to_parquet(records, &columns)
        .map_err(ApplicationFailure::new)?;

    // #step One file a batch
    let file = format!("{part}.parquet");
    write_part(parts, &file, &body).await?;
    Ok(records.len())
}
// #endregion write

/// A column of texts: its name, and what it has of a record.
type Column = (&'static str, fn(&TransformedRecord) -> String);

fn to_parquet(
    records: &[TransformedRecord],
    columns: &[Column],
) -> errors::Result<Vec<u8>> {
    let texts = columns
        .iter()
        .map(|(name, _)| {
            format!("required binary {name} (STRING);")
        })
        .collect::<String>();
    let schema = parse_message_type(&format!(
        "message record {{ {texts} }}"
    ))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let mut file = SerializedFileWriter::new(
        Vec::new(),
        Arc::new(schema),
        Arc::new(properties),
    )?;
    let mut rows = file.next_row_group()?;
    for (_, value) in columns {
        let values: Vec<_> = records
            .iter()
            .map(|record| {
                ByteArray::from(value(record).into_bytes())
            })
            .collect();
        if let Some(mut column) = rows.next_column()? {
            column
                .typed::<ByteArrayType>()
                .write_batch(&values, None, None)?;
            column.close()?;
        }
    }
    rows.close()?;
    file.into_inner()
}
