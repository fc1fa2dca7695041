//! Replays histories against the workflows of this crate: `replay <file>…`, each a history in Protobuf.
//!
//! Prints a line of JSON for each, `{"file":"…"}`, with an "error" when a worker of today could not go on with it.
use std::{env, error::Error, fs};

use durable_pipelines::pipelines;
use prost::Message;
use serde_json::json;
use temporalio_common::protos::temporal::api::history::v1::History;
use temporalio_sdk::workflow_replayer::{
    WorkflowReplayer, WorkflowReplayerOptions,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut options = WorkflowReplayerOptions::new().build();
    pipelines::replay(&mut options)?;
    let replayer = WorkflowReplayer::new(options)?;
    for file in env::args().skip(1) {
        let history = History::decode(&*fs::read(&file)?)?;
        let replayed =
            replayer.replay_workflow(history.into()).await;
        let verdict = match replayed {
            Ok(()) => json!({ "file": file }),
            Err(error) => {
                json!({ "file": file, "error": error.to_string() })
            }
        };
        println!("{verdict}");
    }
    Ok(())
}
