package etl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"durable-pipelines/connectors"
)

// run runs the pipeline over two sources of so many batches each into a database, ten records a batch; load gets
// the number of each batch.
func run(t *testing.T, batches int, load func(number int) error) (ETLOutput, error) {
	t.Helper()
	completed := func(CompleteInput) error { return nil }
	return runInto(t, "database", "postgres://u@h/db?table=t", batches, load, completed)
}

// runInto is run into any target; completed gets what CompleteLoad is asked for.
func runInto(
	t *testing.T, kind, url string, batches int, load func(number int) error, completed func(CompleteInput) error,
) (ETLOutput, error) {
	t.Helper()
	return runInput(t, fmt.Sprintf(`{"pipeline_id":"p","batch_size":10,
		"sources":[{"source_id":"a","source_type":"file","connection_string":"file:///a"},
		           {"source_id":"b","source_type":"file","connection_string":"file:///b"}],
		"target":{"target_type":%q,"connection_string":%q}}`, kind, url), batches, load, completed)
}

// runInput is runInto of any input.
func runInput(
	t *testing.T, input string, batches int, load func(number int) error, completed func(CompleteInput) error,
) (ETLOutput, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivity(CheckTarget)
	env.RegisterActivity(ExtractData)
	env.RegisterActivity(TransformData)
	env.RegisterActivity(LoadData)
	env.RegisterActivity(CompleteLoad)
	loads := 0
	env.OnActivity(CompleteLoad, anything, anything).Return(
		func(_ context.Context, in CompleteInput) error { return completed(in) })
	env.OnActivity(ExtractData, anything, anything).Return(func(context.Context, ExtractInput) (ExtractOutput, error) {
		out := ExtractOutput{}
		for range batches {
			out.Batches = append(out.Batches, connectors.Batch{URI: "file:///staged", Count: 10})
		}
		return out, nil
	})
	env.OnActivity(TransformData, anything, anything).Return(
		func(_ context.Context, in TransformInput) (TransformOutput, error) {
			return TransformOutput{Batch: in.Batch}, nil
		})
	env.OnActivity(LoadData, anything, anything).Return(func(_ context.Context, in LoadInput) (LoadOutput, error) {
		loads++
		if err := load(loads); err != nil {
			return LoadOutput{}, err
		}
		return LoadOutput{LoadedCount: in.Batch.Count}, nil
	})
	env.ExecuteWorkflow(ETLPipeline, json.RawMessage(input))
	var out ETLOutput
	err := env.GetWorkflowError()
	if err == nil {
		err = env.GetWorkflowResult(&out)
	}
	return out, err
}

const anything = mock.Anything

// words are the type and the message of a failed run.
func words(err error) string {
	kind, reason := connectors.CauseOf(err)
	return kind + ": " + reason
}

