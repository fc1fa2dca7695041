package connectors

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"slices"
)

// The embedded broker: a topic is an append-only file, one message a line. For one machine.

// maxLine is how long a message may be; a chunk holds the longest one.
const (
	maxLine    = 1024 * 1024
	chunkBytes = maxLine + len("\n")
)

// #region read

// readFileTopic has an offset in bytes for a cursor: a read
// costs the same wherever it starts.
func readFileTopic(
	_ context.Context, topic *url.URL, cursor int64, limit int,
) (TopicPage, error) {
	// #step A topic that nobody wrote to is empty
	page := TopicPage{Cursor: cursor}
	chunk, err := readFrom(topic.Path, cursor)
	if err != nil {
		return page, err
	}

	// #step Whole lines only: the last may be half-written
	for len(page.Messages) < limit {
		line, rest, whole := bytes.Cut(chunk, newline)
		if !whole {
			break
		}

		// #step What is no message is handed on, with the reason
		if !isBlank(line) {
			page.Messages = append(page.Messages,
				messageOf(line, page.Cursor))
		}
		page.Cursor += int64(len(line) + len(newline))
		chunk = rest
	}
	if page.Cursor == cursor && len(chunk) == chunkBytes {
		return tooLong(topic.Path, chunk, cursor)
	}
	return page, nil
}

// #endregion read

var newline = []byte("\n")

// isBlank reports whether a line has nothing to say; Windows ends lines with \r too.
func isBlank(line []byte) bool {
	return len(line) == 0 || string(line) == "\r"
}

// messageOf is the message in a line, or what was there in its place. Its offset names what has no id.
func messageOf(line []byte, offset int64) Message {
	message, ok := toMessage(line)
	switch {
	case !ok:
		return Message{ID: nameless(offset), Body: beginning(line), Fault: notMessage}
	case message.ID == "":
		message.ID = nameless(offset)
	}
	return message
}

// toMessage reads a line as it was published. It reads a map: a struct would take fields whatever
// their case.
func toMessage(line []byte) (message Message, ok bool) {
	value, _ := StrictJSON(line)
	object, _ := value.(map[string]any)
	id, hasID := object["id"].(string)
	body, hasBody := object["body"].(string)
	return Message{ID: id, Body: body}, hasID && hasBody
}

// tooLong is a page of one message, in place of a line that is longer than a chunk; of none while
// nobody knows where that line ends.
func tooLong(file string, chunk []byte, cursor int64) (TopicPage, error) {
	page := TopicPage{Cursor: cursor}
	message := Message{ID: nameless(cursor), Body: beginning(chunk), Fault: "too long"}
	for next := cursor; len(chunk) > 0; {
		if end := bytes.IndexByte(chunk, '\n'); end >= 0 {
			page.Messages = []Message{message}
			page.Cursor = next + int64(end+len(newline))
			break
		}
		next += int64(len(chunk))
		var err error
		if chunk, err = readFrom(file, next); err != nil {
			return page, err
		}
	}
	return page, nil
}

// #region publish

// publishFile appends what is not there yet.
func publishFile(
	ctx context.Context, topic *url.URL, messages []Message,
) error {
	// #step One writer at a time
	file := topic.Path
	err := locked(ctx, file, func(held lock) error {
		// #step Leave out what the topic has
		known, half, err := idsOf(file)
		if err != nil {
			return err
		}
		var fresh []Message
		for _, message := range messages {
			if !known[message.ID] {
				fresh = append(fresh, message)
			}
			known[message.ID] = message.ID != ""
		}
		lines, err := toNDJSON(fresh)
		if err != nil || len(lines) == 0 {
			return err
		}

		// #step A half-written line ends here
		if half {
			lines = slices.Concat(newline, lines)
		}

		// #step Append the rest in one write, still alone
		return appendTo(file, lines, held)
	})
	if err != nil {
		return Unavailable("topic cannot be written")
	}
	return nil
}

// #endregion publish

// readFrom reads from an offset on, at most a chunk; nothing when there is no such file.
func readFrom(file string, offset int64) ([]byte, error) {
	opened, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		defer opened.Close()
		chunk := make([]byte, chunkBytes)
		read, err := opened.ReadAt(chunk, offset)
		if err == nil || errors.Is(err, io.EOF) {
			return chunk[:read], nil
		}
	}
	return nil, Unavailable("topic cannot be read")
}

// idsOf are the ids of all messages in a file; none when there is no such file. half says that it ends
// within a line: its writer died.
func idsOf(file string) (ids map[string]bool, half bool, err error) {
	body, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	ids = map[string]bool{}
	for line := range bytes.Lines(body) {
		if message, ok := toMessage(line); ok && message.ID != "" {
			ids[message.ID] = true
		}
	}
	return ids, len(body) > 0 && !bytes.HasSuffix(body, newline), nil
}

// appendTo writes at the end of a file, which it makes when it is missing, if the lock is still held.
func appendTo(file string, body []byte, held lock) error {
	opened, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	if err = held.check(); err == nil {
		_, err = opened.Write(body)
	}
	return errors.Join(err, opened.Close())
}
