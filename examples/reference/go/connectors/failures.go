package connectors

import (
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
