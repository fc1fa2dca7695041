package connectors

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A folder as a target: it holds the parts of the last run that completed, and no others.
//
// Parts are <pipeline_id>.<run>.<source_id>.<number>.<extension>. Which of them count says the newest
// <pipeline_id>.<run>.manifest.json; names of runs sort by time. Until a run is complete its parts wait
// in a folder whose name begins with a dot, where nobody reads.

// Parts are what one run of a pipeline writes into a folder.
type Parts struct {
	// Connection is a file:// URL.
	Connection string
	PipelineID string
	// ProcessedAt is when the run began, RFC 3339 in UTC; with RunID, the newest run is the last in order.
	ProcessedAt string
	RunID       string
}

// #region part

// writePart writes one part, to be shown when the run is
// complete.
func writePart(parts Parts, name string, body []byte) error {
	// #step Where nobody reads, under the name of the run
	folder, err := FolderOf(parts.Connection)
	hidden := filepath.Join(folder, "."+parts.run())

	// #step Named after its batch, so a repeat replaces it
	if err == nil {
		err = writeAtomically(
			filepath.Join(hidden, name), body, forAll)
	}
	return err
}

// #endregion part

// #region complete

// CompleteParts shows the parts of a run in place of those of
// the runs before, if there are count of them.
func CompleteParts(parts Parts, count int) error {
	folder, err := FolderOf(parts.Connection)
	run := parts.run()
	hidden := filepath.Join(folder, "."+run)

	// #step A newer run has been here: this one is too late
	before, err := listed(folder, err)
	for _, name := range before {
		if isManifest(name) && parts.runOf(name) > run {
			return ValidationError("folder holds a newer run")
		}
	}

	// #step Show the parts, those of an attempt before too
	waiting, err := listed(hidden, err)
	for _, name := range waiting {
		err = moved(filepath.Join(hidden, name),
			filepath.Join(folder, run+"."+name), err)
	}
	shown, err := shownParts(folder, run, count, err)

	// #step One rename: readers see the old run or the new
	manifest, _ := json.Marshal(struct {
		Run   string   `json:"run"`
		Parts []string `json:"parts"`
	}{run, shown})
	if err == nil {
		file := filepath.Join(folder, run+manifestEnd)
		err = writeAtomically(
			file, append(manifest, '\n'), forAll)
	}

	// #step What older runs wrote goes
	after, err := allNames(folder, err)
	for _, name := range after {
		found := parts.runOf(name)
		old := found != "" && found < run
		if old || name == "."+run {
			err = removed(filepath.Join(folder, name), err)
		}
	}
	return err
}

// #endregion complete

const (
	manifestEnd = ".manifest.json"
	// unfinished ends what is being written, or whose writer died: see writeAtomically.
	unfinished = ".tmp"
	timeDigits = 17
	idDigits   = 8
)

var (
	runName  = regexp.MustCompile(`^\.?([A-Za-z0-9_-]+\.[0-9]{17}-[0-9a-f]{8})(?:\.|$)`)
	noDigits = regexp.MustCompile(`[^0-9]`)
)

// run is the run's name: it sorts by time.
func (p Parts) run() string {
	time := noDigits.ReplaceAllString(p.ProcessedAt, "")
	time += strings.Repeat("0", max(0, timeDigits-len(time)))
	return p.PipelineID + "." + time + "-" + p.RunID[:min(idDigits, len(p.RunID))]
}

// runOf is the run of this pipeline that a name in the folder belongs to; none for files of others.
func (p Parts) runOf(name string) string {
	found := runName.FindStringSubmatch(name)
	if found == nil || !strings.HasPrefix(found[1], p.PipelineID+".") {
		return ""
	}
	return found[1]
}

// CheckFolder checks that the URL names a folder that the worker may write.
func CheckFolder(connection string) error {
	_, err := FolderOf(connection)
	return err
}

func isManifest(name string) bool {
	return strings.HasSuffix(name, manifestEnd)
}

// shownParts are the parts of a run that are in the folder, in order. After a failure it does nothing,
// as all that follow here.
func shownParts(folder, run string, count int, err error) ([]string, error) {
	names, err := listed(folder, err)
	if err != nil {
		return nil, err
	}
	shown := slices.DeleteFunc(names, func(name string) bool {
		return !strings.HasPrefix(name, run+".") || isManifest(name)
	})
	if len(shown) != count {
		return nil, Unavailable("folder does not hold all parts")
	}
	slices.Sort(shown)
	return shown, nil
}

// listed is the names in a folder, but for what is unfinished.
func listed(folder string, err error) ([]string, error) {
	names, err := allNames(folder, err)
	return slices.DeleteFunc(names, func(name string) bool {
		return strings.HasSuffix(name, unfinished)
	}), err
}

// allNames is the names in a folder; none when there is no such folder.
func allNames(folder string, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, Unavailable("folder cannot be read")
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names, nil
}

// moved renames; a second attempt may have been faster.
func moved(from, to string, err error) error {
	if err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Unavailable("folder cannot be written")
	}
	return nil
}

func removed(path string, err error) error {
	if err != nil {
		return err
	}
	if os.RemoveAll(path) != nil {
		return Unavailable("folder cannot be written")
	}
	return nil
}
