// Package clock is about time in a workflow.
package clock

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// Wrong loads when it is time, by the machine's clock.
func Wrong(ctx workflow.Context, due int64) (string, error) {
	// #region wait
	// #step Ask the machine
	early := time.Until(time.UnixMilli(due))

	// #step Wait, if it is too early
	if early > 0 {
		err := workflow.Sleep(ctx, early)
		if err != nil {
			return "", err
		}
	}
	return "loaded", nil
	// #endregion wait
}
