//! The activity tells how far it is; the workflow says how often it must.
use std::time::Duration;

use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityOptions, WorkflowContext, WorkflowResult,
};

use crate::activities::MistakeActivities;

// #region count
// #step Miss the activity after half a minute of silence
fn options() -> ActivityOptions {
    let longest = Duration::from_secs(600);
    ActivityOptions::with_start_to_close_timeout(longest)
        .heartbeat_timeout(Duration::from_secs(30))
        .build()
}
// #endregion count

#[workflow]
#[derive(Default)]
pub struct HeartbeatCured;

#[workflow_methods]
impl HeartbeatCured {
    #[run(name = "HeartbeatCured")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        connections: Vec<String>,
    ) -> WorkflowResult<usize> {
        let mut flights = 0;
        for connection in connections {
            let count = ctx.execute_activity(
                MistakeActivities::count_flights,
                connection,
                options(),
            );
            flights += count.await?;
        }
        Ok(flights)
    }
}
