package tour

import (
	"context"

	"go.temporal.io/sdk/temporal"

	"durable-pipelines/connectors"
)

// The two activities of the tour: all that touches files.

const pageSize = 5000

// CountFlights counts the flights of one carrier.
// #region activity
// #step An activity may do what a workflow may not
func CountFlights(
	ctx context.Context, input ReportInput,
) (int, error) {
	flights := 0
	pages := connectors.ReadCSV(
		ctx, input.ConnectionString, "", pageSize)
	for page, err := range pages {
		if err != nil {
			return 0, err
		}
		for _, record := range page.Records {
			if record.Data["carrier"] == input.Carrier {
				flights++
			}
		}
	}

	// #step Its failure has a type, for the retry policy
	if flights == 0 {
		return 0, temporal.NewApplicationError(
			"none in the file", "NoSuchCarrier")
	}

	// #step What it returns goes into the history
	return flights, nil
}

// #endregion activity

// WriteReport writes the reports, one a line, in place of what was there.
func WriteReport(_ context.Context, input WriteInput) error {
	return connectors.WriteLines(input.ReportURL, input.Reports)
}
