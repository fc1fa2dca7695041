package connectors

import (
	"os"
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

func TestStagingIsOursAlone(t *testing.T) {
	root := t.TempDir()
	t.Setenv("STAGING_URL", "file://"+root+"/")
	batch, err := Stage(StagedAt("run/a"), []int{1})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{localPath(batch.URI): 0o600, root + "/run/a": 0o700, root + "/run": 0o700} {
		if found, err := os.Stat(path); err != nil || found.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, found.Mode(), err)
		}
	}
	if err := os.Symlink(root+"/run", root+"/link"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(root+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{"open": 0o755, "group": 0o710, "run/b": 0o701} {
		if err := os.Mkdir(root+"/"+path, 0o700); err != nil || os.Chmod(root+"/"+path, mode) != nil {
			t.Fatal(err)
		}
	}
	const open, failed = "InvalidInput: STAGING_URL: is not ours alone", "Unavailable: folder cannot be written"
	for path, want := range map[string]string{
		"open/a": open, "group/a": open, "run/b/c": open, "link": open, "link/a": open, "file/a": failed, "new/a": ": ",
	} {
		_, err := Stage(StagedAt(path), []int{1})
		if kind, reason := CauseOf(err); kind+": "+reason != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
}

func TestStagingIsInTheCacheOfOurUser(t *testing.T) {
	t.Setenv("STAGING_URL", "")
	if err := os.Unsetenv("STAGING_URL"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", "/home/a b")
	if got := StagedAt("x"); got != "file:///home/a%20b/.cache/durable-pipelines/x" {
		t.Error(got)
	}
}
