// Package secret is about passwords in a history.
package secret

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"mistakes/activities"
)

var options = workflow.ActivityOptions{StartToCloseTimeout: time.Minute}

// Wrong takes any connection string, also one with a password in it.
func Wrong(ctx workflow.Context, connection string) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, options)
	// #region connect
	// #step Hand the connection string on
	var flights int
	err := workflow.ExecuteActivity(ctx,
		activities.CountFlights, connection).Get(ctx, &flights)
	return flights, err
	// #endregion connect
}
