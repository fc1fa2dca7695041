//! Panics where it should fail.
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

#[workflow]
#[derive(Default)]
pub struct FailureWrong;

#[workflow_methods]
impl FailureWrong {
    #[run(name = "FailureWrong")]
    pub async fn run(
        _ctx: &mut WorkflowContext<Self>,
        text: String,
    ) -> WorkflowResult<i32> {
        // #region delay
        // #step Read the delay
        let delay = text.parse();

        // #step Refuse what is no number
        let delay = delay.expect("no delay");
        // #endregion delay
        Ok(delay)
    }
}
