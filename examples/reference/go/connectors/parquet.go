package connectors

import (
	"bytes"

	"github.com/parquet-go/parquet-go"
)

// #region write

// WriteParquet writes one part; it returns how many records.
func WriteParquet(
	connection, part string, records []TransformedRecord,
) (int, error) {
	// #step The same four columns for every source
	type row struct {
		ID          string `parquet:"id"`
		Data        string `parquet:"data"`
		ProcessedAt string `parquet:"processed_at"`
		Version     string `parquet:"version"`
	}
	rows := make([]row, len(records))
	for i, record := range records {
		data, err := ToJSON(record.Data)
		if err != nil {
			return 0, err
		}
		meta := record.Metadata
		rows[i] = row{
			ID:          record.ID,
			Data:        data,
			ProcessedAt: meta.ProcessedAt,
			Version:     meta.Version,
		}
	}

	// #step Named after its batch, so a repeat replaces it
	body, err := toParquet(rows)
	if err == nil {
		err = writePart(connection, part+".parquet", body)
	}
	return len(records), err
}

// #endregion write

// ToJSON is a value as JSON text, as it stands in a line.
func ToJSON(value any) (string, error) {
	line, err := toNDJSON([]any{value})
	return string(bytes.TrimSuffix(line, []byte("\n"))), err
}

// toParquet writes rows with the encoding that every reader knows.
func toParquet[T any](rows []T) ([]byte, error) {
	var file bytes.Buffer
	err := parquet.Write(&file, rows,
		parquet.Compression(&parquet.Snappy), parquet.DefaultEncoding(&parquet.Plain))
	if err != nil {
		return nil, ValidationError("a record cannot be written as Parquet")
	}
	return file.Bytes(), nil
}
