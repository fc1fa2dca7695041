package connectors

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxRecord is how large a record of a CSV file may be, in bytes.
const maxRecord = 1024 * 1024

// csvReader reads CSV as RFC 4180 has it, and nothing else. encoding/csv would make LF of a CRLF in
// quotes, and take no lone CR for the end of a line.
type csvReader struct {
	in *bufio.Reader
	// line is where the next character stands, begin where its record began; both count from 1.
	line, begin int
	// afterCR: the last character was a CR, so that a LF ends no other line.
	afterCR bool
	// size is that of the record so far.
	size   int
	fields []string
	field  strings.Builder
	state  csvState
}

type csvState int

const (
	atStart  csvState = iota // of a field
	inPlain                  // in a field without quotes
	inQuotes                 // in a field with quotes
	behind                   // a quote that ends a field, or begins ""
)

// newCSVReader drops a byte order mark.
func newCSVReader(file io.Reader) *csvReader {
	in := bufio.NewReaderSize(file, 64*1024)
	if start, _ := in.Peek(len(byteOrderMark)); string(start) == string(byteOrderMark) {
		_, _ = in.Discard(len(byteOrderMark))
	}
	return &csvReader{in: in, line: 1}
}

// header reads the names of the columns.
func (c *csvReader) header() ([]string, error) {
	names, err := c.record()
	if err == io.EOF {
		return nil, ValidationError("CSV has no header")
	}
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		if seen[name] {
			return nil, ValidationError("CSV header has a name twice")
		}
		seen[name] = true
	}
	return names, err
}

// row reads a record of so many fields, which has a key. Behind the last one it is io.EOF.
func (c *csvReader) row(length int) ([]string, error) {
	fields, err := c.record()
	switch {
	case err != nil:
		return nil, err
	case len(fields) != length:
		return nil, c.torn()
	case fields[0] == "":
		return nil, ValidationError(fmt.Sprintf("CSV line %d has no key", c.begin))
	}
	return fields, nil
}

// record reads the fields up to the end of a record, and over empty lines.
func (c *csvReader) record() ([]string, error) {
	c.begin, c.size, c.fields, c.state = c.line, 0, nil, atStart
	for {
		char, size, err := c.in.ReadRune()
		if err == io.EOF {
			return c.atEnd()
		}
		if err != nil {
			return nil, Unavailable("file cannot be read")
		}
		if char == utf8.RuneError && size == 1 {
			return nil, ValidationError(fmt.Sprintf("CSV line %d is not UTF-8", c.line))
		}
		halfOfCRLF := char == '\n' && c.afterCR
		c.afterCR = char == '\r'
		if (char == '\n' || char == '\r') && !halfOfCRLF {
			c.line++
		}
		if c.state != inQuotes && (char == '\n' || char == '\r') {
			switch {
			case len(c.fields) > 0 || c.state != atStart:
				return c.ended(), nil
			default: // an empty line, or the LF of a CRLF
				c.begin = c.line
				continue
			}
		}
		if c.size += size; c.size > maxRecord {
			return nil, ValidationError(fmt.Sprintf("CSV line %d is too long", c.begin))
		}
		if !c.take(char) {
			return nil, c.torn()
		}
	}
}

// take takes one character of a record; it is false when the character may not stand there.
func (c *csvReader) take(char rune) bool {
	switch {
	case char == 0:
		return false
	case c.state == inQuotes && char == '"':
		c.state = behind
	case c.state == inQuotes:
		c.field.WriteRune(char)
	case char == ',':
		c.endField()
	case char == '"':
		// A quote begins a field, or is the second of two.
		if c.state == inPlain {
			return false
		}
		if c.state == behind {
			c.field.WriteRune(char)
		}
		c.state = inQuotes
	case c.state == behind:
		return false
	default:
		c.state = inPlain
		c.field.WriteRune(char)
	}
	return true
}

func (c *csvReader) endField() {
	c.fields = append(c.fields, c.field.String())
	c.field.Reset()
	c.state = atStart
}

func (c *csvReader) ended() []string {
	c.endField()
	return c.fields
}

// atEnd ends what the file ends with.
func (c *csvReader) atEnd() ([]string, error) {
	switch {
	case c.state == inQuotes:
		return nil, c.torn()
	case len(c.fields) == 0 && c.state == atStart:
		return nil, io.EOF
	}
	return c.ended(), nil
}

func (c *csvReader) torn() error {
	return ValidationError(fmt.Sprintf("CSV line %d is torn", c.begin))
}
