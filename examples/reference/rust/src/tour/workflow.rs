//! The tour: each idea of Temporal once, in a few lines. It counts the flights of one carrier after another.
use std::{error::Error, mem, time::Duration};

use temporalio_common::{RetryPolicy, error::IncomingError};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityOptions, ApplicationFailure,
    ChildWorkflowExecutionError, ChildWorkflowOptions,
    SyncWorkflowContext, TimerResult, WorkflowCancellationToken,
    WorkflowContext, WorkflowContextView, WorkflowResult,
    WorkflowTermination,
};

use super::{
    activities::TourActivities,
    types::{
        Phase, Progress, Report, ReportInput, TourInput,
        TourOutput, WriteInput, carrier_in, validate,
        validate_pause,
    },
};
use crate::connectors::{failures::fail_with, input::Raw};

const CARRIERS_A_RUN: usize = 5;

// #region retry
fn options() -> ActivityOptions {
    let seconds = Duration::from_secs;

    // #step How long one attempt may take
    ActivityOptions::with_start_to_close_timeout(seconds(60))
        // #step How many attempts, and the pauses between them
        .retry_policy(
            RetryPolicy::builder()
                .maximum_attempts(5)
                .initial_interval(seconds(1))
                .maximum_interval(seconds(10))
                .backoff_coefficient(2.0)
                // #step What no attempt can mend
                .non_retryable_error_types(vec![
                    "NoSuchCarrier".to_owned(),
                ])
                .build(),
        )
        .build()
}
// #endregion retry

/// The report on one carrier: the child of a tour.
// #region workflow
// #step Its name, what it takes, what it gives
#[workflow]
#[derive(Default)]
pub struct CarrierReport;

#[workflow_methods]
impl CarrierReport {
    #[run(name = "CarrierReport")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        input: ReportInput,
    ) -> WorkflowResult<Report> {
        // #step What touches the world is an activity
        let carrier = input.carrier.clone();
        let count = ctx.execute_activity(
            TourActivities::count_flights,
            input,
            options(),
        );

        // #step Its failure fails the workflow
        let flights =
            count.await.map_err(fail_with("flights"))?;

        // #step What it returns is its result
        Ok(Report { carrier, flights })
    }
}
// #endregion workflow

/// The tour's state: what signals and updates change, and what the query reads.
#[workflow]
pub struct Tour {
    input: TourInput,
    /// What is wrong with the input.
    fault: Option<ApplicationFailure>,
    carriers: Vec<String>,
    reports: Vec<Report>,
    before: usize,
    pause: i64,
    phase: Phase,
}

#[workflow_methods]
impl Tour {
    /// A signal may come with the start, and is heard before `run`: the state must be there.
    #[init]
    fn new(_ctx: &WorkflowContextView, raw: Raw) -> Self {
        let (input, fault) = match validate(&raw) {
            Ok(input) => (input, None),
            Err(fault) => (TourInput::default(), Some(fault)),
        };
        Self {
            carriers: input.carriers.clone(),
            reports: input.carried.clone(),
            before: input.carried.len(),
            pause: input.pause_seconds,
            phase: Phase::Counting,
            input,
            fault,
        }
    }

    // #region signal
    // #step Its name on the wire
    #[signal(name = "add_carrier")]
    // #step It cannot refuse: what is no carrier is ignored
    pub fn add_carrier(
        &mut self,
        _ctx: &mut SyncWorkflowContext<Self>,
        raw: Raw,
    ) {
        self.carriers.extend(carrier_in(&raw));
    }
    // #endregion signal

    // #region query
    // #step Its name on the wire
    #[query(name = "progress")]
    // #step It reads, at any moment, and changes nothing
    pub fn progress(
        &self,
        _ctx: &WorkflowContextView,
    ) -> Progress {
        Progress {
            phase: self.phase,
            processed: self.reports.len(),
            total: self.before + self.carriers.len(),
        }
    }
    // #endregion query

    // #region update
    // #step The validator refuses before anything is written
    #[update_validator(set_pause)]
    fn check_pause(
        &self,
        _ctx: &WorkflowContextView,
        seconds: &i64,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(validate_pause(*seconds)?)
    }

    // #step Its name on the wire
    #[update(name = "set_pause")]
    // #step What it does: it may answer, or fail
    pub fn set_pause(
        &mut self,
        _ctx: &mut SyncWorkflowContext<Self>,
        seconds: i64,
    ) -> i64 {
        mem::replace(&mut self.pause, seconds)
    }
    // #endregion update

