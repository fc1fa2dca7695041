package connectors

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
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
		rows := csv.NewReader(file)
		header, err := rows.Read()
		var page []RawRecord
		read := 0

		for err == nil {
			var row []string
			if row, err = rows.Read(); err != nil {
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
			yield(Page{}, unreadable(err))
			return
		}

		// #step The last page may be short
		if len(page) > 0 {
			yield(Page{page, strconv.Itoa(read)}, nil)
		}
	}
}

// #endregion read

// open opens the file behind a connection string.
func open(connection string) (*os.File, error) {
	address, err := resolve(connection, "file")
	if err != nil {
		return nil, err
	}
	file, err := os.Open(address.Path)
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

// unreadable says why the rows ended: a torn line stays torn, a disk may come back.
func unreadable(err error) error {
	var torn *csv.ParseError
	if errors.As(err, &torn) {
		return ValidationError(fmt.Sprintf("CSV line %d is torn", torn.Line))
	}
	return Unavailable("file cannot be read")
}
