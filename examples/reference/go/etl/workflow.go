package etl

import (
	"encoding/json"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"durable-pipelines/connectors"
)

// Register tells a worker what this pipeline is made of.
func Register(r worker.Registry) {
	r.RegisterWorkflow(ETLPipeline)
	r.RegisterActivity(CheckTarget)
	r.RegisterActivity(ExtractData)
	r.RegisterActivity(TransformData)
	r.RegisterActivity(LoadData)
	r.RegisterActivity(CompleteLoad)
}

const maxReason = 200

// day is how long an activity is tried again: an outage of a night costs nothing.
const day = 86_400 * time.Second

// #region options
// #step Check: at once, and nobody is asked
var checkOptions = workflow.ActivityOptions{
	StartToCloseTimeout: 10 * time.Second,
}

// #step Extract: long, with a heartbeat to resume from
var extractOptions = workflow.ActivityOptions{
	ScheduleToCloseTimeout: day,
	StartToCloseTimeout:    600 * time.Second,
	HeartbeatTimeout:       60 * time.Second,
	RetryPolicy: &temporal.RetryPolicy{
		InitialInterval:    time.Second,
		MaximumInterval:    300 * time.Second,
		BackoffCoefficient: 2,
	},
}

// #step Transform: pure work, but staging may be away
var transformOptions = workflow.ActivityOptions{
	ScheduleToCloseTimeout: day,
	StartToCloseTimeout:    300 * time.Second,
	HeartbeatTimeout:       60 * time.Second,
	RetryPolicy: &temporal.RetryPolicy{
		InitialInterval:    time.Second,
		MaximumInterval:    300 * time.Second,
		BackoffCoefficient: 2,
	},
}

// #step Load: the target may be away; a cancel waits for it
var loadOptions = workflow.ActivityOptions{
	ScheduleToCloseTimeout: day,
	StartToCloseTimeout:    300 * time.Second,
	HeartbeatTimeout:       60 * time.Second,
	WaitForCancellation:    true,
	RetryPolicy: &temporal.RetryPolicy{
		InitialInterval:        2 * time.Second,
		MaximumInterval:        300 * time.Second,
		BackoffCoefficient:     2,
		NonRetryableErrorTypes: []string{"ValidationError"},
	},
}

// #endregion options

// millis is RFC 3339 in UTC with milliseconds, as JavaScript writes it.
const millis = "2006-01-02T15:04:05.000Z"

