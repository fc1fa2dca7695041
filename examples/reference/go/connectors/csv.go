package connectors

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"strconv"
)

// #region read

// ReadCSV yields pages of size records of a file with a header;
// the cursor counts the records already read.
func ReadCSV(
	_ context.Context, connection, cursor string, size int,
) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		// #step A missing file may still arrive
		file, err := open(connection)
		if err != nil {
			yield(Page{}, err)
			return
		}
		defer file.Close()

		// #step Skip what an earlier attempt has read
		done, _ := strconv.Atoi(cursor) // none is 0
		rows := newCSVReader(file)
		header, err := rows.header()
		var page []RawRecord
		read := 0

		for err == nil {
			var row []string
			if row, err = rows.row(len(header)); err != nil {
				break
			}
			read++

			// #step The first column is the key
			if read > done {
				page = append(page, toRecord(header, row))
			}
			if len(page) == size {
				if !yield(Page{page, strconv.Itoa(read)}, nil) {
					return
				}
				page = nil
			}
		}

		// #step A torn line will not mend itself
		if !errors.Is(err, io.EOF) {
			yield(Page{}, err)
			return
		}

		// #step The last page may be short
		if len(page) > 0 {
			yield(Page{page, strconv.Itoa(read)}, nil)
		}
	}
}

// #endregion read

// open opens the file behind a connection string; a pipe or a device could go on for ever.
func open(connection string) (*os.File, error) {
	path, err := fileOf(connection)
	if err != nil {
		return nil, err
	}
	found, err := os.Stat(path)
	if err != nil || !found.Mode().IsRegular() {
		return nil, Unavailable("file cannot be read")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, Unavailable("file cannot be read")
	}
	return file, nil
}

func toRecord(header, row []string) RawRecord {
	data := make(map[string]any, len(row)-1)
	for i, field := range row[1:] {
		data[header[i+1]] = field
	}
	return RawRecord{ID: row[0], Data: data}
}
