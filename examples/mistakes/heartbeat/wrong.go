//go:build refused

package heartbeat

import (
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"mistakes/activities"
)

// Wrong does not compile: a heartbeat is an activity's.
func Wrong(ctx workflow.Context, connections []string) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, options)
	flights := 0
	// #region count
	for _, connection := range connections {
		// #step Work table by table
		var some int
		err := workflow.ExecuteActivity(ctx,
			activities.CountFlights, connection).Get(ctx, &some)
		if err != nil {
			return 0, err
		}
		flights += some

		// #step Tell Temporal how far we are
		activity.RecordHeartbeat(ctx, flights)
	}
	// #endregion count
	return flights, nil
}