    async fn count(
        ctx: &WorkflowContext<Self>,
        input: &TourInput,
    ) -> WorkflowResult<()> {
        while let Some(carrier) = ctx.state(next_carrier) {
            // #region child
            // #step Start it by its type, with an id of ours
            let id = format!("{}/{carrier}", ctx.workflow_id());
            let child = ctx.start_child_workflow(
                CarrierReport::run,
                input.report_on(&carrier),
                ChildWorkflowOptions::builder()
                    .workflow_id(id)
                    // The test server does not give it ours.
                    .task_queue(ctx.task_queue().to_owned())
                    .build(),
            );
            let report = child.await?.result();

            // #step Its failure is ours
            let report = report
                .await
                .map_err(fail_with_child(&carrier))?;

            // #step Its result is a value
            ctx.state_mut(|s| s.reports.push(report));
            // #endregion child

            if ctx.state(next_carrier).is_none() {
                write(ctx, input, options()).await?;
            }
            if ctx.state(next_carrier).is_none() {
                break;
            }

            // #region timer
            // #step Temporal waits: no process has to
            ctx.state_mut(|s| s.phase = Phase::Pausing);
            let pause = ctx.state(|s| s.pause.unsigned_abs());
            let timer = ctx.timer(Duration::from_secs(pause));
            if timer.await == TimerResult::Cancelled {
                return Err(WorkflowTermination::cancelled());
            }
            ctx.state_mut(|s| s.phase = Phase::Counting);
            // #endregion timer

            // #region continue-as-new
            // #step Before the history is long
            let full = ctx.continue_as_new_suggested()
                || ctx.state(counted) >= CARRIERS_A_RUN;

            // #step Begin a new one, with all that must outlive it
            if full {
                let next = ctx.state(|s| TourInput {
                    carriers: remaining(s).to_vec(),
                    pause_seconds: s.pause,
                    carried: s.reports.clone(),
                    ..input.clone()
                });
                let next = next.into();
                ctx.continue_as_new(next, Default::default())?;
            }
            // #endregion continue-as-new
        }
        Ok(())
    }

    /// Counts one carrier after another, writes the reports, and answers them.
    #[run(name = "Tour")]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
    ) -> WorkflowResult<TourOutput> {
        if let Some(fault) = ctx.state_mut(|s| s.fault.take()) {
            return Err(fault.into());
        }
        let input = ctx.state(|s| s.input.clone());

        // #region cancel
        // #step Cancelled, whatever is awaited fails
        let counted = Self::count(ctx, &input).await;

        // #step Clean up where the cancellation does not reach
        if counted.as_ref().is_err_and(is_cancelled) {
            let mut detached = options();
            detached.cancellation_token =
                Some(WorkflowCancellationToken::new());
            write(ctx, &input, detached).await?;
        }

        // #step Then end as cancelled
        counted?;
        // #endregion cancel

        ctx.state_mut(|s| s.phase = Phase::Done);
        let reports = ctx.state(|s| s.reports.clone());
        let total = reports.iter().map(|r| r.flights).sum();
        Ok(TourOutput { tour_id: input.tour_id, reports, total })
    }
}

/// How many carriers this run has counted.
fn counted(tour: &Tour) -> usize {
    tour.reports.len() - tour.before
}

/// What is still to be counted.
fn remaining(tour: &Tour) -> &[String] {
    &tour.carriers[counted(tour)..]
}

fn next_carrier(tour: &Tour) -> Option<String> {
    remaining(tour).first().cloned()
}

async fn write(
    ctx: &WorkflowContext<Tour>,
    input: &TourInput,
    options: ActivityOptions,
) -> WorkflowResult<()> {
    let report_url = input.report_url.clone();
    let reports = ctx.state(|s| s.reports.clone());
    let write = ctx.execute_activity(
        TourActivities::write_report,
        WriteInput { report_url, reports },
        options,
    );
    write.await.map_err(fail_with("report"))
}

fn is_cancelled(end: &WorkflowTermination) -> bool {
    match end {
        WorkflowTermination::Cancelled { .. } => true,
        WorkflowTermination::Failed(failure) => {
            failure.as_cancelled().is_some()
        }
        _ => false,
    }
}

/// Fails the tour with the type and the words of its child's failure.
fn fail_with_child(
    carrier: &str,
) -> impl FnOnce(ChildWorkflowExecutionError) -> WorkflowTermination
{
    move |error| match error.cause() {
        Some(IncomingError::Application(cause)) => {
            let kind = cause.type_name().unwrap_or_default();
            let message = format!("carrier {carrier}: {cause}");
            ApplicationFailure::builder(message)
                .type_name(kind.to_owned())
                .non_retryable(true)
                .build()
                .into()
        }
        _ => error.into(),
    }
}
