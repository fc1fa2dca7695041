// Package etl is the ETL pipeline: many sources, one target.
package etl

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"durable-pipelines/connectors"
)

// What goes into the ETL pipeline and what comes out. The contract: examples/contract/etl.json.

// #region rules
// #step One rule a field, in the same words everywhere
const (
	ruleSources = "must hold at least one source"
	ruleMany    = "must hold at most 50 sources"
	ruleUnique  = "must not be used twice"
	ruleSource  = "must be database, api or file"
	ruleTarget  = "must be database, warehouse or file"
	ruleSize    = "must be a whole number from 1 to 10000"
	ruleRetry   = "has the wrong type"
)

// #endregion rules

// ruleBatches is the words of a rule that only the data can break.
const ruleBatches = "batch_size: makes more than 150 batches"

const (
	maxSources = 50
	maxURI     = 2048
)

var (
	runID   = regexp.MustCompile(`^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$`)
	instant = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	sha256  = regexp.MustCompile(`^[\da-f]{64}$`)
)

// #region retry
// #step A batch that a run has staged and not loaded
func isStaged(batch connectors.Batch) bool {
	return utf8.RuneCountInString(batch.URI) <= maxURI &&
		batch.Count >= 1 && sha256.MatchString(batch.SHA256)
}

// #step The run that staged it, and when that run began

// Retry is what a run before has left in staging.
type Retry struct {
	RunID       string `json:"run_id"`
	ProcessedAt string `json:"processed_at"`
	// #step How many batches are in the target already
	LoadedParts int                `json:"loaded_parts"`
	Batches     []connectors.Batch `json:"batches"`
}

func (r Retry) check(c *connectors.Checks, path string) {
	parts, batches := r.LoadedParts, len(r.Batches)
	ok := parts >= 0 && parts <= maxBatches &&
		batches >= 1 && batches <= maxBatches
	for _, batch := range r.Batches {
		ok = ok && isStaged(batch)
	}
	c.Rule(path, ok && runID.MatchString(r.RunID) &&
		instant.MatchString(r.ProcessedAt), ruleRetry)
}

// #endregion retry

// UnmarshalJSON takes a retry that is whole: any other is none, and fails its check.
func (r *Retry) UnmarshalJSON(raw []byte) error {
	type plain Retry
	if json.Unmarshal(raw, (*plain)(r)) != nil {
		*r = Retry{}
	}
	return nil
}

// #region input
// #step What we can read and write
var (
	sourceTypes = []string{"database", "api", "file"}
	targetTypes = []string{"database", "warehouse", "file"}
)

// #step A source: where records come from

// DataSource is where records come from.
type DataSource struct {
	SourceID         string `json:"source_id"`
	SourceType       string `json:"source_type"`
	ConnectionString string `json:"connection_string"`
}

func (s DataSource) check(c *connectors.Checks, path string) {
	known := slices.Contains(sourceTypes, s.SourceType)
	c.ShortName(path+".source_id", s.SourceID)
	c.Rule(path+".source_type", known, ruleSource)
	c.Connection(path+".connection_string", s.ConnectionString)
}

// #step A target: where they go

// DataTarget is where records go.
type DataTarget struct {
	TargetType       string `json:"target_type"`
	ConnectionString string `json:"connection_string"`
}

func (t DataTarget) check(c *connectors.Checks, path string) {
	known := slices.Contains(targetTypes, t.TargetType)
	c.Rule(path+".target_type", known, ruleTarget)
	c.Connection(path+".connection_string", t.ConnectionString)
}

// #step The pipeline: many sources, one target

// ETLInput is what the pipeline is asked to do.
type ETLInput struct {
	PipelineID string       `json:"pipeline_id"`
	Sources    []DataSource `json:"sources"`
	Target     DataTarget   `json:"target"`
	BatchSize  int          `json:"batch_size"`

	KeepStaging bool   `json:"keep_staging,omitempty"`
	Retry       *Retry `json:"retry,omitempty"`
}

