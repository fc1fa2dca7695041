//! The ETL pipeline: `ETLPipeline` and its activities.
use temporalio_sdk::{
    WorkerOptions, WorkflowRegistrationError,
    workflow_replayer::WorkflowReplayerOptions,
};

pub mod activities;
pub mod types;
pub mod workflow;

/// Tells a worker of this pipeline.
pub fn register(
    options: &mut WorkerOptions,
) -> Result<(), WorkflowRegistrationError> {
    options
        .register_activities(activities::EtlActivities)
        .register_workflow::<workflow::EtlPipeline>()?;
    Ok(())
}

/// Tells a replayer of its workflow.
pub fn replay(
    options: &mut WorkflowReplayerOptions,
) -> Result<(), WorkflowRegistrationError> {
    options.register_workflow::<workflow::EtlPipeline>()?;
    Ok(())
}
