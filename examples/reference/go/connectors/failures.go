package connectors

import (
	"errors"
	"time"

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
	if temporal.IsCanceledError(err) {
		return err
	}

	// #step Look inside: an activity's failure wraps its cause
	kind, reason := "Timeout", "timed out"
	var cause *temporal.ApplicationError
	if errors.As(err, &cause) {
		kind, reason = cause.Type(), cause.Message()
	}

	// #step Say what failed, and keep the cause's type
	return temporal.NewNonRetryableApplicationError(
		what+": "+reason, kind, nil)
}

// #endregion failed
