// Package rows is about what goes through a history.
package rows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"durable-pipelines/connectors"
	"mistakes/activities"
)

var options = workflow.ActivityOptions{StartToCloseTimeout: time.Minute}

// Wrong sends all rows through the history, twice.
func Wrong(ctx workflow.Context, input activities.Rows) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, options)
	// #region hand-on
	// #step The rows come back to the workflow
	var rows []connectors.RawRecord
	err := workflow.ExecuteActivity(
		ctx, activities.ReadRows, input).Get(ctx, &rows)
	if err != nil {
		return 0, err
	}

	// #step The workflow hands them on
	var count int
	err = workflow.ExecuteActivity(
		ctx, activities.CountRows, rows).Get(ctx, &count)
	return count, err
	// #endregion hand-on
}
