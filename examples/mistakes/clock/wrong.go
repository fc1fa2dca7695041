// Package clock is about time in a workflow.
package clock

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"mistakes/activities"
)

var options = workflow.ActivityOptions{StartToCloseTimeout: time.Minute}

// Wrong reports when it is time, by the machine's clock.
func Wrong(ctx workflow.Context, due activities.Due) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, options)
	// #region wait
	// #step Ask the machine
	early := time.Until(time.UnixMilli(due.At))

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
