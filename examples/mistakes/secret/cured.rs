//! Takes a connection string that names its secret: the activity's connector knows it.
use durable_pipelines::connectors::{
    failures::invalid_input,
    input::{hides_secrets, rule},
};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::activities::{MistakeActivities, a_minute};

#[workflow]
#[derive(Default)]
pub struct SecretCured;

#[workflow_methods]
impl SecretCured {
    #[run(name = "SecretCured")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        connection: String,
    ) -> WorkflowResult<usize> {
        // #region connect
        // #step Refuse a secret: only its name may come in
        if !hides_secrets(&connection) {
            let fault = format!("connection: {}", rule::SECRET);
            return Err(invalid_input(fault).into());
        }

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
