package connectors

import (
	"bytes"
	"encoding/json"
	"strings"
)

// #region write

// WriteNDJSON writes one part; it returns how many records.
func WriteNDJSON(
	connection, part string, records []TransformedRecord,
) (int, error) {
	// #step Named after its batch, so a repeat replaces it
	body := toNDJSON(records)
	err := writePart(connection, part+".ndjson", body)
	return len(records), err
}

// #endregion write

// unescaper undoes the escapes that encoding/json makes even without HTML escaping. Going from left to
// right, it takes an escaped backslash first, so that text which looks like an escape stays.
var unescaper = strings.NewReplacer(
	`\\`, `\\`, `\u2028`, "\u2028", `\u2029`, "\u2029", `\ufffd`, "\ufffd")

// toNDJSON writes records as lines, the same bytes in every language: keys sorted, nothing escaped
// that need not be, numbers as JavaScript prints them.
func toNDJSON[T any](records []T) []byte {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for _, record := range records {
		// What came from JSON can always go back.
		if err := encoder.Encode(record); err != nil {
			panic(err)
		}
	}
	return []byte(unescaper.Replace(lines.String()))
}

// fromNDJSON reads lines into records; an empty line is none.
func fromNDJSON[T any](body []byte, records *[]T) error {
	*records = []T{}
	for line := range bytes.Lines(body) {
		if line[0] == '\n' {
			continue
		}
		var record T
		if err := json.Unmarshal(line, &record); err != nil {
			return err
		}
		*records = append(*records, record)
	}
	return nil
}

// withoutNegativeZeros replaces every -0 by 0 in a value that came from JSON: JavaScript prints both as 0.
func withoutNegativeZeros(value any) any {
	switch value := value.(type) {
	case float64:
		return value + 0
	case []any:
		for i := range value {
			value[i] = withoutNegativeZeros(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = withoutNegativeZeros(value[key])
		}
	}
	return value
}
