//! The failures of the edges: the same type words in every language.
//!
//! `InvalidInput` and `ValidationError` are never retried; `Unavailable`, `RateLimited` and
//! `Malformed` are. No message holds a URL: a URL can hold a secret.
use std::{iter, time::Duration};

use temporalio_common::error::IncomingError;
use temporalio_sdk::{
    ActivityExecutionError, ApplicationFailure, RetryState,
    WorkflowTermination,
};

/// What an edge gives: a value, or the failure that Temporal is told of.
pub type Result<T, E = ApplicationFailure> =
    std::result::Result<T, E>;

/// What the caller asked for cannot be done; the message names the field or the variable.
pub fn invalid_input(
    message: impl Into<String>,
) -> ApplicationFailure {
    failure("InvalidInput", message, true, None)
}

/// The data broke a rule; trying again would not mend it.
pub fn validation_error(
    message: impl Into<String>,
) -> ApplicationFailure {
    failure("ValidationError", message, true, None)
}

/// The other side did not answer, or said that it cannot now.
pub fn unavailable(
    message: impl Into<String>,
) -> ApplicationFailure {
    failure("Unavailable", message, false, None)
}

/// The other side said that it cannot now, and asked us to come back `after` a while.
pub fn unavailable_for(
    message: impl Into<String>,
    after: Duration,
) -> ApplicationFailure {
    failure("Unavailable", message, false, Some(after))
}

/// The other side answered with half an answer.
pub fn malformed(
    message: impl Into<String>,
) -> ApplicationFailure {
    failure("Malformed", message, false, None)
}

/// The other side asked us to come back `after` a while.
pub fn rate_limited(
    message: impl Into<String>,
    after: Duration,
) -> ApplicationFailure {
    failure("RateLimited", message, false, Some(after))
}

/// What lies at the root of a failed activity: its type, and its words.
#[derive(Debug, PartialEq)]
pub struct Reason {
    pub kind: String,
    pub words: String,
}

impl Reason {
    /// The failure that the activity gave, also where it ran out of time while it was retried.
    pub fn of(error: &ActivityExecutionError) -> Self {
        match error.cause() {
            Some(cause) => Self::within(cause),
            None => Self::new("Failed", error.to_string()),
        }
    }

    fn within(cause: &IncomingError) -> Self {
        let all =
            || iter::successors(Some(cause), |it| it.cause());
        if let Some(known) = all().find_map(application) {
            let kind = known.type_name().unwrap_or("Failed");
            return Self::new(kind, known.to_string());
        }
        if all().any(|it| it.as_timeout().is_some()) {
            return Self::new("Timeout", "timed out");
        }
        Self::new("Failed", &cause.failure().message)
    }

    fn new(kind: &str, words: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), words: words.into() }
    }
}

/// The failure of the pipeline: the type and the words of what failed inside the activity.
pub fn failed(
    what: &str,
    error: ActivityExecutionError,
) -> Result<ApplicationFailure, WorkflowTermination> {
    failed_so_far(what, error, "")
}

/// The same, and `so_far`: what was done before.
// #region failed
pub fn failed_so_far(
    what: &str,
    error: ActivityExecutionError,
    so_far: &str,
) -> Result<ApplicationFailure, WorkflowTermination> {
    // #step A cancelled pipeline ends as cancelled
    if is_cancelled(&error) {
        return Err(WorkflowTermination::cancelled());
    }

    // #step Look inside: an activity's failure wraps its cause
    let Reason { kind, words } = Reason::of(&error);

    // #step Say what failed, and keep the cause's type
    let message = format!("{what}: {words}{so_far}");
    let failure = ApplicationFailure::builder(message)
        .type_name(kind)
        .non_retryable(true)
        .maybe_cause(cause_of(error));
    Ok(failure.build())
}
// #endregion failed

/// Also where the activity could not answer any more, because its worker had died.
fn is_cancelled(error: &ActivityExecutionError) -> bool {
    match error {
        ActivityExecutionError::Failed(failure) => {
            failure.retry_state() == RetryState::CancelRequested
        }
        _ => error.as_cancelled().is_some(),
    }
}

/// The activity's own failure, as it is in the history.
fn cause_of(
    error: ActivityExecutionError,
) -> Option<Box<IncomingError>> {
    match error {
        ActivityExecutionError::Failed(failure) => {
            Some(Box::new(IncomingError::Activity(failure)))
        }
        _ => None,
    }
}

/// For `map_err`: fails the workflow, saying in which part.
pub fn fail_with(
    what: &str,
) -> impl FnOnce(ActivityExecutionError) -> WorkflowTermination {
    move |error| match failed(what, error) {
        Ok(failure) => failure.into(),
        Err(cancelled) => cancelled,
    }
}

fn application(
    cause: &IncomingError,
) -> Option<&ApplicationFailure> {
    match cause {
        IncomingError::Application(failure) => Some(failure),
        _ => None,
    }
}

fn failure(
    type_name: &str,
    message: impl Into<String>,
    non_retryable: bool,
    next_retry_delay: Option<Duration>,
) -> ApplicationFailure {
    ApplicationFailure::builder(message.into())
        .type_name(type_name.to_owned())
        .non_retryable(non_retryable)
        .maybe_next_retry_delay(next_retry_delay)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_the_activity_said() {
        let cause = unavailable("database did not answer");
        let reason =
            Reason::within(&IncomingError::Application(cause));
        let expected = Reason::new(
            "Unavailable",
            "database did not answer",
        );
        assert_eq!(reason, expected);
    }
}