// ETLPipeline extracts from all sources, transforms, loads; it answers how many records went where.
// It decides what happens next, and never sees a row. Its input is an ETLInput, taken raw: input of
// another type shall fail the workflow, while the SDK's own decoding would retry its task for ever.
func ETLPipeline(ctx workflow.Context, raw json.RawMessage) (ETLOutput, error) {
	// #region start
	// #step Refuse bad input at once
	input, err := validate(raw)
	if err != nil {
		return ETLOutput{}, err
	}

	// #step Take the time from the workflow's clock
	started := workflow.Now(ctx)
	now := started.UTC().Format(millis)

	// #step A retry goes on with what a run before has staged
	own := workflow.GetInfo(ctx).WorkflowExecution.RunID
	run := Retry{RunID: own, ProcessedAt: now}
	if input.Retry != nil {
		run = *input.Retry
	}

	// #step Answer the progress query at any moment
	progress := Progress{Phase: "extract"}
	unheard := workflow.SetQueryHandler(ctx, "progress",
		func() (Progress, error) { return progress, nil })

	// #step A target that cannot be meant costs no reading
	checkCtx := workflow.WithActivityOptions(ctx, checkOptions)
	target := CheckInput{input.Target}
	err = workflow.ExecuteActivity(
		checkCtx, CheckTarget, target).Get(ctx, nil)
	if err != nil {
		return ETLOutput{}, connectors.Failed("target", err)
	}
	// #endregion start
	if unheard != nil {
		return ETLOutput{}, unheard
	}

	// #region extract
	// #step Read all sources at the same time; a retry, none
	sources := input.Sources
	if input.Retry != nil {
		sources = nil
	}
	extractCtx := workflow.WithActivityOptions(ctx, extractOptions)
	extracted := make([][]connectors.Batch, len(sources))
	arrivals := workflow.NewSelector(ctx)
	for i, source := range sources {
		extract := workflow.ExecuteActivity(extractCtx, ExtractData,
			ExtractInput{source, input.BatchSize})
		arrivals.AddFuture(extract, func(f workflow.Future) {
			var out ExtractOutput
			if err = f.Get(ctx, &out); err != nil {
				// #step A source that fails for good fails the pipeline
				err = connectors.Failed("source "+source.SourceID, err)
			}
			progress.Processed += countOf(out.Batches)
			extracted[i] = out.Batches
		})
	}
	for range sources {
		arrivals.Select(ctx)
		if err != nil {
			return ETLOutput{}, err
		}
	}

	// #step Only references come back
	staged := slices.Concat(extracted...)
	total := countOf(staged) + countOf(run.Batches)

	// #step Bound the history of the whole run
	if len(staged) > maxBatches {
		return ETLOutput{}, connectors.InvalidInput(ruleBatches)
	}
	// #endregion extract

	// #region transform
	progress = Progress{"transform", 0, total}
	transformCtx := workflow.WithActivityOptions(
		ctx, transformOptions)
	transformed := run.Batches
	for _, batch := range staged {
		// #step One batch at a time
		var result TransformOutput
		err := workflow.ExecuteActivity(transformCtx, TransformData,
			TransformInput{batch, run.ProcessedAt}).Get(ctx, &result)
		if err != nil {
			// #step A batch that cannot be typed fails the pipeline
			return ETLOutput{}, connectors.Failed("transform", err)
		}
		transformed = append(transformed, result.Batch)
		progress.Processed += batch.Count
	}
	// #endregion transform

	// #region load
	progress = Progress{"load", 0, total}
	loadCtx := workflow.WithActivityOptions(ctx, loadOptions)
	inFolder := input.Target.TargetType != "database"
	successful, rejected := 0, []FailedBatch{}
	for _, batch := range transformed {
		// #step Load one batch
		var load LoadOutput
		err := workflow.ExecuteActivity(loadCtx, LoadData, LoadInput{
			input.PipelineID, run.RunID,
			input.Target, batch, run.ProcessedAt,
		}).Get(ctx, &load)

		// #step A rejected batch costs itself, and is listed
		kind, reason := connectors.CauseOf(err)
		if kind == "ValidationError" {
			rejected = append(rejected, FailedBatch{
				URI: batch.URI, Reason: shortened(reason),
			})
			workflow.GetLogger(ctx).Warn("batch not loaded",
				"uri", batch.URI, "reason", reason)
		} else if err != nil {
			// #step Anything else fails the run, and says how far it came
			if inFolder {
				successful = 0
			}
			return ETLOutput{}, connectors.FailedAfter(
				"target", err, successful, total)
		}
		successful += load.LoadedCount
		progress.Processed += batch.Count
	}

	// #step Show all at once; staging goes, unless it is needed
	parts := len(transformed) - len(rejected)
	keep := input.KeepStaging || len(rejected) > 0
	err = workflow.ExecuteActivity(loadCtx, CompleteLoad,
		CompleteInput{
			PipelineID:  input.PipelineID,
			RunID:       run.RunID,
			Target:      input.Target,
			ProcessedAt: run.ProcessedAt,
			Parts:       parts + run.LoadedParts,
			KeepStaging: keep,
		}).Get(ctx, nil)
	if err != nil {
		return ETLOutput{}, connectors.Failed("target", err)
	}
	// #endregion load

	// #region result
	// #step Count what arrived and what did not
	progress.Phase = "done"
	took := workflow.Now(ctx).Sub(started)
	return ETLOutput{
		PipelineID:        input.PipelineID,
		TotalRecords:      total,
		SuccessfulRecords: successful,
		FailedRecords:     total - successful,
		FailedBatches:     rejected,
		DurationSeconds:   int(took.Seconds()),
	}, nil
	// #endregion result
}

func countOf(batches []connectors.Batch) int {
	sum := 0
	for _, batch := range batches {
		sum += batch.Count
	}
	return sum
}

// shortened is a reason that a list can hold.
func shortened(reason string) string {
	characters := []rune(reason)
	return string(characters[:min(len(characters), maxReason)])
}
