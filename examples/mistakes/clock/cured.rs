//! Loads when it is time, by the workflow's clock.
use std::time::{Duration, SystemTime};

use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

#[workflow]
#[derive(Default)]
pub struct ClockCured;

#[workflow_methods]
impl ClockCured {
    #[run(name = "ClockCured")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        due: u64,
    ) -> WorkflowResult<String> {
        let due =
            SystemTime::UNIX_EPOCH + Duration::from_millis(due);
        // #region wait
        // #step Ask the workflow
        let now = ctx.workflow_time().unwrap_or(due);
        let early = due.duration_since(now);

        // #step Wait, if it is too early
        if let Ok(early) = early {
            ctx.timer(early).await;
        }
        Ok("loaded".to_owned())
        // #endregion wait
    }
}
