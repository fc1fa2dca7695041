package connectors

import (
	"bytes"

	"github.com/parquet-go/parquet-go"
)

// #region write

// WriteParquet writes one part; it returns how many records.
func WriteParquet(
	parts Parts, part string, records []TransformedRecord,
) (int, error) {
	// #step The same four columns for every source
	type row struct {
		ID          string `parquet:"id"`
		Data        string `parquet:"data"`
		ProcessedAt string `parquet:"processed_at"`
		Version     string `parquet:"version"`
	}
	toRow := func(record TransformedRecord) (row, error) {
		data, err := ToJSON(record.Data)
		return row{
			ID:          record.ID,
			Data:        data,
			ProcessedAt: record.Metadata.ProcessedAt,
			Version:     record.Metadata.Version,
		}, err
	}

	// #step One file a batch
	body, err := toParquet(records, toRow)
	if err == nil {
		err = writePart(parts, part+".parquet", body)
	}
	return len(records), err
}

// #endregion write

// ToJSON is a value as JSON text, as it stands in a line.
func ToJSON(value any) (string, error) {
	line, err := toNDJSON([]any{value})
	return string(bytes.TrimSuffix(line, []byte("\n"))), err
}

// toParquet writes records as rows, with the encoding that every reader knows.
func toParquet[T any](
	records []TransformedRecord, toRow func(TransformedRecord) (T, error),
) ([]byte, error) {
	rows := make([]T, len(records))
	for i, record := range records {
		var err error
		if rows[i], err = toRow(record); err != nil {
			return nil, err
		}
	}
	var file bytes.Buffer
	err := parquet.Write(&file, rows,
		parquet.Compression(&parquet.Snappy), parquet.DefaultEncoding(&parquet.Plain))
	if err != nil {
		return nil, ValidationError("a record cannot be written as Parquet")
	}
	return file.Bytes(), nil
}
