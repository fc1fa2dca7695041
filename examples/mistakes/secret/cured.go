package secret

import (
	"go.temporal.io/sdk/workflow"

	"durable-pipelines/connectors"
	"mistakes/activities"
)

// Cured takes a connection string that names its secret: the activity's connector knows it.
func Cured(ctx workflow.Context, connection string) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, options)
	// #region connect
	// #step Refuse a secret: only its name may come in
	var check connectors.Checks
	check.Connection("connection", connection)
	if check.Fault != "" {
		return 0, connectors.InvalidInput(check.Fault)
	}

	// #step Hand the connection string on
	var flights int
	err := workflow.ExecuteActivity(ctx,
		activities.CountFlights, connection).Get(ctx, &flights)
	return flights, err
	// #endregion connect
}
