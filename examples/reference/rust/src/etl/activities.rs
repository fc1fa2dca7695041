//! The three activities of the ETL pipeline: all that touches the world outside.
use serde::{Deserialize, Serialize};
use temporalio_macros::activities;
use temporalio_sdk::{
    ApplicationFailure,
    activities::{ActivityContext, ActivityError},
};

use super::types::{
    DataSource, ExtractInput, ExtractOutput, LoadInput,
    LoadOutput, SourceType, TargetType, TransformInput,
    TransformOutput,
};
use crate::{
    connectors::{
        csv::CsvPages,
        failures::{Result, invalid_input},
        http::ApiPages,
        ndjson::write_ndjson,
        parquet::write_parquet,
        postgres::{TablePages, upsert},
        records::{
            Batch, Metadata, Page, RawRecord, TransformedRecord,
        },
        staging::{fetch_staged, stage, staged_at},
    },
    domain::flights::{key_of, typed},
};

/// Of a run, so of each source too: Temporal warns at 10,240 events and ends a run at 51,200.
pub const MAX_BATCHES: usize = 150;

/// The run would be too long.
pub fn too_many_batches() -> ApplicationFailure {
    invalid_input(format!(
        "batch_size: makes more than {MAX_BATCHES} batches"
    ))
}

/// How far an attempt has come: what a retry needs to go on.
#[derive(Clone, Default, Deserialize, Serialize)]
struct Progress {
    cursor: String,
    batches: Vec<Batch>,
}

/// The activities, as a worker hosts them.
pub struct EtlActivities;

#[activities]
impl EtlActivities {
    /// Reads a source page by page into staging.
    // #region extract
    #[activity(name = "ExtractData")]
    pub async fn extract_data(
        ctx: ActivityContext,
        input: ExtractInput,
    ) -> Result<ExtractOutput, ActivityError> {
        let ExtractInput { source, batch_size } = input;

        // #step Resume where the last attempt stopped
        let last = ctx.heartbeat_details().deserialize()?;
        let Progress { cursor, mut batches } =
            last.unwrap_or_default();

        // #step Read page by page
        let mut pages =
            Pages::open(&source, &cursor, batch_size).await?;
        while let Some(page) =
            unless_cancelled(&ctx, pages.next_page()).await?
        {
            let Page { mut records, cursor } = page;
            // #step Stage the rows, keep the reference
            let run = run_id(&ctx);
            let source_id = &source.source_id;
            let part = batches.len() + 1;
            let uri = staged_at(&format!(
                "{run}/{source_id}/{part:05}.raw.ndjson"
            ));
            for record in &mut records {
                record.id = key_of(source_id, &record.id);
            }
            batches.push(stage(uri, &records).await?);

            // #step Bound the history: a batch costs it 12 events
            if batches.len() > MAX_BATCHES {
                return Err(too_many_batches().into());
            }

            // #step Tell Temporal how far we are
            let batches = batches.clone();
            ctx.record_heartbeat(Progress { cursor, batches })
                .await?;
        }
        Ok(ExtractOutput { batches })
    }
    // #endregion extract

    /// Types one batch.
    // #region transform
    #[activity(name = "TransformData")]
    pub async fn transform_data(
        _ctx: ActivityContext,
        input: TransformInput,
    ) -> Result<TransformOutput, ActivityError> {
        let TransformInput { batch, processed_at } = input;

        // #step Fetch the rows behind the reference
        let raw: Vec<RawRecord> = fetch_staged(&batch).await?;

        // #step Type every record, stamp it with workflow time
        let metadata =
            Metadata { processed_at, version: "1.0".to_owned() };
        let records = raw
            .into_iter()
            .map(|record| {
                let RawRecord { id, data } = typed(record)?;
                let metadata = metadata.clone();
                Ok(TransformedRecord { id, data, metadata })
            })
            .collect::<Result<Vec<_>>>()?;

        // #step Stage the result beside the input
        let uri = batch.uri.replace(".raw.", ".clean.");
        let batch = stage(uri, &records).await?;
        Ok(TransformOutput { batch })
    }
    // #endregion transform

    /// Writes one batch to the target.
    // #region load
    #[activity(name = "LoadData")]
    pub async fn load_data(
        ctx: ActivityContext,
        input: LoadInput,
    ) -> Result<LoadOutput, ActivityError> {
        let LoadInput { pipeline_id, target, batch } = input;
        let url = &target.connection_string;
        let part = part_of(&pipeline_id, &batch);

        // #step Fetch the rows behind the reference
        let records: Vec<TransformedRecord> =
            fetch_staged(&batch).await?;

        let loaded_count = match target.target_type {
            // #step A database takes a batch in one transaction
            TargetType::Database => {
                let upsert = upsert(url, &records);
                unless_cancelled(&ctx, upsert).await
            }

            // #step A folder takes a part, named after the batch
            TargetType::Warehouse => {
                Ok(write_parquet(url, &part, &records).await?)
            }
            TargetType::File => {
                Ok(write_ndjson(url, &part, &records).await?)
            }
        }?;
        Ok(LoadOutput { loaded_count })
    }
    // #endregion load
}

/// Any source, page by page.
enum Pages {
    Database(TablePages),
    Api(ApiPages),
    File(CsvPages),
}

impl Pages {
    async fn open(
        source: &DataSource,
        cursor: &str,
        size: usize,
    ) -> Result<Self> {
        let url = &source.connection_string;
        Ok(match source.source_type {
            SourceType::Database => Self::Database(
                TablePages::open(url, cursor, size),
            ),
            SourceType::Api => {
                Self::Api(ApiPages::open(url, cursor, size)?)
            }
            SourceType::File => {
                let pages = CsvPages::open(url, cursor, size);
                Self::File(pages.await?)
            }
        })
    }

    async fn next_page(&mut self) -> Result<Option<Page>> {
        match self {
            Self::Database(pages) => pages.next_page().await,
            Self::Api(pages) => pages.next_page().await,
            Self::File(pages) => pages.next_page().await,
        }
    }
}

/// What `work` gives, unless the activity is cancelled before: then it is dropped, and ends.
async fn unless_cancelled<T>(
    ctx: &ActivityContext,
    work: impl Future<Output = Result<T>>,
) -> Result<T, ActivityError> {
    tokio::select! {
        done = work => Ok(done?),
        () = ctx.cancelled() => Err(ActivityError::cancelled()),
    }
}

fn run_id(ctx: &ActivityContext) -> &str {
    ctx.info().workflow_run_id.as_deref().unwrap_or_default()
}

/// `<pipeline>.<source>.00001`, from `…/<source>/00001.clean.ndjson`.
fn part_of(pipeline_id: &str, batch: &Batch) -> String {
    let mut path = batch.uri.rsplit('/');
    let file = path.next().unwrap_or_default();
    let source = path.next().unwrap_or_default();
    let number = file.split('.').next().unwrap_or_default();
    format!("{pipeline_id}.{source}.{number}")
}
