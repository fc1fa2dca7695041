package clock

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"mistakes/activities"
)

// Cured reports when it is time, by the workflow's clock.
func Cured(ctx workflow.Context, due activities.Due) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, options)
	// #region wait
	// #step Ask the workflow
	early := time.UnixMilli(due.At).Sub(workflow.Now(ctx))

	// #step Wait, if it is too early
	if early > 0 {
		err := workflow.Sleep(ctx, early)
		if err != nil {
			return "", err
		}
	}

	// #step Report
	var report string
	err := workflow.ExecuteActivity(
		ctx, activities.Report, due.Flown).Get(ctx, &report)
	return report, err
	// #endregion wait
}
