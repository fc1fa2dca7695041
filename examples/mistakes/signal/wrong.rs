//! Ends a run while signals wait.
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
pub struct SignalWrong {
    waiting: usize,
}

#[workflow_methods]
impl SignalWrong {
    #[run(name = "SignalWrong")]
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

        // #step Begin a new history
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
