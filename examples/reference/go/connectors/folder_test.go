package connectors

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func partsAt(folder, time, runID string) Parts {
	return Parts{Connection: "file://" + folder, PipelineID: "p", ProcessedAt: time, RunID: runID}
}

func write(t *testing.T, parts Parts, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := writePart(parts, name, []byte("{}\n")); err != nil {
			t.Fatal(err)
		}
	}
}

func namesIn(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestAFolderHoldsTheLastRun(t *testing.T) {
	folder := t.TempDir()
	first := partsAt(folder, "2026-01-01T00:00:00.000Z", "aaaaaaaa-1")
	second := partsAt(folder, "2026-01-02T00:00:00.000Z", "bbbbbbbb-2")
	write(t, first, "s.00001.ndjson", "s.00002.ndjson")
	if err := CompleteParts(first, 2); err != nil {
		t.Fatal(err)
	}
	// The writer of this one died.
	if err := os.WriteFile(filepath.Join(folder, ".p.20260102000000000-bbbbbbbb.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, second, "s.00001.ndjson")
	if err := os.WriteFile(
		filepath.Join(folder, ".p.20260102000000000-bbbbbbbb", "s.00002.ndjson.x.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "other.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a repeat changes nothing
		if err := CompleteParts(second, 1); err != nil {
			t.Fatal(err)
		}
	}
	found := slices.DeleteFunc(namesIn(t, folder), func(name string) bool { return filepath.Ext(name) == ".tmp" })
	want := []string{
		"other.txt",
		"p.20260102000000000-bbbbbbbb.manifest.json",
		"p.20260102000000000-bbbbbbbb.s.00001.ndjson",
	}
	if !slices.Equal(found, want) {
		t.Errorf("the folder holds %v", found)
	}
	manifest, _ := os.ReadFile(filepath.Join(folder, want[1]))
	const said = `{"run":"p.20260102000000000-bbbbbbbb","parts":["p.20260102000000000-bbbbbbbb.s.00001.ndjson"]}` + "\n"
	if string(manifest) != said {
		t.Errorf("the manifest says %s", manifest)
	}

	write(t, first, "s.00001.ndjson")
	if err := CompleteParts(first, 1); err == nil || err.Error() != "folder holds a newer run (type: ValidationError, retryable: false)" {
		t.Errorf("an older run: %v", err)
	}
}

func TestAMissingPartIsNoRun(t *testing.T) {
	folder := t.TempDir()
	parts := partsAt(folder, "2026-01-01T00:00:00Z", "aaaaaaaa-1")
	write(t, parts, "s.00001.ndjson")
	if err := CompleteParts(parts, 2); err == nil {
		t.Error("nothing is said of the part that is missing")
	}
	if names := namesIn(t, folder); slices.Contains(names, "p.20260101000000000-aaaaaaaa.manifest.json") {
		t.Errorf("there is a manifest: %v", names)
	}
}

func TestALockThatWasLost(t *testing.T) {
	file := filepath.Join(t.TempDir(), "topic")
	err := locked(t.Context(), file, func(frozen lock) error {
		old := time.Now().Add(-time.Minute)
		if err := os.Chtimes(file+".lock", old, old); err != nil {
			return err
		}
		err := locked(t.Context(), file, func(other lock) error { return other.check() })
		if err != nil {
			return err
		}
		return locked(t.Context(), file, func(lock) error {
			if frozen.check() == nil {
				t.Error("who was frozen still holds the lock")
			}
			return appendTo(file, nil, frozen)
		})
	})
	if err == nil || err.Error() != "lock was lost" {
		t.Errorf("the write of who was frozen: %v", err)
	}
}
