// Package failure is about errors that Temporal does not know.
package failure

import (
	"strconv"

	"go.temporal.io/sdk/workflow"
)

// Wrong says the delay of a text, in minutes; its error has no type that a caller could know.
func Wrong(_ workflow.Context, text string) (int, error) {
	// #region delay
	// #step Read the delay
	delay, err := strconv.Atoi(text)

	// #step Refuse what is no number
	if err != nil {
		return 0, err
	}
	// #endregion delay
	return delay, nil
}
