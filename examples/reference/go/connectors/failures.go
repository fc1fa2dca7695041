package connectors

import (
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
)

// The failures of the edges: the same type words in every language. No message holds a URL: a URL
// can hold a secret.

// InvalidInput says that what the caller asked for cannot be done; the message names the field or
// the variable. It is never retried.
func InvalidInput(message string) error {
	return temporal.NewNonRetryableApplicationError(message, "InvalidInput", nil)
}

// ValidationError says that the data broke a rule; trying again would not mend it.
func ValidationError(message string) error {
	return temporal.NewNonRetryableApplicationError(message, "ValidationError", nil)
}

// Unavailable says that the other side did not answer, or that it cannot now.
func Unavailable(message string) error {
	return temporal.NewApplicationError(message, "Unavailable")
}

// UnavailableFor is Unavailable of one who says when to come back.
func UnavailableFor(message string, delay time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(message, "Unavailable",
		temporal.ApplicationErrorOptions{NextRetryDelay: delay})
}

// Malformed says that the other side answered with half an answer.
func Malformed(message string) error {
	return temporal.NewApplicationError(message, "Malformed")
}

// RateLimited says that the other side asked us to come back after a delay.
func RateLimited(message string, delay time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(message, "RateLimited",
		temporal.ApplicationErrorOptions{NextRetryDelay: delay})
}

// #region failed

// Failed is the failure of the pipeline: the type and the words
// of what failed inside the activity.
func Failed(what string, err error) error {
	// #step A cancelled pipeline ends as cancelled
	if isCancelled(err) {
		return temporal.NewCanceledError()
	}

	// #step Look inside: an activity's failure wraps its cause
	kind, reason := CauseOf(err)

	// #step Say what failed, and keep the cause's type
	return temporal.NewNonRetryableApplicationError(
		what+": "+reason, kind, err)
}

// #endregion failed

// isCancelled tells of a run that is cancelled, also where its activity could not answer any more,
// because the worker had died.
func isCancelled(err error) bool {
	var failed *temporal.ActivityError
	return temporal.IsCanceledError(err) ||
		errors.As(err, &failed) && failed.RetryState() == enums.RETRY_STATE_CANCEL_REQUESTED
}

// FailedAfter is Failed of one who had loaded a part already.
func FailedAfter(what string, err error, loaded, total int) error {
	if isCancelled(err) {
		return Failed(what, err)
	}
	kind, reason := CauseOf(err)
	message := fmt.Sprintf("%s: %s (%d of %d records loaded)", what, reason, loaded, total)
	return temporal.NewNonRetryableApplicationError(message, kind, err)
}

// CauseOf is the type and the words of what failed inside of an activity or a child. A timeout may hold
// the failure of the attempt before it, which says more than that time is over.
func CauseOf(err error) (kind, reason string) {
	var application *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	switch {
	case err == nil:
		return "", ""
	case errors.As(err, &application):
		return application.Type(), application.Message()
	case errors.As(err, &timeout):
		return "Timeout", "timed out"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return "Failed", err.Error()
}
