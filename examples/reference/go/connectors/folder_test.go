package connectors

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const (
	firstRun  = "january.20130101000000000-0000000a"
	secondRun = "january.20130102000000000-0000000b"
)

func runsOf(folder string) (first, second Parts) {
	first = Parts{"file://" + folder, "january", "2013-01-01T00:00:00.000Z", "0000000a-0000-4000-8000-000000000000"}
	second = Parts{"file://" + folder, "january", "2013-01-02T00:00:00.000Z", "0000000b-0000-4000-8000-000000000000"}
	return first, second
}

func writeParts(t *testing.T, parts Parts, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := writePart(parts, name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
}

func complete(t *testing.T, parts Parts, count int) {
	t.Helper()
	if err := CompleteParts(parts, count); err != nil {
		t.Fatal(err)
	}
}

func wantFault(t *testing.T, parts Parts, count int, want string) {
	t.Helper()
	kind, reason := CauseOf(CompleteParts(parts, count))
	if got := kind + ": " + reason; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func wantNames(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func wantText(t *testing.T, file, want string) {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil || string(body) != want {
		t.Errorf("got %s, %v", body, err)
	}
}

func TestAFolderHoldsTheLastRun(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "out")
	first, second := runsOf(folder)
	writeParts(t, first, "a.00001.ndjson", "a.00002.ndjson")
	wantNames(t, folder, "."+firstRun)
	complete(t, first, 2)
	wantNames(t, folder,
		firstRun+".a.00001.ndjson", firstRun+".a.00002.ndjson", firstRun+".manifest.json")
	wantText(t, filepath.Join(folder, firstRun+".manifest.json"),
		`{"run":"`+firstRun+`","parts":["`+firstRun+`.a.00001.ndjson","`+firstRun+`.a.00002.ndjson"]}`+"\n")

	// What is not the pipeline's own is left alone; what a dead run began is not.
	others := []string{"march.20120101000000000-00000000.a.00001.ndjson", "notes.txt"}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	writeParts(t, first, "a.00003.ndjson")
	writeParts(t, second, "a.00001.ndjson")
	complete(t, second, 1)
	wantNames(t, folder, secondRun+".a.00001.ndjson", secondRun+".manifest.json", others[0], others[1])
}

func TestAnOlderRunIsTooLate(t *testing.T) {
	folder := t.TempDir()
	first, second := runsOf(folder)
	writeParts(t, second, "a.00001.ndjson")
	complete(t, second, 1)
	writeParts(t, first, "a.00001.ndjson")
	wantFault(t, first, 1, "ValidationError: folder holds a newer run")
	wantText(t, filepath.Join(folder, secondRun+".a.00001.ndjson"), "a.00001.ndjson")
}

func TestAPartThatIsMissingIsWaitedFor(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "out")
	first, _ := runsOf(folder)
	const missing = "Unavailable: folder does not hold all parts"
	wantFault(t, first, 1, missing)
	writeParts(t, first, "a.00001.ndjson")
	wantFault(t, first, 2, missing)

	// The first part is shown by now: it counts.
	writeParts(t, first, "a.00002.ndjson")
	complete(t, first, 2)
	complete(t, first, 2)
	wantNames(t, folder,
		firstRun+".a.00001.ndjson", firstRun+".a.00002.ndjson", firstRun+".manifest.json")
}

func TestARunWithoutPartsIsAnEmptyList(t *testing.T) {
	folder := t.TempDir()
	first, second := runsOf(folder)
	writeParts(t, first, "a.00001.ndjson")
	complete(t, first, 1)
	complete(t, second, 0)
	wantNames(t, folder, secondRun+".manifest.json")
	wantText(t, filepath.Join(folder, secondRun+".manifest.json"), `{"run":"`+secondRun+`","parts":[]}`+"\n")
}

func TestWhatADeadWriterLeftIsNoPart(t *testing.T) {
	folder := t.TempDir()
	first, second := runsOf(folder)
	writeParts(t, first, "a.00001.ndjson", "a.00002.ndjson.0.tmp")
	if err := os.WriteFile(filepath.Join(folder, firstRun+".manifest.json.0.tmp"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	complete(t, first, 1)
	wantNames(t, folder,
		firstRun+".a.00001.ndjson", firstRun+".manifest.json", firstRun+".manifest.json.0.tmp")
	complete(t, second, 0)
	wantNames(t, folder, secondRun+".manifest.json")
}

func TestAFolderThatIsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	first, _ := runsOf(file)
	wantFault(t, first, 0, "Unavailable: folder cannot be read")
	first.Connection = "ftp://h/p"
	wantFault(t, first, 0, "InvalidInput: connection_string: must be a file URL")
}
