package clock

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// Cured loads when it is time, by the workflow's clock.
func Cured(ctx workflow.Context, due int64) (string, error) {
	// #region wait
	// #step Ask the workflow
	early := time.UnixMilli(due).Sub(workflow.Now(ctx))

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
