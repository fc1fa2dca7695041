//! Takes what waits before it ends a run.
use std::time::Duration;

use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    CancellableFuture, SyncWorkflowContext, WorkflowContext,
    WorkflowResult, workflows::select,
};

const MOST: usize = 10;
const MINUTE: Duration = Duration::from_secs(60);

#[workflow]
#[derive(Default)]
pub struct SignalCured {
    waiting: usize,
}

#[workflow_methods]
impl SignalCured {
    #[run(name = "SignalCured")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        mut count: usize,
    ) -> WorkflowResult<usize> {
        // #region run
        // #step Take a signal, until a minute is quiet
        for _ in 0..MOST {
            let mut quiet = ctx.timer(MINUTE);
            select! {
                come = ctx.wait_condition(|s| s.waiting > 0) => {
                    come?;
                    quiet.cancel();
                }
                _ = quiet => return Ok(count),
            }
            ctx.state_mut(|s| s.waiting -= 1);
            count += 1;
        }

        // #step Take what waits, and begin a new history
        count += ctx.state(|s| s.waiting);
        match ctx.continue_as_new(count, Default::default())? {}
        // #endregion run
    }

    #[signal(name = "departed")]
    pub fn departed(
        &mut self,
        _ctx: &mut SyncWorkflowContext<Self>,
        _flight: String,
    ) {
        self.waiting += 1;
    }
}
