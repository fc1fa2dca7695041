//! The two activities of the tour: all that touches files.
use temporalio_macros::activities;
use temporalio_sdk::{
    ApplicationFailure,
    activities::{ActivityContext, ActivityError},
};

use super::types::{ReportInput, WriteInput};
use crate::connectors::{
    connection::resolve_file, csv::CsvPages,
    files::write_atomically, ndjson::to_ndjson,
};

const PAGE: usize = 5000;

/// The activities, as a worker hosts them.
pub struct TourActivities;

#[activities]
impl TourActivities {
    /// Counts the flights of one carrier.
    // #region activity
    // #step An activity may do what a workflow may not
    #[activity(name = "CountFlights")]
    pub async fn count_flights(
        _ctx: ActivityContext,
        input: ReportInput,
    ) -> Result<usize, ActivityError> {
        let mut flights = 0;
        let file = &input.connection_string;
        let mut pages = CsvPages::open(file, "", PAGE).await?;
        while let Some(page) = pages.next_page().await? {
            let carriers = page.records.iter();
            flights += carriers
                .filter_map(|record| record.data.get("carrier"))
                .filter(|carrier| **carrier == input.carrier)
                .count();
        }

        // #step Its failure has a type, for the retry policy
        if flights == 0 {
            let none =
                ApplicationFailure::builder("none in the file");
            let none =
                none.type_name("NoSuchCarrier".to_owned());
            return Err(none.build().into());
        }

        // #step What it returns goes into the history
        Ok(flights)
    }
    // #endregion activity

    /// Writes the reports, one a line, in place of what was there.
    #[activity(name = "WriteReport")]
    pub async fn write_report(
        _ctx: ActivityContext,
        input: WriteInput,
    ) -> Result<(), ActivityError> {
        let file = resolve_file(&input.report_url)?;
        let body = to_ndjson(&input.reports);
        Ok(write_atomically(&file, body.as_bytes()).await?)
    }
}
