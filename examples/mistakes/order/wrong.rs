//! The order of a `HashMap` is another one each time.
use std::collections::{BTreeMap, HashMap};

use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::activities::{Flown, MistakeActivities, a_minute};

#[workflow]
#[derive(Default)]
pub struct OrderWrong;

#[workflow_methods]
impl OrderWrong {
    #[run(name = "OrderWrong")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        flown: HashMap<String, u32>,
    ) -> WorkflowResult<BTreeMap<String, String>> {
        let mut reports = BTreeMap::new();
        // #region reports
        // #step In the order of the map
        for (carrier, flights) in flown {
            // #step One report after the other
            let of = Flown { carrier: carrier.clone(), flights };
            let report = ctx.execute_activity(
                MistakeActivities::report,
                of,
                a_minute(),
            );
            reports.insert(carrier, report.await?);
        }
        // #endregion reports
        Ok(reports)
    }
}
