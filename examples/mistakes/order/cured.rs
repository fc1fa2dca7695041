//! A `BTreeMap` is sorted.
use std::collections::BTreeMap;

use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowResult};

use crate::activities::{Flown, MistakeActivities, a_minute};

#[workflow]
#[derive(Default)]
pub struct OrderCured;

#[workflow_methods]
impl OrderCured {
    #[run(name = "OrderCured")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        flown: BTreeMap<String, u32>,
    ) -> WorkflowResult<BTreeMap<String, String>> {
        let mut reports = BTreeMap::new();
        // #region reports
        // #step In the order of the names
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
