package connectors

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
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
	file, page := pathOf(topic), TopicPage{Cursor: cursor}
	chunk, err := readFrom(file, cursor)
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
		return tooLong(file, chunk, cursor)
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
	file := pathOf(topic)
	err := locked(ctx, file, func(held lock) error {
		// #step A half-written line ends here
		err := endLine(file, held)

		// #step Leave out what the topic has
		if err == nil {
			err = markAll(file, held)
		}
		if err != nil {
			return err
		}
		var fresh []Message
		seen := map[string]bool{}
		for _, message := range messages {
			id := message.ID
			if id == "" || !seen[id] && !isMarked(file, id) {
				fresh = append(fresh, message)
			}
			seen[id] = true
		}

		// #step Append the rest in one write, still alone
		lines, err := toNDJSON(fresh)
		if err == nil {
			err = appendTo(file, lines, held)
		}
		if err == nil {
			err = markAll(file, held)
		}
		return err
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

// endLine ends the last line of a topic, where its writer died in the middle.
func endLine(file string, held lock) error {
	size, err := sizeOf(file)
	if err != nil || size == 0 {
		return err
	}
	last, err := readFrom(file, size-1)
	if err != nil || bytes.HasPrefix(last, newline) {
		return err
	}
	return appendTo(file, newline, held)
}

// markAll marks the ids of the lines that are not marked yet: those of the last publisher, where it died.
func markAll(file string, held lock) error {
	marked := readUpto(file)
	there, err := isThere(file, marked)
	if err == nil && !there {
		marked = upto{}
		err = unmark(file, held)
	}
	for err == nil {
		before := marked
		if marked, err = markChunk(file, before); err != nil || marked == before {
			return err
		}
		err = writeUpto(file, marked)
	}
	return err
}

// markChunk marks the whole lines in the chunk behind what is marked; it returns how far that is.
func markChunk(file string, marked upto) (upto, error) {
	chunk, err := readFrom(file, marked.To)
	lines := chunk[:bytes.LastIndexByte(chunk, '\n')+1]
	if len(lines) == 0 && len(chunk) == chunkBytes {
		page, err := tooLong(file, chunk, marked.To)
		if page.Cursor > marked.To {
			marked = upto{page.Cursor, page.Cursor, digest(nil)}
		}
		return marked, err
	}
	for line := range bytes.Lines(lines) {
		if message, ok := toMessage(line); ok && message.ID != "" && err == nil {
			err = mark(file, message.ID)
		}
		marked.From, marked.To = marked.To, marked.To+int64(len(line))
		marked.SHA256 = digest(bytes.TrimSuffix(line, newline))
	}
	return marked, err
}

// isThere reports whether the last line that is marked is in the file: else another has its name now.
func isThere(file string, marked upto) (bool, error) {
	size, err := sizeOf(file)
	if err != nil || marked.To > size {
		return false, err
	}
	chunk, err := readFrom(file, marked.From)
	length := max(marked.To-marked.From-1, 0)
	line := chunk[:min(int(length), len(chunk))]
	return digest(line) == marked.SHA256, err
}

// sizeOf is 0 when there is no such file.
func sizeOf(file string) (int64, error) {
	found, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return found.Size(), nil
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
