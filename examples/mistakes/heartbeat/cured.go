// Package heartbeat is about telling Temporal how far a long work is.
package heartbeat

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"mistakes/activities"
)

// #region count
// #step Miss the activity after half a minute of silence
var options = workflow.ActivityOptions{
	StartToCloseTimeout: 10 * time.Minute,
	HeartbeatTimeout:    30 * time.Second,
}

// #endregion count

// Cured leaves the heartbeat to the activity, and says how often it must come.
func Cured(ctx workflow.Context, connections []string) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, options)
	flights := 0
	for _, connection := range connections {
		var some int
		err := workflow.ExecuteActivity(ctx, activities.CountFlights, connection).Get(ctx, &some)
		if err != nil {
			return 0, err
		}
		flights += some
	}
	return flights, nil
}
