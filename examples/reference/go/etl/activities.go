package etl

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	// Time zones come with the program: a machine may have none.
	_ "time/tzdata"

	"go.temporal.io/sdk/activity"

	"durable-pipelines/connectors"
)

// The three activities of the ETL pipeline: all that touches the world outside.

var readers = map[string]func(
	ctx context.Context, connection, cursor string, size int,
) iter.Seq2[connectors.Page, error]{
	"database": connectors.ReadTable,
	"api":      connectors.ReadAPI,
	"file":     connectors.ReadCSV,
}

var writers = map[string]func(
	connection, part string, records []connectors.TransformedRecord,
) (int, error){
	"warehouse": connectors.WriteParquet,
	"file":      connectors.WriteNDJSON,
}

// maxBatches of one source: 500 batches make some 6,000 events; Temporal warns at 10,240.
const maxBatches = 500

// checkpoint is how far an attempt has come: what a retry needs to go on.
type checkpoint struct {
	Cursor  string             `json:"cursor"`
	Batches []connectors.Batch `json:"batches"`
}

// #region extract

// ExtractData reads a source page by page into staging.
func ExtractData(
	ctx context.Context, input ExtractInput,
) (ExtractOutput, error) {
	source := input.Source

	// #step Resume where the last attempt stopped
	last := checkpoint{Batches: []connectors.Batch{}}
	_ = activity.GetHeartbeatDetails(ctx, &last) // may be none
	runID := activity.GetInfo(ctx).WorkflowExecution.RunID
	batches := last.Batches

	// #step Read page by page
	read := readers[source.SourceType]
	pages := read(
		ctx, source.ConnectionString, last.Cursor, input.BatchSize)
	for page, err := range pages {
		if err != nil {
			return ExtractOutput{}, err
		}

		// #step Stage the rows, keep the reference
		uri := connectors.StagedAt(fmt.Sprintf(
			"%s/%s/%05d.raw.ndjson",
			runID, source.SourceID, len(batches)+1))
		for i := range page.Records {
			record := &page.Records[i]
			record.ID = source.SourceID + "/" + record.ID
		}
		batch, err := connectors.Stage(uri, page.Records)
		if err != nil {
			return ExtractOutput{}, err
		}
		batches = append(batches, batch)

		// #step Bound the history: a batch costs it 12 events
		if len(batches) > maxBatches {
			return ExtractOutput{}, connectors.InvalidInput(
				"batch_size: makes too many batches")
		}

		// #step Tell Temporal how far we are
		activity.RecordHeartbeat(ctx,
			checkpoint{page.Cursor, batches})
	}
	return ExtractOutput{batches}, nil
}

// #endregion extract

// #region transform

// TransformData types one batch.
func TransformData(
	_ context.Context, input TransformInput,
) (TransformOutput, error) {
	// #step Fetch the rows behind the reference
	var records []connectors.RawRecord
	err := connectors.FetchStaged(input.Batch, &records)
	if err != nil {
		return TransformOutput{}, err
	}

	// #step Type every record, stamp it with workflow time
	stamp := connectors.Metadata{
		ProcessedAt: input.ProcessedAt, Version: "1.0",
	}
	clean := make([]connectors.TransformedRecord, len(records))
	for i, raw := range records {
		record, err := typed(raw)
		if err != nil {
			return TransformOutput{}, err
		}
		clean[i] = connectors.TransformedRecord{
			RawRecord: record, Metadata: stamp,
		}
	}

	// #step Stage the result beside the input
	uri := strings.Replace(input.Batch.URI, ".raw.", ".clean.", 1)
	batch, err := connectors.Stage(uri, clean)
	return TransformOutput{batch}, err
}

// #endregion transform

// #region load

// LoadData writes one batch to the target.
func LoadData(
	ctx context.Context, input LoadInput,
) (LoadOutput, error) {
	target := input.Target

	// #step Fetch the rows behind the reference
	var records []connectors.TransformedRecord
	err := connectors.FetchStaged(input.Batch, &records)
	if err != nil {
		return LoadOutput{}, err
	}

	// #step A database takes a batch in one transaction
	if target.TargetType == "database" {
		count, err := connectors.Upsert(
			ctx, target.ConnectionString, records)
		return LoadOutput{count}, err
	}

	// #step A folder takes a part, named after the batch
	folder, file := path.Split(input.Batch.URI)
	number, _, _ := strings.Cut(file, ".")
	part := fmt.Sprintf("%s.%s.%s",
		input.PipelineID, path.Base(folder), number)
	write := writers[target.TargetType]
	count, err := write(target.ConnectionString, part, records)
	return LoadOutput{count}, err
}

