//! Loads when it is time, by the machine's clock.
use std::time::{Duration, SystemTime};

use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

#[workflow]
#[derive(Default)]
pub struct ClockWrong;

#[workflow_methods]
impl ClockWrong {
    #[run(name = "ClockWrong")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        due: u64,
    ) -> WorkflowResult<String> {
        let due =
            SystemTime::UNIX_EPOCH + Duration::from_millis(due);
        // #region wait
        // #step Ask the machine
        let early = due.duration_since(SystemTime::now());

        // #step Wait, if it is too early
        if let Ok(early) = early {
            ctx.timer(early).await;
        }
        Ok("loaded".to_owned())
        // #endregion wait
    }
}