func TestARejectedBatchIsListed(t *testing.T) {
	out, err := run(t, 2, func(number int) error {
		if number == 2 {
			return connectors.ValidationError(strings.Repeat("ü", 201))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := FailedBatch{URI: "file:///staged", Reason: strings.Repeat("ü", 200)}
	if len(out.FailedBatches) != 1 || out.FailedBatches[0] != want || out.FailedRecords != 10 || out.SuccessfulRecords != 30 {
		t.Errorf("got %+v", out)
	}
}

func TestNothingRejectedIsAnEmptyList(t *testing.T) {
	out, err := run(t, 1, func(int) error { return nil })
	if err != nil || out.FailedBatches == nil || len(out.FailedBatches) != 0 || out.SuccessfulRecords != 20 {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestAnOutageSaysHowFarTheRunCame(t *testing.T) {
	_, err := run(t, 2, func(number int) error {
		if number > 3 {
			return connectors.Unavailable("database did not answer")
		}
		return nil
	})
	const want = "Unavailable: target: database did not answer (30 of 40 records loaded)"
	if got := words(err); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var outer *temporal.ApplicationError
	if !errors.As(err, &outer) || errors.Unwrap(outer) == nil {
		t.Error("the cause is lost")
	}
}

func TestATargetThatCannotBeMeantCostsNoReading(t *testing.T) {
	none := func(int) error { return errors.New("nothing is loaded") }
	unasked := func(CompleteInput) error { return errors.New("nothing is completed") }
	_, err := runInto(t, "database", "postgres://u@h/db", 1, none, unasked)
	const want = "InvalidInput: target: connection_string: must name a table, as in ?table=flights"
	if got := words(err); got != want {
		t.Error(got)
	}
	_, err = runInto(t, "warehouse", "file:///${NOT_SET_ANYWHERE}/c", 1, none, unasked)
	if got := words(err); got != "InvalidInput: target: environment variable NOT_SET_ANYWHERE is not set" {
		t.Error(got)
	}
}

func TestAFolderShowsNothingBeforeItIsComplete(t *testing.T) {
	load := func(number int) error {
		if number > 3 {
			return connectors.Unavailable("folder cannot be written")
		}
		return nil
	}
	_, err := runInto(t, "file", "file:///c", 2, load, func(CompleteInput) error { return errors.New("too early") })
	if got := words(err); got != "Unavailable: target: folder cannot be written (0 of 40 records loaded)" {
		t.Error(got)
	}
}

func TestAFolderIsCompletedOnce(t *testing.T) {
	var asked []CompleteInput
	load := func(number int) error {
		if number == 2 {
			return connectors.ValidationError("refused")
		}
		return nil
	}
	out, err := runInto(t, "file", "file:///c", 2, load, func(in CompleteInput) error {
		asked = append(asked, in)
		return nil
	})
	if err != nil || out.SuccessfulRecords != 30 {
		t.Errorf("got %+v, %v", out, err)
	}
	// What was refused stays staged.
	if len(asked) != 1 || asked[0].Parts != 3 || !asked[0].KeepStaging || len(asked[0].ProcessedAt) != len(millis) {
		t.Errorf("asked %+v", asked)
	}
	_, err = runInto(t, "file", "file:///c", 1, func(int) error { return nil }, func(CompleteInput) error {
		return connectors.ValidationError("folder holds a newer run")
	})
	if got := words(err); got != "ValidationError: target: folder holds a newer run" {
		t.Error(got)
	}
}

func TestTheHistoryOfTheWholeRunIsBounded(t *testing.T) {
	_, err := run(t, 76, func(int) error { return nil })
	if got := words(err); got != "InvalidInput: batch_size: makes more than 150 batches" {
		t.Error(got)
	}
	if out, err := run(t, 75, func(int) error { return nil }); err != nil || out.TotalRecords != 1500 {
		t.Errorf("got %+v, %v", out, err)
	}
}

// retryInput is an input whose retry may be anything.
func retryInput(retry string) string {
	return `{"pipeline_id":"p","batch_size":10,
		"sources":[{"source_id":"a","source_type":"file","connection_string":"file:///a"}],
		"target":{"target_type":"file","connection_string":"file:///c"},"retry":` + retry + `}`
}

const (
	oneRun   = "01234567-89ab-cdef-0123-456789abcdef"
	oneTime  = "2013-01-01T00:00:00.000Z"
	oneBatch = `{"uri":"file:///a","count":7,"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}`
	oneRetry = `{"run_id":"` + oneRun + `","processed_at":"` + oneTime + `","loaded_parts":3,"batches":[` + oneBatch + `]}`
)

func TestARetryLoadsWhatIsStagedAndReadsNothing(t *testing.T) {
	var asked []CompleteInput
	out, err := runInput(t, retryInput(oneRetry), 2, func(int) error { return nil }, func(in CompleteInput) error {
		asked = append(asked, in)
		return nil
	})
	if err != nil || out.TotalRecords != 7 || out.SuccessfulRecords != 7 {
		t.Errorf("got %+v, %v", out, err)
	}
	if len(asked) != 1 || asked[0].Parts != 4 || asked[0].RunID != oneRun || asked[0].ProcessedAt != oneTime {
		t.Errorf("asked %+v", asked)
	}
}

func TestAFaultWithinARetryIsOneOfTheWhole(t *testing.T) {
	// What stands in the place of what; all else is as it should be.
	tests := map[string][2]string{
		"null":              {oneRetry, "null"},
		"a text":            {oneRetry, `"all"`},
		"nothing":           {oneRetry, "{}"},
		"a path for an id":  {oneRun, "../../etc"},
		"another time zone": {oneTime, "2013-01-01T00:00:00.000+01:00"},
		"parts below zero":  {`"loaded_parts":3`, `"loaded_parts":-1`},
		"151 parts":         {`"loaded_parts":3`, `"loaded_parts":151`},
		"parts null":        {`"loaded_parts":3`, `"loaded_parts":null`},
		"no batches":        {oneBatch, ""},
		"a batch null":      {oneBatch, "null"},
		"151 batches":       {oneBatch, oneBatch + strings.Repeat(","+oneBatch, 150)},
		"no URI":            {`"uri":"file:///a",`, ""},
		"a long URI":        {"file:///a", "file:///" + strings.Repeat("ü", 2041)},
		"no records":        {`"count":7`, `"count":0`},
		"half a record":     {`"count":7`, `"count":0.5`},
		"no digest":         {`"sha256":"0`, `"sha256":"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := validate(json.RawMessage(retryInput(strings.Replace(oneRetry, test[0], test[1], 1))))
			if got := words(err); got != "InvalidInput: retry: has the wrong type" {
				t.Error(got)
			}
		})
	}
	for _, good := range []string{
		oneRetry,
		strings.Replace(oneRetry, `"loaded_parts":3,`, "", 1),
		strings.Replace(oneRetry, "file:///a", "file:///"+strings.Repeat("ü", 2040), 1),
		strings.Replace(oneRetry, "file:///a", "", 1), // nothing is staged there, says who loads it
	} {
		if _, err := validate(json.RawMessage(retryInput(good))); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}
