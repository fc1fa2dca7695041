// Package order is about the order of a map.
package order

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"mistakes/activities"
)

var options = workflow.ActivityOptions{StartToCloseTimeout: time.Minute}

// Wrong reports on each carrier in the order of a map, which is another one each time.
func Wrong(ctx workflow.Context, flown map[string]int) (map[string]string, error) {
	ctx = workflow.WithActivityOptions(ctx, options)
	reports := map[string]string{}
	// #region reports
	// #step In the order of the map
	for carrier, flights := range flown {
		// #step One report after the other
		of := activities.Flown{Carrier: carrier, Flights: flights}
		var report string
		err := workflow.ExecuteActivity(
			ctx, activities.Report, of).Get(ctx, &report)
		if err != nil {
			return nil, err
		}
		reports[carrier] = report
	}
	// #endregion reports
	return reports, nil
}
