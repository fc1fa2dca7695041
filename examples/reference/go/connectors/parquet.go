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
		data, meta := ToJSON(record.Data), record.Metadata
		rows[i] = row{
			record.ID, data, meta.ProcessedAt, meta.Version,
		}
	}

	// #step Named after its batch, so a repeat replaces it
	body := toParquet(rows)
	err := writePart(connection, part+".parquet", body)
	return len(records), err
}

// #endregion write

// ToJSON is a value as JSON text, in the bytes of a line.
func ToJSON(value any) string {
	return string(bytes.TrimSuffix(toNDJSON([]any{value}), []byte("\n")))
}

// toParquet writes rows with the encoding that every reader knows.
func toParquet[T any](rows []T) []byte {
	var file bytes.Buffer
	// Memory can always be written.
	err := parquet.Write(&file, rows,
		parquet.Compression(&parquet.Snappy), parquet.DefaultEncoding(&parquet.Plain))
	if err != nil {
		panic(err)
	}
	return file.Bytes()
}