func (in ETLInput) check(c *connectors.Checks) {
	c.ShortName("pipeline_id", in.PipelineID)
	for i, source := range in.Sources {
		source.check(c, fmt.Sprintf("sources[%d]", i))
	}
	c.Rule("sources", len(in.Sources) > 0, ruleSources)
	c.Rule("sources", len(in.Sources) <= maxSources, ruleMany)
	checkUniqueIDs(c, in.Sources)
	in.Target.check(c, "target")
	size := in.BatchSize >= 1 && in.BatchSize <= 10_000
	c.Rule("batch_size", size, ruleSize)
	c.Rule("keep_staging", true, "") // any truth will do
	if in.Retry != nil {
		in.Retry.check(c, "retry")
	}
}

// #endregion input

// checkUniqueIDs checks that no source_id is used twice: it names the staged files.
func checkUniqueIDs(c *connectors.Checks, sources []DataSource) {
	seen := map[string]bool{}
	for i, source := range sources {
		field := fmt.Sprintf("sources[%d].source_id", i)
		c.Rule(field, !seen[source.SourceID], ruleUnique)
		seen[source.SourceID] = true
	}
}

// #region output
// #step What the pipeline answers

// ETLOutput is how many records went where.
type ETLOutput struct {
	PipelineID        string        `json:"pipeline_id"`
	TotalRecords      int           `json:"total_records"`
	SuccessfulRecords int           `json:"successful_records"`
	FailedRecords     int           `json:"failed_records"`
	FailedBatches     []FailedBatch `json:"failed_batches"`
	DurationSeconds   int           `json:"duration_seconds"`
}

// FailedBatch is where records wait that the target refused.
type FailedBatch struct {
	URI    string `json:"uri"`
	Reason string `json:"reason"`
}

// #step What it says while it runs

// Progress answers the query "progress"; its phase is extract,
// transform, load or done.
type Progress struct {
	Phase     string `json:"phase"`
	Processed int    `json:"processed"`
	Total     int    `json:"total"`
}

// #step What passes between its activities

// CheckInput asks whether a target can be meant.
type CheckInput struct {
	Target DataTarget `json:"target"`
}

// ExtractInput asks for one source.
type ExtractInput struct {
	Source    DataSource `json:"source"`
	BatchSize int        `json:"batch_size"`
}

// ExtractOutput refers to what was staged.
type ExtractOutput struct {
	Batches []connectors.Batch `json:"batches"`
}

// TransformInput asks for one batch, stamped.
type TransformInput struct {
	Batch       connectors.Batch `json:"batch"`
	ProcessedAt string           `json:"processed_at"`
}

// TransformOutput refers to the typed batch.
type TransformOutput struct {
	Batch connectors.Batch `json:"batch"`
}

// LoadInput asks for one batch in the target.
type LoadInput struct {
	PipelineID  string           `json:"pipeline_id"`
	RunID       string           `json:"run_id"`
	Target      DataTarget       `json:"target"`
	Batch       connectors.Batch `json:"batch"`
	ProcessedAt string           `json:"processed_at"`
}

// LoadOutput says how many records arrived.
type LoadOutput struct {
	LoadedCount int `json:"loaded_count"`
}

// CompleteInput asks for so many parts to be all there is.
type CompleteInput struct {
	PipelineID  string     `json:"pipeline_id"`
	RunID       string     `json:"run_id"`
	Target      DataTarget `json:"target"`
	ProcessedAt string     `json:"processed_at"`
	Parts       int        `json:"parts"`
	KeepStaging bool       `json:"keep_staging"`
}

// #endregion output

// #region validate

// validate checks the input; it names the first field at fault.
func validate(raw json.RawMessage) (ETLInput, error) {
	// #step Check every field before any work is done
	var input ETLInput
	checks := connectors.Decode(raw, &input)
	input.check(checks)
	if checks.Fault == "" {
		return input, nil
	}

	// #step Fail for good, and name the field
	return ETLInput{}, connectors.InvalidInput(checks.Fault)
}

// #endregion validate
