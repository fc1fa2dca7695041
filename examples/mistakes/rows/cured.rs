//! A reference goes through the history: a claim check.
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::activities::{MistakeActivities, Rows, a_minute};

#[workflow]
#[derive(Default)]
pub struct RowsCured;

#[workflow_methods]
impl RowsCured {
    #[run(name = "RowsCured")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        input: Rows,
    ) -> WorkflowResult<usize> {
        // #region hand-on
        // #step A reference comes back to the workflow
        let batch = ctx.execute_activity(
            MistakeActivities::stage_rows,
            input,
            a_minute(),
        );
        let batch = batch.await?;

        // #step The workflow hands it on
        let count = ctx.execute_activity(
            MistakeActivities::count_staged,
            batch,
            a_minute(),
        );
        Ok(count.await?)
        // #endregion hand-on
    }
}
