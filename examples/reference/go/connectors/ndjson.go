package connectors

import (
	"bytes"
	"encoding/json"
)

// #region write

// WriteNDJSON writes one part; it returns how many records.
func WriteNDJSON(
	parts Parts, part string, records []TransformedRecord,
) (int, error) {
	// #step One record a line
	body, err := toNDJSON(records)
	if err == nil {
		err = writePart(parts, part+".ndjson", body)
	}
	return len(records), err
}

// #endregion write

// toNDJSON writes records as lines.
func toNDJSON[T any](records []T) ([]byte, error) {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for _, record := range records {
		if err := encoder.Encode(record); err != nil {
			return nil, ValidationError("a record cannot be written as JSON")
		}
	}
	return lines.Bytes(), nil
}

// fromNDJSON reads lines into records; an empty line is none. Numbers keep their digits.
func fromNDJSON[T any](body []byte, records *[]T) error {
	*records = []T{}
	for line := range bytes.Lines(body) {
		if line[0] == '\n' {
			continue
		}
		var record T
		if err := unmarshalExact(line, &record); err != nil {
			return err
		}
		*records = append(*records, record)
	}
	return nil
}
