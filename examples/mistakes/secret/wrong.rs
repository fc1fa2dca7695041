//! Takes any connection string, also one with a password in it.
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::activities::{MistakeActivities, a_minute};

#[workflow]
#[derive(Default)]
pub struct SecretWrong;

#[workflow_methods]
impl SecretWrong {
    #[run(name = "SecretWrong")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        connection: String,
    ) -> WorkflowResult<usize> {
        // #region connect
        // #step Hand the connection string on
        let flights = ctx.execute_activity(
            MistakeActivities::count_flights,
            connection,
            a_minute(),
        );
        Ok(flights.await?)
        // #endregion connect
    }
}
