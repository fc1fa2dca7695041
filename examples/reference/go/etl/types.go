// Package etl is the ETL pipeline: many sources, one target.
package etl

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"durable-pipelines/connectors"
)

// What goes into the ETL pipeline and what comes out. The contract: examples/contract/etl.json.

// #region rules
// #step One rule a field, in the same words everywhere
const (
	ruleName    = `must be letters, digits, "-" or "_"`
	ruleSources = "must hold at least one source"
	ruleOnce    = "must not be used twice"
	ruleSource  = "must be database, api or file"
	ruleTarget  = "must be database, warehouse or file"
	ruleSecret  = "must not hold a secret: write ${NAME} for it"
	ruleSize    = "must be a whole number from 1 to 10000"
	ruleType    = "has the wrong type"
)

// #step What a secret in a URL looks like
var (
	name     = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	password = regexp.MustCompile(
		`^[^:]+://[^:/?#]*:([^/?#]*)@`)
	token = regexp.MustCompile(
		`[?&](?:password|token|secret)=([^&#]*)`)
	placeholder = regexp.MustCompile(`^(\$\{\w+\})?$`)
)

// #endregion rules

// check is one field, by its full path, and whether it keeps its rule.
type check struct {
	field string
	ok    bool
	rule  string
}

// hidesSecrets reports whether there is a URL, with a ${NAME} for every password and token.
func hidesSecrets(url string) bool {
	if url == "" {
		return false
	}
	for _, secret := range []*regexp.Regexp{password, token} {
		if found := secret.FindStringSubmatch(url); found != nil && !placeholder.MatchString(found[1]) {
			return false
		}
	}
	return true
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

func (s DataSource) checks(path string) []check {
	return []check{
		{path + ".source_id",
			name.MatchString(s.SourceID), ruleName},
		{path + ".source_type",
			slices.Contains(sourceTypes, s.SourceType), ruleSource},
		{path + ".connection_string",
			hidesSecrets(s.ConnectionString), ruleSecret},
	}
}

// #step A target: where they go

// DataTarget is where records go.
type DataTarget struct {
	TargetType       string `json:"target_type"`
	ConnectionString string `json:"connection_string"`
}

func (t DataTarget) checks(path string) []check {
	return []check{
		{path + ".target_type",
			slices.Contains(targetTypes, t.TargetType), ruleTarget},
		{path + ".connection_string",
			hidesSecrets(t.ConnectionString), ruleSecret},
	}
}

// #step The pipeline: many sources, one target

// ETLInput is what the pipeline is asked to do.
type ETLInput struct {
	PipelineID string       `json:"pipeline_id"`
	Sources    []DataSource `json:"sources"`
	Target     DataTarget   `json:"target"`
	BatchSize  int          `json:"batch_size"`
}

func (in ETLInput) checks() []check {
	all := []check{
		{"pipeline_id", name.MatchString(in.PipelineID), ruleName},
	}
	for i, source := range in.Sources {
		path := fmt.Sprintf("sources[%d]", i)
		all = append(all, source.checks(path)...)
	}
	all = append(all,
		check{"sources", len(in.Sources) > 0, ruleSources})
	all = append(all, eachOnce(in.Sources)...)
	all = append(all, in.Target.checks("target")...)
	size := in.BatchSize >= 1 && in.BatchSize <= 10_000
	return append(all, check{"batch_size", size, ruleSize})
}

// #endregion input

// eachOnce checks that no source_id is used twice: it names the staged files.
func eachOnce(sources []DataSource) []check {
	checks := make([]check, len(sources))
	seen := map[string]bool{}
	for i, source := range sources {
		field := fmt.Sprintf("sources[%d].source_id", i)
		checks[i] = check{field, !seen[source.SourceID], ruleOnce}
		seen[source.SourceID] = true
	}
	return checks
}

// #region output
// #step What the pipeline answers

// ETLOutput is how many records went where.
type ETLOutput struct {
	PipelineID        string `json:"pipeline_id"`
	TotalRecords      int    `json:"total_records"`
	SuccessfulRecords int    `json:"successful_records"`
	FailedRecords     int    `json:"failed_records"`
	DurationSeconds   int    `json:"duration_seconds"`
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
	PipelineID string           `json:"pipeline_id"`
	Target     DataTarget       `json:"target"`
	Batch      connectors.Batch `json:"batch"`
}

// LoadOutput says how many records arrived.
type LoadOutput struct {
	LoadedCount int `json:"loaded_count"`
}

// #endregion output

// #region validate

// validate checks the input; it names the first field at fault.
func validate(raw json.RawMessage) (ETLInput, error) {
	// #step Check every field before any work is done
	input, mistyped := decode(raw)
	fault := firstFault(input.checks(), mistyped)
	if fault == "" {
		return input, nil
	}

	// #step Fail for good, and name the field
	return ETLInput{}, connectors.InvalidInput(fault)
}

// #endregion validate

// firstFault is the first field at fault and its rule. A mistyped field comes in the place of its
// checks; of a wrong type only the outermost field is named.
func firstFault(checks []check, mistyped string) string {
	for _, c := range checks {
		outermost := c.field[:strings.IndexAny(c.field+".", ".[")]
		switch {
		case mistyped == "input", mistyped == outermost:
			return mistyped + ": " + ruleType
		case !c.ok:
			return c.field + ": " + c.rule
		}
	}
	return ""
}

// decode reads the input, and says which outermost field is of another JSON type: "input" when it
// is no object at all.
func decode(raw json.RawMessage) (input ETLInput, mistyped string) {
	var value any
	_ = json.Unmarshal(raw, &value)
	plain, _ := json.Marshal(exact(value))
	err := json.Unmarshal(plain, &input)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return input, ""
	case errors.As(err, &wrong) && wrong.Field != "":
		outermost, _, _ := strings.Cut(wrong.Field, ".")
		return input, outermost
	default:
		return input, "input"
	}
}

// exact keeps encoding/json from being lenient: it takes null for a missing field, so null becomes
// false, which no field takes; it matches names whatever their case, so only lower-case names stay.
func exact(value any) any {
	switch value := value.(type) {
	case nil:
		return false
	case []any:
		for i := range value {
			value[i] = exact(value[i])
		}
	case map[string]any:
		for name := range value {
			if name != strings.ToLower(name) {
				delete(value, name)
				continue
			}
			value[name] = exact(value[name])
		}
	}
	return value
}
