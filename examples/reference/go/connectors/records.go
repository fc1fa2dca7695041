// Package connectors holds the edges of the pipelines: where records come from, where they go,
// and where they wait in between.
package connectors

import "encoding/json"

// RawRecord is a record as its source has it; numbers are json.Number. ID is <source_id>/<key> once it
// is extracted.
type RawRecord struct {
	ID   string         `json:"id"`
	Data map[string]any `json:"data"`
}

// TransformedRecord is a record ready to load.
type TransformedRecord struct {
	RawRecord
	Metadata Metadata `json:"metadata"`
}

// Metadata says when and by which version of the rules a record was made.
type Metadata struct {
	ProcessedAt string `json:"processed_at"`
	Version     string `json:"version"`
}

// Page is some records of a source, and the key to go on after.
type Page struct {
	Records []RawRecord
	Cursor  string
}

// pageOf makes a page whose cursor is the key of its last record.
func pageOf(records []RawRecord) Page {
	if len(records) == 0 {
		return Page{}
	}
	return Page{Records: records, Cursor: records[len(records)-1].ID}
}

// Batch is a claim check: where Count records are staged, and the SHA-256 of their bytes in hex.
type Batch struct {
	URI    string `json:"uri"`
	Count  int    `json:"count"`
	SHA256 string `json:"sha256"`
}

// UnmarshalJSON takes a reference that is whole.
func (b *Batch) UnmarshalJSON(raw []byte) error {
	type plain Batch
	if err := Complete(raw, *b); err != nil {
		return err
	}
	return json.Unmarshal(raw, (*plain)(b))
}
