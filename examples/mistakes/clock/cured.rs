//! Reports when it is time, by the workflow's clock.
use std::time::{Duration, SystemTime};

use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::activities::{Due, MistakeActivities, a_minute};

#[workflow]
#[derive(Default)]
pub struct ClockCured;

#[workflow_methods]
impl ClockCured {
    #[run(name = "ClockCured")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        Due { at, flown }: Due,
    ) -> WorkflowResult<String> {
        let at =
            SystemTime::UNIX_EPOCH + Duration::from_millis(at);
        // #region wait
        // #step Ask the workflow
        let now = ctx.workflow_time().unwrap_or(at);
        let early = at.duration_since(now);

        // #step Wait, if it is too early
        if let Ok(early) = early {
            ctx.timer(early).await;
        }

        // #step Report
        let report = ctx.execute_activity(
            MistakeActivities::report,
            flown,
            a_minute(),
        );
        Ok(report.await?)
        // #endregion wait
    }
}
