//! The stream: `StreamProcessing` and its three activities.
use temporalio_sdk::{WorkerOptions, WorkflowRegistrationError};

pub mod activities;
pub mod types;
pub mod workflow;

/// Tells a worker of this pipeline.
pub fn register(
    options: &mut WorkerOptions,
) -> Result<(), WorkflowRegistrationError> {
    options
        .register_activities(activities::StreamActivities)
        .register_workflow::<workflow::StreamProcessing>()?;
    Ok(())
}
