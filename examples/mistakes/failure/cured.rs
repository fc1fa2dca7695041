//! Fails with a failure of Temporal's, with a type.
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ApplicationFailure, WorkflowContext, WorkflowResult,
};

#[workflow]
#[derive(Default)]
pub struct FailureCured;

#[workflow_methods]
impl FailureCured {
    #[run(name = "FailureCured")]
    pub async fn run(
        _ctx: &mut WorkflowContext<Self>,
        text: String,
    ) -> WorkflowResult<i32> {
        // #region delay
        // #step Read the delay
        let delay = text.parse();

        // #step Refuse what is no number
        let delay = delay.map_err(|_| {
            let words = format!("no delay: {text}");
            ApplicationFailure::builder(words)
                .type_name("InvalidInput".to_owned())
                .non_retryable(true)
                .build()
        })?;
        // #endregion delay
        Ok(delay)
    }
}
