package connectors

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A folder as a target: it holds the parts of the last run that completed, and no others.
//
// Parts are <pipeline_id>.<run>.<source_id>.<number>.<extension>. Which of them count says the newest
// <pipeline_id>.<run>.manifest.json; names of runs sort by time. Until a run is complete its parts wait in
// a folder whose name begins with a dot, where nobody reads.

// Parts are the parts that one run of a pipeline writes into a folder.
type Parts struct {
	// Connection is a file:// URL.
	Connection string
	PipelineID string
	// ProcessedAt is when the run began, RFC 3339 in UTC, and RunID its id: the newest run is the last in order.
	ProcessedAt string
	RunID       string
}

// CheckFolder checks that the URL names a folder, and that its variables are set; it does not look there.
func CheckFolder(connection string) error {
	_, err := resolve(connection, "file")
	return err
}

// #region part

// writePart writes one part, to be shown when the run is
// complete.
func writePart(parts Parts, name string, body []byte) error {
	// #step Where nobody reads, under the name of the run
	folder, err := resolve(parts.Connection, "file")
	hidden := "." + parts.run()

	// #step Named after its batch, so a repeat replaces it
	if err == nil {
		err = writeAtomically(
			filepath.Join(folder.Path, hidden, name), body)
	}
	return err
}

// #endregion part

// #region complete

// CompleteParts shows the parts of a run, count of them, in
// place of those of the runs before.
func CompleteParts(parts Parts, count int) error {
	run := parts.run()
	folder := openFolder(parts.Connection)

	// #step A newer run has been here: this one is too late
	for _, name := range folder.names(".") {
		if parts.runOf(name) > run {
			return ValidationError("folder holds a newer run")
		}
	}

	// #step Show the parts, those of an attempt before too
	for _, name := range folder.names("." + run) {
		folder.move("."+run+"/"+name, run+"."+name)
	}
	shown := folder.shown(run, count)

	// #step One rename: readers see the old run or the new
	folder.write(run+manifestEnd, manifest{run, shown})

	// #step What older runs wrote goes
	for _, name := range folder.names(".") {
		found := parts.runOf(name)
		if found != "" && found < run || name == "."+run {
			folder.remove(name)
		}
	}
	return folder.err
}

// #endregion complete

const (
	manifestEnd = ".manifest.json"
	// unfinished is the end of what is being written, or whose writer died: see writeAtomically.
	unfinished = ".tmp"
)

// manifest is what a reader goes by.
type manifest struct {
	Run   string   `json:"run"`
	Parts []string `json:"parts"`
}

var (
	runName = regexp.MustCompile(`^\.?([A-Za-z0-9_-]+\.[0-9]{17}-[0-9a-f]{8})(?:\.|$)`)
	noDigit = regexp.MustCompile(`[^0-9]`)
)

// Lengths of the parts of a run's name.
const (
	timeLength = len("20130101000000000")
	idLength   = len("0000000a")
)

// run is the name of the run: it sorts by time.
func (p Parts) run() string {
	time := noDigit.ReplaceAllString(p.ProcessedAt, "")
	time += strings.Repeat("0", max(0, timeLength-len(time)))
	return p.PipelineID + "." + time + "-" + p.RunID[:min(idLength, len(p.RunID))]
}

// runOf is the run of this pipeline that a name in the folder belongs to; empty for files of others.
func (p Parts) runOf(name string) string {
	found := runName.FindStringSubmatch(name)
	if found == nil || !strings.HasPrefix(found[1], p.PipelineID+".") {
		return ""
	}
	return found[1]
}

// openedFolder is a folder in which nothing is done any more once something has failed: err says what.
type openedFolder struct {
	path string
	err  error
}

func openFolder(connection string) *openedFolder {
	address, err := resolve(connection, "file")
	if err != nil {
		return &openedFolder{err: err}
	}
	return &openedFolder{path: address.Path}
}

// names are what is in a folder of the folder, in order; none when there is no such folder.
func (f *openedFolder) names(inner string) []string {
	if f.err != nil {
		return nil
	}
	entries, err := os.ReadDir(filepath.Join(f.path, inner))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.err = Unavailable("folder cannot be read")
		return nil
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

// shown are the parts of a run that are in the folder, in order: there must be count of them.
func (f *openedFolder) shown(run string, count int) []string {
	parts := []string{}
	for _, name := range f.names(".") {
		other := strings.HasSuffix(name, manifestEnd) || strings.HasSuffix(name, unfinished)
		if strings.HasPrefix(name, run+".") && !other {
			parts = append(parts, name)
		}
	}
	if f.err == nil && len(parts) != count {
		f.err = Unavailable("folder does not hold all parts")
	}
	return parts
}

// move renames what is finished. A second attempt may have been faster.
func (f *openedFolder) move(from, to string) {
	if f.err != nil || strings.HasSuffix(from, unfinished) {
		return
	}
	f.written(os.Rename(filepath.Join(f.path, from), filepath.Join(f.path, to)))
}

func (f *openedFolder) remove(name string) {
	if f.err == nil {
		f.written(os.RemoveAll(filepath.Join(f.path, name)))
	}
}

func (f *openedFolder) written(err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.err = Unavailable("folder cannot be written")
	}
}

// write writes a value as a line of JSON.
func (f *openedFolder) write(name string, value any) {
	if f.err != nil {
		return
	}
	var body []byte
	body, f.err = toNDJSON([]any{value})
	if f.err == nil {
		f.err = writeAtomically(filepath.Join(f.path, name), body)
	}
}
