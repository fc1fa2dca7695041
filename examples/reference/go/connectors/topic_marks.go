package connectors

import (
	"encoding/json"
	"os"
)

// Which messages a file topic holds: beside it, an empty file for each of their ids. So to publish costs the same
// whatever the topic holds. All languages use the same marks.

// upto is how far a topic is marked: its last line that is, in bytes, with its end, and the SHA-256 of it in hex.
type upto struct {
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	SHA256 string `json:"sha256"`
}

// isMarked reports whether the topic holds a message of this id, as far as it is marked.
func isMarked(file, id string) bool {
	_, err := os.Stat(markOf(file, id))
	return err == nil
}

// mark notes that the topic holds a message of this id.
func mark(file, id string) error {
	return os.WriteFile(markOf(file, id), nil, 0o666)
}

// readUpto is how far the topic is marked. Where nobody knows, it has a digest that no line has.
func readUpto(file string) (marked upto) {
	text, err := os.ReadFile(uptoOf(file))
	if err != nil || json.Unmarshal(text, &marked) != nil {
		return upto{}
	}
	return marked
}

// writeUpto says how far the topic is marked: a crash before it makes no harm, what is marked again is as it was.
func writeUpto(file string, marked upto) error {
	text, err := json.Marshal(marked)
	if err != nil {
		return err
	}
	return writeAtomically(uptoOf(file), text, forAll)
}

// unmark begins anew: the marks are of another topic, which had this name.
func unmark(file string, held lock) error {
	if err := held.check(); err != nil {
		return err
	}
	if err := os.RemoveAll(marksOf(file)); err != nil {
		return err
	}
	return os.MkdirAll(marksOf(file), 0o777)
}

func marksOf(file string) string    { return file + ".ids" }
func uptoOf(file string) string     { return marksOf(file) + "/upto.json" }
func markOf(file, id string) string { return marksOf(file) + "/" + digest([]byte(id)) }
