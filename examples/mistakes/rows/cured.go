package rows

import (
	"go.temporal.io/sdk/workflow"

	"durable-pipelines/connectors"
	"mistakes/activities"
)

// Cured sends a reference through the history: a claim check.
func Cured(ctx workflow.Context, input activities.Rows) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, options)
	// #region hand-on
	// #step A reference comes back to the workflow
	var batch connectors.Batch
	err := workflow.ExecuteActivity(
		ctx, activities.StageRows, input).Get(ctx, &batch)
	if err != nil {
		return 0, err
	}

	// #step The workflow hands it on
	var count int
	err = workflow.ExecuteActivity(
		ctx, activities.CountStaged, batch).Get(ctx, &count)
	return count, err
	// #endregion hand-on
}
