package connectors

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
)

// stagedName is names and folders, none of which begins with a dot.
var stagedName = regexp.MustCompile(`^(?:[\w-][\w.-]*/)*[\w-][\w.-]*$`)

// StagedAt is where path is staged: under STAGING_URL, else in this user's cache on this machine.
func StagedAt(path string) string {
	root, ok := os.LookupEnv("STAGING_URL")
	if !ok {
		own := filepath.Join(home(), ".cache", "durable-pipelines")
		root = (&url.URL{Scheme: "file", Path: own}).String()
	}
	return root + "/" + path
}

// home is the folder of our user. Where nobody knows it there is none, and nothing can be staged.
func home() string {
	folder, err := os.UserHomeDir()
	if err == nil {
		return folder
	}
	if us, err := user.Current(); err == nil {
		return us.HomeDir
	}
	return os.DevNull
}

// #region stage

// Stage writes records into the folder that a URL names.
// Again, it changes nothing.
func Stage[T any](folder string, records []T) (Batch, error) {
	// #step Named by what they are: no attempt spoils another's
	body, err := toNDJSON(records)
	sum := digest(body)
	uri := folder + "/" + sum + ".ndjson"

	// #step Write them where the history is not, for us alone
	file := localPath(uri)
	if err == nil {
		err = makePrivate(filepath.Dir(file))
	}
	if err == nil {
		err = writeAtomically(file, body, forUs)
	}

	// #step Hand on a reference
	return Batch{uri, len(records), sum}, err
}

// #endregion stage

// #region private

// makePrivate makes a folder of staging, which only our user
// can enter. It refuses one that somebody else could enter.
func makePrivate(folder string) error {
	// #step What is made is for our user alone
	err := os.MkdirAll(folder, 0o700)

	// #step What is there must be a folder, and ours
	root := filepath.Dir(localPath(StagedAt("staged")))
	for at := folder; err == nil && at != root; {
		var found fs.FileInfo
		found, err = os.Lstat(at)
		if err == nil && !isPrivate(found) {
			return InvalidInput("STAGING_URL: is not ours alone")
		}
		at = filepath.Dir(at)
	}
	if err != nil {
		return Unavailable("folder cannot be written")
	}
	return nil
}

// #endregion private

// isPrivate reports whether it is a folder, no link to one, that nobody but our user can enter.
func isPrivate(found fs.FileInfo) bool {
	open := found.Mode().Perm()&0o077 != 0
	return found.IsDir() && isOurs(found) && !open
}

// WriteLines writes records, one a line, to the file that a connection string names, in place of what was there.
func WriteLines[T any](connection string, records []T) error {
	file, err := fileOf(connection)
	if err != nil {
		return err
	}
	body, err := toNDJSON(records)
	if err != nil {
		return err
	}
	return writeAtomically(file, body, forAll)
}

// Unstage removes what is staged at path and below. That it cannot be removed is no reason to fail.
func Unstage(path string) {
	_ = os.RemoveAll(localPath(StagedAt(path)))
}

// UnstageBehind removes the batches of events before the one at cursor: they are behind us.
func UnstageBehind(path, cursor string) {
	entries, _ := os.ReadDir(localPath(StagedAt(path))) // none when it is not there
	for _, entry := range entries {
		if entry.Name() < cursor {
			Unstage(path + "/" + entry.Name())
		}
	}
}

// #region fetch

// FetchStaged reads what Stage wrote into records. A reference
// that leads out of staging is InvalidInput.
func FetchStaged[T any](batch Batch, records *[]T) error {
	// #step Read the rows behind the reference
	file, err := stagedFile(batch.URI)
	if err != nil {
		return err
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return Unavailable("staged batch cannot be read")
	}

	// #step Check that they are the rows that were meant
	count := bytes.Count(body, newline)
	if digest(body) != batch.SHA256 || count != batch.Count {
		return ValidationError("staged batch was changed")
	}
	return fromNDJSON(body, records)
}

// #endregion fetch

// stagedFile is where a staged file is. Who asks for a retry has written its URI: it must not lead out of staging.
func stagedFile(uri string) (string, error) {
	inside, ok := strings.CutPrefix(uri, StagedAt(""))
	if !ok || !stagedName.MatchString(inside) {
		return "", InvalidInput("batch: is not in staging")
	}
	return localPath(uri), nil
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
