package order

import (
	"maps"
	"slices"

	"go.temporal.io/sdk/workflow"

	"mistakes/activities"
)

// Cured reports on each carrier in the order of their names.
func Cured(ctx workflow.Context, flown map[string]int) (map[string]string, error) {
	ctx = workflow.WithActivityOptions(ctx, options)
	reports := map[string]string{}
	// #region reports
	// #step In the order of the names
	for _, carrier := range slices.Sorted(maps.Keys(flown)) {
		// #step One report after the other
		of := activities.Flown{
			Carrier: carrier, Flights: flown[carrier],
		}
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
