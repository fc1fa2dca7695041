package etl

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"
	"sync/atomic"

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
	parts connectors.Parts,
	part string,
	records []connectors.TransformedRecord,
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
	var last progress
	batches, err := last.resume(ctx)

	// #step Stay alive while a page takes long
	done := connectors.StayAlive(ctx, last.details)
	defer done()

	// #step Read page by page
	read := readers[source.SourceType]
	pages := read(ctx, source.ConnectionString,
		last.cursor(), input.BatchSize)
	folder := connectors.StagedAt(
		runOf(ctx) + "/" + source.SourceID)
	for page, err := range unless(err, pages) {
		if err != nil {
			return ExtractOutput{}, err
		}

		// #step Stage the rows, keep the reference
		part := fmt.Sprintf("%05d", len(batches)+1)
		for i := range page.Records {
			record := &page.Records[i]
			record.ID = domain.KeyOf(source.SourceID, record.ID)
		}
		batch, err := connectors.Stage(
			folder+"/"+part+".raw", page.Records)
		batches = append(batches, batch)

		// #step Bound the history: a batch costs it 12 events
		if len(batches) > maxBatches {
			return ExtractOutput{}, connectors.InvalidInput(
				ruleBatches)
		}

		// #step Tell Temporal how far we are; hear of a cancel
		list, err := stageUnless(err, folder+"/list", batches)
		if err != nil {
			return ExtractOutput{}, err
		}
		last.tell(ctx, checkpoint{page.Cursor, list})
		if ctx.Err() != nil {
			return ExtractOutput{}, ctx.Err()
		}
	}
	return ExtractOutput{batches}, nil
}

// #endregion extract

// progress is the last checkpoint of an attempt, none at first. It is told from two goroutines.
type progress struct{ last atomic.Pointer[checkpoint] }

// resume takes up where the last attempt stopped; it returns what that one has staged.
func (p *progress) resume(ctx context.Context) ([]connectors.Batch, error) {
	batches := []connectors.Batch{}
	if !activity.HasHeartbeatDetails(ctx) {
		return batches, nil
	}
	// An attempt in TypeScript or in Rust tells null before its first page.
	var last *checkpoint
	if err := activity.GetHeartbeatDetails(ctx, &last); err != nil || last == nil {
		return batches, err
	}
	p.last.Store(last)
	err := connectors.FetchStaged(last.Staged, &batches)
	return batches, err
}

func (p *progress) tell(ctx context.Context, now checkpoint) {
	p.last.Store(&now)
	activity.RecordHeartbeat(ctx, now)
}

func (p *progress) details() []any {
	if last := p.last.Load(); last != nil {
		return []any{*last}
	}
	return nil
}

func (p *progress) cursor() string {
	if last := p.last.Load(); last != nil {
		return last.Cursor
	}
	return ""
}

// unless yields pages, or a failure alone where there is one: nothing is read then.
func unless(failure error, pages iter.Seq2[connectors.Page, error]) iter.Seq2[connectors.Page, error] {
	if failure == nil {
		return pages
	}
	return func(yield func(connectors.Page, error) bool) {
		yield(connectors.Page{}, failure)
	}
}

// stageUnless stages a list of batches, unless one of them failed.
func stageUnless(failure error, folder string, batches []connectors.Batch) (connectors.Batch, error) {
	if failure != nil {
		return connectors.Batch{}, failure
	}
	return connectors.Stage(folder, batches)
}

// #region transform

// TransformData types one batch.
func TransformData(
	ctx context.Context, input TransformInput,
) (TransformOutput, error) {
	// #step Stay alive: who is killed is missed in a minute
	done := connectors.StayAlive(ctx, connectors.NoDetails)
	defer done()

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
	done := connectors.StayAlive(ctx, connectors.NoDetails)
	defer done()

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
	batch := path.Dir(input.Batch.URI)
	number, _, _ := strings.Cut(path.Base(batch), ".")
	part := path.Base(path.Dir(batch)) + "." + number
	write := writers[target.TargetType]
	parts := connectors.Parts{
		Connection:  target.ConnectionString,
		PipelineID:  input.PipelineID,
		ProcessedAt: input.ProcessedAt,
		RunID:       input.RunID,
	}
	count, err := write(parts, part, records)
	return LoadOutput{count}, err
}

// #endregion load

// #region complete

// CompleteLoad makes the parts of this run the content of the
// target, and removes what it has staged.
func CompleteLoad(
	ctx context.Context, input CompleteInput,
) error {
	done := connectors.StayAlive(ctx, connectors.NoDetails)
	defer done()

	// #step A folder: all parts at once, for the last run's
	if input.Target.TargetType != "database" {
		err := connectors.CompleteParts(connectors.Parts{
			Connection:  input.Target.ConnectionString,
			PipelineID:  input.PipelineID,
			ProcessedAt: input.ProcessedAt,
			RunID:       input.RunID,
		}, input.Parts)
		if err != nil {
			return err
		}
	}

	// #step What is loaded need not be staged any more
	if !input.KeepStaging {
		connectors.Unstage(input.RunID)
	}
	return nil
}

// #endregion complete

func runOf(ctx context.Context) string {
	return activity.GetInfo(ctx).WorkflowExecution.RunID
}
