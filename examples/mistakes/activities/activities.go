// Package activities holds what the mistakes and their cures call: small work on January's flights.
package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"durable-pipelines/connectors"
)

const pageSize = 100

// Register tells a worker of them all.
func Register(r worker.ActivityRegistry) {
	r.RegisterActivity(Report)
	r.RegisterActivity(CountFlights)
	r.RegisterActivity(ReadRows)
	r.RegisterActivity(CountRows)
	r.RegisterActivity(StageRows)
	r.RegisterActivity(CountStaged)
}

// Flown is a carrier, and how often it flew.
type Flown struct {
	Carrier string `json:"carrier"`
	Flights int    `json:"flights"`
}

// Due is what to report, and when: in milliseconds since 1970.
type Due struct {
	At    int64 `json:"at"`
	Flown Flown `json:"flown"`
}

// Rows is the first rows of a table.
type Rows struct {
	Connection string `json:"connection"`
	Rows       int    `json:"rows"`
}

// Report is one line about a carrier.
func Report(_ context.Context, flown Flown) (string, error) {
	return fmt.Sprintf("%s flew %d times", flown.Carrier, flown.Flights), nil
}

// #region count

// CountFlights says how many flights a table has.
func CountFlights(
	ctx context.Context, connection string,
) (int, error) {
	// #step Work page by page
	flights := 0
	pages := connectors.ReadTable(ctx, connection, "", pageSize)
	for page, err := range pages {
		if err != nil {
			return 0, err
		}
		flights += len(page.Records)

		// #step Tell Temporal how far we are
		activity.RecordHeartbeat(ctx, page.Cursor)
	}
	return flights, nil
}

// #endregion count

// ReadRows gives the rows themselves.
func ReadRows(ctx context.Context, input Rows) ([]connectors.RawRecord, error) {
	for page, err := range connectors.ReadTable(ctx, input.Connection, "", input.Rows) {
		return page.Records, err
	}
	return []connectors.RawRecord{}, nil
}

// CountRows says how many rows there are.
func CountRows(_ context.Context, rows []connectors.RawRecord) (int, error) {
	return len(rows), nil
}

// StageRows stages the rows, and says where.
func StageRows(ctx context.Context, input Rows) (connectors.Batch, error) {
	rows, err := ReadRows(ctx, input)
	if err != nil {
		return connectors.Batch{}, err
	}
	return connectors.Stage(connectors.StagedAt("mistakes/rows.ndjson"), rows)
}

// CountStaged says how many rows are staged there.
func CountStaged(_ context.Context, batch connectors.Batch) (int, error) {
	var rows []connectors.RawRecord
	err := connectors.FetchStaged(batch, &rows)
	return len(rows), err
}
