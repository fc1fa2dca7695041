//! Made by npm run registry from the folders of pipelines: do not edit.
use temporalio_sdk::{
    WorkerOptions, WorkflowRegistrationError,
    workflow_replayer::WorkflowReplayerOptions,
};

#[path = "etl/mod.rs"]
pub mod etl;
#[path = "streaming/mod.rs"]
pub mod streaming;
#[path = "tour/mod.rs"]
pub mod tour;

/// Tells a worker of every pipeline.
pub fn register(
    options: &mut WorkerOptions,
) -> Result<(), WorkflowRegistrationError> {
    etl::register(options)?;
    streaming::register(options)?;
    tour::register(options)?;
    Ok(())
}

/// Tells a replayer of the workflows of every pipeline.
pub fn replay(
    options: &mut WorkflowReplayerOptions,
) -> Result<(), WorkflowRegistrationError> {
    etl::replay(options)?;
    streaming::replay(options)?;
    tour::replay(options)?;
    Ok(())
}
