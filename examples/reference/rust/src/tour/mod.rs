//! The tour: `Tour`, its child `CarrierReport`, and their two activities.
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
        .register_activities(activities::TourActivities)
        .register_workflow::<workflow::Tour>()?
        .register_workflow::<workflow::CarrierReport>()?;
    Ok(())
}

/// Tells a replayer of its workflows.
pub fn replay(
    options: &mut WorkflowReplayerOptions,
) -> Result<(), WorkflowRegistrationError> {
    options
        .register_workflow::<workflow::Tour>()?
        .register_workflow::<workflow::CarrierReport>()?;
    Ok(())
}
