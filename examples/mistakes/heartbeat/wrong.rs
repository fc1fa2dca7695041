//! Does not compile: a heartbeat is an activity's.
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::activities::{MistakeActivities, a_minute};

#[workflow]
#[derive(Default)]
pub struct HeartbeatWrong;

#[workflow_methods]
impl HeartbeatWrong {
    #[run(name = "HeartbeatWrong")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        connections: Vec<String>,
    ) -> WorkflowResult<usize> {
        let mut flights = 0;
        // #region count
        for connection in connections {
            // #step Work table by table
            let count = ctx.execute_activity(
                MistakeActivities::count_flights,
                connection,
                a_minute(),
            );
            flights += count.await?;

            // #step Tell Temporal how far we are
            ctx.record_heartbeat(flights).await?;
        }
        // #endregion count
        Ok(flights)
    }
}
