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

const chunkBytes = 1024 * 1024

// #region read

// readFileTopic has an offset in bytes for a cursor: a read
// costs the same wherever it starts.
func readFileTopic(
	_ context.Context, topic *url.URL, cursor int64, limit int,
) (TopicPage, error) {
	// #step A topic that nobody wrote to is empty
	chunk, err := readFrom(topic.Path, cursor)
	if err != nil {
		return TopicPage{}, err
	}

	// #step Whole lines only: the last may be half-written
	end := 0
	for range limit {
		line := bytes.IndexByte(chunk[end:], '\n') + 1
		end += line
	}
	page := TopicPage{Cursor: cursor + int64(end)}
	err = fromNDJSON(chunk[:end], &page.Messages)
	return page, err
}

// #endregion read

// #region publish

// publishFile appends what is not there yet.
func publishFile(
	ctx context.Context, topic *url.URL, messages []Message,
) error {
	// #step One writer at a time
	file := topic.Path
	err := locked(ctx, file, func() error {
		// #step Leave out what the topic has
		known, err := idsOf(file)
		if err != nil {
			return err
		}
		var fresh []Message
		for _, message := range messages {
			if !known[message.ID] {
				fresh = append(fresh, message)
			}
			known[message.ID] = true
		}

		// #step Append the rest in one write
		return appendTo(file, toNDJSON(fresh))
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

// idsOf are the ids of all messages in a file; none when there is no such file.
func idsOf(file string) (map[string]bool, error) {
	body, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var messages []Message
	if err := fromNDJSON(body, &messages); err != nil {
		return nil, err
	}
	ids := make(map[string]bool, len(messages))
	for _, message := range messages {
		ids[message.ID] = true
	}
	return ids, nil
}

// appendTo writes at the end of a file, which it makes when it is missing.
func appendTo(file string, body []byte) error {
	opened, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = opened.Write(body)
	return errors.Join(err, opened.Close())
}
