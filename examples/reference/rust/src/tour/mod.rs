//! The tour: `Tour`, its child `CarrierReport`, and their two activities.
use temporalio_sdk::{WorkerOptions, WorkflowRegistrationError};

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
