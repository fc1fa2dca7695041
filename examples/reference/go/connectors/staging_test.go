package connectors

import (
	"strings"
	"testing"
)

func TestAReferenceStaysInStaging(t *testing.T) {
	root := "file://" + t.TempDir()
	t.Setenv("STAGING_URL", root)
	batch, err := Stage(StagedAt("run/source/00001.raw"), []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	var rows []int
	if err := FetchStaged(batch, &rows); err != nil || len(rows) != 2 {
		t.Errorf("got %v, %v", rows, err)
	}
	for _, uri := range []string{
		"", "file:///etc/passwd", root, root + "/", root + "-other/a", "http" + strings.TrimPrefix(batch.URI, "file"),
		root + "/../a", root + "/a/../../b", root + "/%2e%2e/a", root + "/a//b", root + "/a/", root + "/a?b", root + "/a\n",
	} {
		err := FetchStaged(Batch{uri, 2, batch.SHA256}, &rows)
		if kind, reason := CauseOf(err); kind != "InvalidInput" || reason != "batch: is not in staging" {
			t.Errorf("%q: %v", uri, err)
		}
	}
}

func TestABatchHasAsManyLinesAsItSays(t *testing.T) {
	t.Setenv("STAGING_URL", "file://"+t.TempDir())
	batch, err := Stage(StagedAt("run"), []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	batch.Count = 3
	var rows []int
	if kind, reason := CauseOf(FetchStaged(batch, &rows)); kind != "ValidationError" || reason != "staged batch was changed" {
		t.Errorf("got %s: %s", kind, reason)
	}
}
