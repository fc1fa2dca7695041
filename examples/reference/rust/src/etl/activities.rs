//! The activities of the ETL pipeline: all that touches the world outside.
use serde::{Deserialize, Serialize};
use temporalio_macros::activities;
use temporalio_sdk::activities::{
    ActivityContext, ActivityError,
};

use super::types::{
    CheckInput, CompleteInput, DataSource, DataTarget,
    ExtractInput, ExtractOutput, LoadInput, LoadOutput,
    MAX_BATCHES, SourceType, TargetType, TransformInput,
    TransformOutput, too_many_batches,
};
use crate::{
    connectors::{
        connection::resolve_folder,
        csv::CsvPages,
        database::check_table,
        failures::Result,
        folder::{Parts, complete_parts},
        heartbeats::{stay_alive, unless_cancelled},
        http::ApiPages,
        ndjson::write_ndjson,
        parquet::write_parquet,
        postgres::{TablePages, upsert},
        records::{
            Batch, Metadata, Page, RawRecord, TransformedRecord,
        },
        staging::{fetch_staged, stage, staged_at, unstage},
    },
    domain::flights::{key_of, typed},
};

/// How far an attempt has come: what a retry needs to go on.
#[derive(Clone, Deserialize, Serialize)]
struct Progress {
    cursor: String,
    /// The list of what is staged, staged itself: it may be longer than a heartbeat should be.
    staged: Batch,
}

/// The activities, as a worker hosts them.
pub struct EtlActivities;

#[activities]
impl EtlActivities {
    /// Refuses a target that cannot be meant, before anything is read.
    // #region check
    #[activity(name = "CheckTarget")]
    pub async fn check_target(
        _ctx: ActivityContext,
        input: CheckInput,
    ) -> Result<(), ActivityError> {
        // #step Scheme, table and variables; nobody is asked
        let url = &input.target.connection_string;
        Ok(match input.target.target_type {
            TargetType::Database => check_table(url),
            TargetType::Warehouse | TargetType::File => {
                resolve_folder(url).map(drop)
            }
        }?)
    }
    // #endregion check

    /// Reads a source page by page into staging.
    // #region extract
    #[activity(name = "ExtractData")]
    pub async fn extract_data(
        ctx: ActivityContext,
        input: ExtractInput,
    ) -> Result<ExtractOutput, ActivityError> {
        let ExtractInput { source, batch_size } = input;

        // #step Resume where the last attempt stopped
        let last = last_progress(&ctx)?;
        let (mut batches, cursor) = match &last {
            Some(Progress { cursor, staged }) => {
                (fetch_staged(staged).await?, cursor.as_str())
            }
            None => (vec![], ""),
        };

        // #step Stay alive while a page takes long
        let alive = stay_alive(&ctx, last.clone());

        // #step Read page by page
        let mut pages =
            Pages::open(&source, cursor, batch_size).await?;
        let source_id = &source.source_id;
        let run = run_id(&ctx);
        let folder = staged_at(&format!("{run}/{source_id}"));
        while let Some(page) =
            unless_cancelled(&ctx, pages.next_page()).await?
        {
            let Page { mut records, cursor } = page;
            // #step Stage the rows, keep the reference
            let part = batches.len() + 1;
            let part = format!("{folder}/{part:05}.raw");
            for record in &mut records {
                record.id = key_of(source_id, &record.id);
            }
            batches.push(stage(part, &records).await?);

            // #step Bound the history: a batch costs it 12 events
            if batches.len() > MAX_BATCHES {
                return Err(too_many_batches().into());
            }

            // #step Tell Temporal how far we are; hear of a cancel
            let list = format!("{folder}/list");
            let staged = stage(list, &batches).await?;
            alive
                .tell(Some(Progress { cursor, staged }))
                .await?;
        }
        Ok(ExtractOutput { batches })
    }
    // #endregion extract

    /// Types one batch.
    // #region transform
    #[activity(name = "TransformData")]
    pub async fn transform_data(
        ctx: ActivityContext,
        input: TransformInput,
    ) -> Result<TransformOutput, ActivityError> {
        let TransformInput { batch, processed_at } = input;

        // #step Stay alive: who is killed is missed in a minute
        let _alive = stay_alive(&ctx, ());

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
        let part = batch.uri.split(".raw/").next();
        let part = part.unwrap_or_default();
        let batch = stage(format!("{part}.clean"), &records);
        let batch = batch.await?;
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
        let LoadInput {
            pipeline_id,
            run_id,
            target,
            batch,
            processed_at,
        } = &input;
        let connection = &target.connection_string;
        let parts = Parts {
            connection,
            pipeline_id,
            processed_at,
            run_id,
        };
        let part = part_of(batch);

        // #step Stay alive, and hear of a cancellation
        let _alive = stay_alive(&ctx, ());

        // #step Fetch the rows behind the reference
        let records: Vec<TransformedRecord> =
            fetch_staged(batch).await?;

        let loaded_count = match target.target_type {
            // #step A database takes a batch in one transaction
            TargetType::Database => {
                upsert(&ctx, connection, &records).await?
            }

            // #step A folder takes a part, named after the batch
            TargetType::Warehouse => {
                write_parquet(parts, &part, &records).await?
            }
            TargetType::File => {
                write_ndjson(parts, &part, &records).await?
            }
        };
        Ok(LoadOutput { loaded_count })
    }
    // #endregion load

    /// Makes the parts of this run the content of the target, and removes what it has staged.
    // #region complete
    #[activity(name = "CompleteLoad")]
    pub async fn complete_load(
        ctx: ActivityContext,
        input: CompleteInput,
    ) -> Result<(), ActivityError> {
        let _alive = stay_alive(&ctx, ());

        // #step A folder: all parts at once, for the last run's
        let DataTarget { target_type, connection_string } =
            &input.target;
        if *target_type != TargetType::Database {
            let parts = Parts {
                connection: connection_string,
                pipeline_id: &input.pipeline_id,
                processed_at: &input.processed_at,
                run_id: &input.run_id,
            };
            complete_parts(parts, input.parts).await?;
        }

        // #step What is loaded need not be staged any more
        if !input.keep_staging {
            unstage(&input.run_id).await;
        }
        Ok(())
    }
    // #endregion complete
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

/// What the last attempt told last; none where it told nothing, or was none.
fn last_progress(
    ctx: &ActivityContext,
) -> Result<Option<Progress>, ActivityError> {
    let told: Option<Option<_>> =
        ctx.heartbeat_details().deserialize()?;
    Ok(told.flatten())
}

fn run_id(ctx: &ActivityContext) -> &str {
    ctx.info().workflow_run_id.as_deref().unwrap_or_default()
}

/// `<source>.00001`, from `…/<source>/00001.clean/<sha256>.ndjson`.
fn part_of(batch: &Batch) -> String {
    let mut path = batch.uri.rsplit('/').skip(1);
    let number = path.next().unwrap_or_default();
    let number = number.split('.').next().unwrap_or_default();
    let source = path.next().unwrap_or_default();
    format!("{source}.{number}")
}
