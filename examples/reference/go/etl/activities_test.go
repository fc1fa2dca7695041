package etl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/testsuite"

	"durable-pipelines/connectors"
)

// TestMain lets the pipelines of the tests reach whatever they name.
func TestMain(m *testing.M) {
	for name, list := range map[string]string{
		"PIPELINE_HOSTS": "*", "PIPELINE_ROOTS": "/", "PIPELINE_VARIABLES": "NOT_SET_ANYWHERE=*",
	} {
		if err := os.Setenv(name, list); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// planes is a file of four planes, to be read two at a time.
func planes(t *testing.T) ExtractInput {
	t.Helper()
	t.Setenv("STAGING_URL", "file://"+t.TempDir())
	file := filepath.Join(t.TempDir(), "planes.csv")
	if err := os.WriteFile(file, []byte("tailnum,year\nN1,1991\nN2,1992\nN3,1993\nN4,1994\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return ExtractInput{DataSource{"planes", "file", "file://" + file}, 2}
}

// extract runs one attempt that begins with what an attempt before has told, if it has.
func extract(t *testing.T, input ExtractInput, last *checkpoint) (ExtractOutput, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(ExtractData)
	if last != nil {
		env.SetHeartbeatDetails(last)
	}
	var out ExtractOutput
	value, err := env.ExecuteActivity(ExtractData, input)
	if err == nil {
		err = value.Get(&out)
	}
	return out, err
}

func TestARetryGoesOnBehindTheCursor(t *testing.T) {
	input := planes(t)
	whole, err := extract(t, input, nil)
	if err != nil || len(whole.Batches) != 2 {
		t.Fatalf("got %+v, %v", whole, err)
	}
	for i, batch := range whole.Batches {
		want := fmt.Sprintf("/planes/%05d.raw/%s.ndjson", i+1, batch.SHA256)
		if !strings.HasSuffix(batch.URI, want) {
			t.Errorf("%s does not end in %s", batch.URI, want)
		}
	}

	// The first batch is not read again: it may be any other.
	other := connectors.Batch{URI: "file:///other", Count: 2, SHA256: "0"}
	staged, err := connectors.Stage(connectors.StagedAt("list"), []connectors.Batch{other})
	if err != nil {
		t.Fatal(err)
	}
	rest, err := extract(t, input, &checkpoint{"2", staged})
	if err != nil || len(rest.Batches) != 2 || rest.Batches[0] != other || rest.Batches[1] != whole.Batches[1] {
		t.Errorf("got %+v, %v", rest, err)
	}
}

func TestAListThatWasChangedIsNotGoneOnFrom(t *testing.T) {
	input := planes(t)
	staged, err := connectors.Stage(connectors.StagedAt("list"), []connectors.Batch{})
	if err != nil {
		t.Fatal(err)
	}
	staged.SHA256 = "0"
	_, err = extract(t, input, &checkpoint{"2", staged})
	if got := words(err); got != "ValidationError: staged batch was changed" {
		t.Error(got)
	}
}

func TestAnAttemptThatToldNothingIsBegunAnew(t *testing.T) {
	// What TypeScript's and Rust's attempts tell before their first page.
	input := planes(t)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(ExtractData)
	env.SetHeartbeatDetails((*checkpoint)(nil))
	if _, err := env.ExecuteActivity(ExtractData, input); err != nil {
		t.Error(err)
	}
}