// #endregion load

var numbers = func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq(
		`year month day dep_delay arr_time sched_arr_time arr_delay flight air_time distance hour minute
		 temp dewp humid wind_dir wind_speed wind_gust precip pressure visib engines seats speed`,
	) {
		names[name] = true
	}
	return names
}()

// #region typed

// typed is a record with its values typed, or what it breaks.
func typed(
	raw connectors.RawRecord,
) (connectors.RawRecord, error) {
	out := connectors.RawRecord{
		ID: raw.ID, Data: map[string]any{},
	}
	// In order, so that the first fault is always the same one.
	for _, field := range slices.Sorted(maps.Keys(raw.Data)) {
		value := raw.Data[field]
		switch {
		// #step "NA" is how the data says nothing
		case value == "NA", value == nil:
			out.Data[field] = nil
		// #step Numbers may come as text
		case numbers[field]:
			number, err := toNumber(raw.ID, field, value)
			if err != nil {
				return out, err
			}
			out.Data[field] = number
		// #step Everything else stays as it is
		default:
			out.Data[field] = value
		}
	}

	// #step Clock times become instants
	var err error
	if _, ok := out.Data["sched_dep_time"]; ok {
		err = departures(out.ID, out.Data)
	}
	return out, err
}

// #endregion typed

// decimal is a number as the data writes it: no "0x1p-2", no "inf", which ParseFloat takes too.
var decimal = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)

func toNumber(id, field string, value any) (float64, error) {
	number, ok := value.(float64)
	if text, isText := value.(string); isText {
		text = strings.TrimSpace(text)
		parsed, err := strconv.ParseFloat(text, 64)
		number, ok = parsed, err == nil && decimal.MatchString(text)
	}
	if !ok {
		return 0, connectors.ValidationError(fmt.Sprintf("%s: %s is not a number", id, field))
	}
	return number + 0, nil // -0 becomes 0
}

// newYork is the zone of the three airports.
var newYork = func() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return zone
}()

// #region clock

// departures makes "517" in New York, and how late it left,
// RFC 3339 in UTC. Arrivals are in other zones.
func departures(id string, flight map[string]any) error {
	// #step Read the clock on the wall in New York
	at, err := wallClock(id, flight)
	if err != nil {
		return err
	}
	scheduled := time.Date(at.year, at.month, at.day,
		at.hour, at.minute, 0, 0, newYork)

	// #step A delay may cross midnight: add it to the instant
	var left any
	if minutes, ok := flight["dep_delay"].(float64); ok {
		late := time.Duration(minutes * float64(time.Minute))
		left = instant(scheduled.Add(late))
	}

	// #step Write RFC 3339, to the second
	flight["sched_dep_time"] = instant(scheduled)
	flight["dep_time"] = left
	return nil
}

// #endregion clock

// wall is what a calendar and a clock on the wall say.
type wall struct {
	year         int
	month        time.Month
	day          int
	hour, minute int
}

// wallClock reads the scheduled departure. time.Date would take a 13th month or a 75th minute, so
// what no wall shows is refused here; "2400" is the end of the day.
func wallClock(id string, flight map[string]any) (wall, error) {
	var read [4]int
	for i, field := range []string{"year", "month", "day", "sched_dep_time"} {
		number, err := toNumber(id, field, flight[field])
		if err != nil {
			return wall{}, err
		}
		read[i] = int(number)
	}
	at := wall{read[0], time.Month(read[1]), read[2], read[3] / 100, read[3] % 100}
	_, month, day := time.Date(at.year, at.month, at.day, 0, 0, 0, 0, time.UTC).Date()
	onCalendar := month == at.month && day == at.day
	onClock := read[3] >= 0 && read[3] <= 2400 && at.minute < 60
	if !onCalendar || !onClock {
		return wall{}, connectors.ValidationError(id + ": sched_dep_time is not a time")
	}
	return at, nil
}

func instant(at time.Time) string {
	return at.UTC().Format(time.RFC3339)
}
