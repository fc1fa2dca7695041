package etl

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"

	"go.temporal.io/sdk/activity"

	"durable-pipelines/connectors"
	"durable-pipelines/domain"
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

// maxBatches of one run, and so of one source: they make some 2,000 events.
const maxBatches = 150

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
			record.ID = domain.KeyOf(source.SourceID, record.ID)
		}
		batch, err := connectors.Stage(uri, page.Records)
		if err != nil {
			return ExtractOutput{}, err
		}
		batches = append(batches, batch)

		// #step Bound the history: a batch costs it 12 events
		if len(batches) > maxBatches {
			return ExtractOutput{}, connectors.InvalidInput(
				ruleBatches)
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
		record, err := domain.Typed(raw)
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
