//! All rows go through the history, twice.
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::activities::{MistakeActivities, Rows, a_minute};

#[workflow]
#[derive(Default)]
pub struct RowsWrong;

#[workflow_methods]
impl RowsWrong {
    #[run(name = "RowsWrong")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        input: Rows,
    ) -> WorkflowResult<usize> {
        // #region hand-on
        // #step The rows come back to the workflow
        let rows = ctx.execute_activity(
            MistakeActivities::read_rows,
            input,
            a_minute(),
        );
        let rows = rows.await?;

        // #step The workflow hands them on
        let count = ctx.execute_activity(
            MistakeActivities::count_rows,
            rows,
            a_minute(),
        );
        Ok(count.await?)
        // #endregion hand-on
    }
}
