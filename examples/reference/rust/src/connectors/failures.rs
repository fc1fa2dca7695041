//! The failures of the edges: the same type words in every language.
//!
//! `InvalidInput` and `ValidationError` are never retried; `Unavailable`, `RateLimited` and
//! `Malformed` are. No message holds a URL: a URL can hold a secret.
use std::time::Duration;
use temporalio_common::error::IncomingError;
use temporalio_sdk::{
    ActivityExecutionError, ApplicationFailure,
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

/// The failure of the pipeline: the type and the words of what failed inside the activity.
// #region failed
pub fn failed(
    what: &str,
    error: ActivityExecutionError,
) -> Result<ApplicationFailure, WorkflowTermination> {
    // #step A cancelled pipeline ends as cancelled
    if error.as_cancelled().is_some() {
        return Err(error.into());
    }

    // #step Look inside: an activity's failure wraps its cause
    let cause = error.cause().and_then(application);
    let known = cause.map(|cause| cause.to_string());

    // #step Say what failed, and keep the cause's type
    let reason = known.as_deref().unwrap_or("timed out");
    let kind = cause.map_or("Timeout", type_of);
    let message = format!("{what}: {reason}");
    Ok(failure(kind, message, true, None))
}
// #endregion failed

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

fn type_of(failure: &ApplicationFailure) -> &str {
    failure.type_name().unwrap_or_default()
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
