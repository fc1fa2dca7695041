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

// The activities of the ETL pipeline: all that touches the world outside.

var readers = map[string]func(
	ctx context.Context, connection, cursor string, size int,
) iter.Seq2[connectors.Page, error]{
	"database": connectors.ReadTable,
	"api":      connectors.ReadAPI,
	"file":     connectors.ReadCSV,
}

var writers = map[string]func(
	parts connectors.Parts, part string, records []connectors.TransformedRecord,
) (int, error){
	"warehouse": connectors.WriteParquet,
	"file":      connectors.WriteNDJSON,
}

var checks = map[string]func(connection string) error{
	"database":  connectors.CheckTable,
	"warehouse": connectors.CheckFolder,
	"file":      connectors.CheckFolder,
}

// maxBatches of one run, and so of one source: they make some 2,000 events.
const maxBatches = 150

// checkpoint is how far an attempt has come: what a retry needs to go on.
type checkpoint struct {
	Cursor string `json:"cursor"`
	// Staged is the list of what is staged, staged itself: it may be longer than a heartbeat should be.
	Staged connectors.Batch `json:"staged"`
}

// resume is where to go on, and what is staged by then; the beginning, when there is no checkpoint.
func (last *checkpoint) resume() (cursor string, batches []connectors.Batch, err error) {
	batches = []connectors.Batch{}
	if last == nil {
		return "", batches, nil
	}
	err = connectors.FetchStaged(last.Staged, &batches)
	return last.Cursor, batches, err
}

// unless yields pages, or a failure alone where there is one.
func unless(failure error, pages iter.Seq2[connectors.Page, error]) iter.Seq2[connectors.Page, error] {
	if failure == nil {
		return pages
	}
	return func(yield func(connectors.Page, error) bool) {
		yield(connectors.Page{}, failure)
	}
}

// #region check

// CheckTarget refuses a target that cannot be meant, before
// anything is read.
func CheckTarget(_ context.Context, input CheckInput) error {
	// #step Scheme, table and variables; nobody is asked
	target := input.Target
	return checks[target.TargetType](target.ConnectionString)
}

// #endregion check

// #region extract

// ExtractData reads a source page by page into staging.
func ExtractData(
	ctx context.Context, input ExtractInput,
) (ExtractOutput, error) {
	source := input.Source

	// #step Resume where the last attempt stopped
	var last *checkpoint
	_ = activity.GetHeartbeatDetails(ctx, &last) // may be none
	cursor, batches, err := last.resume()

	// #step Stay alive while a page takes long
	alive := connectors.StayAlive(ctx, last)
	defer alive.Stop()

	// #step Read page by page
	read := readers[source.SourceType]
	pages := read(
		ctx, source.ConnectionString, cursor, input.BatchSize)
	folder := connectors.StagedAt(
		runOf(ctx) + "/" + source.SourceID)
	for page, err := range unless(err, pages) {
		if err != nil {
			return ExtractOutput{}, err
		}

		// #step Stage the rows, keep the reference
		part := fmt.Sprintf("%s/%05d.raw", folder, len(batches)+1)
		for i := range page.Records {
			record := &page.Records[i]
			record.ID = domain.KeyOf(source.SourceID, record.ID)
		}
		batch, err := connectors.Stage(part, page.Records)
		batches = append(batches, batch)

		// #step Bound the history: a batch costs it 12 events
		if len(batches) > maxBatches {
			return ExtractOutput{}, connectors.InvalidInput(
				ruleBatches)
		}

		// #step Tell Temporal how far we are
		var staged connectors.Batch
		if err == nil {
			staged, err = connectors.Stage(folder+"/list", batches)
		}
		if err != nil {
			return ExtractOutput{}, err
		}
		alive.Tell(&checkpoint{page.Cursor, staged})
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
	part, _, _ := strings.Cut(input.Batch.URI, ".raw/")
	batch, err := connectors.Stage(part+".clean", clean)
	return TransformOutput{batch}, err
}

// #endregion transform

// #region load

// LoadData writes one batch to the target.
func LoadData(
	ctx context.Context, input LoadInput,
) (LoadOutput, error) {
	target := input.Target

	// #step Stay alive, and hear of a cancellation
	defer connectors.StayAlive(ctx, nil).Stop()

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
	source, file := path.Split(path.Dir(input.Batch.URI))
	number, _, _ := strings.Cut(file, ".")
	part := path.Base(source) + "." + number
	parts := partsOf(
		ctx, input.PipelineID, target, input.ProcessedAt)
	write := writers[target.TargetType]
	count, err := write(parts, part, records)
	return LoadOutput{count}, err
}

// #endregion load

// #region complete

// CompleteLoad makes the parts of this run the content of the
// target.
func CompleteLoad(ctx context.Context, in CompleteInput) error {
	defer connectors.StayAlive(ctx, nil).Stop()

	// #step All parts at once, in place of the last run's
	parts := partsOf(
		ctx, in.PipelineID, in.Target, in.ProcessedAt)
	return connectors.CompleteParts(parts, in.Parts)
}

// #endregion complete

// partsOf are the parts that this run writes into a folder.
func partsOf(ctx context.Context, pipelineID string, target DataTarget, processedAt string) connectors.Parts {
	return connectors.Parts{
		Connection:  target.ConnectionString,
		PipelineID:  pipelineID,
		ProcessedAt: processedAt,
		RunID:       runOf(ctx),
	}
}

func runOf(ctx context.Context) string {
	return activity.GetInfo(ctx).WorkflowExecution.RunID
}
