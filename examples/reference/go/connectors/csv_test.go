package connectors

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readAll is the records of a CSV file as lines, or the words of its failure.
func readAll(t *testing.T, body string, size int) (string, []int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a b.csv")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	connection := (&url.URL{Scheme: "file", Path: file}).String()
	var records []RawRecord
	var counts []int
	for page, err := range ReadCSV(t.Context(), connection, "", size) {
		if err != nil {
			_, reason := CauseOf(err)
			return reason, counts
		}
		records = append(records, page.Records...)
		counts = append(counts, len(page.Records))
	}
	text, err := ToJSON(records)
	if err != nil {
		t.Fatal(err)
	}
	return text, counts
}

func TestCSVIsThatOfRFC4180(t *testing.T) {
	const x, y = `{"id":"1","data":{"a":"x"}}`, `{"id":"2","data":{"a":"y"}}`
	tests := map[string]struct{ in, want string }{
		"LF":                         {"id,a\n1,x\n2,y\n", "[" + x + "," + y + "]"},
		"CRLF, none at the end":      {"id,a\r\n1,x\r\n2,y", "[" + x + "," + y + "]"},
		"lone CR":                    {"id,a\r1,x\r2,y\r", "[" + x + "," + y + "]"},
		"mixed, with empty lines":    {"\nid,a\r\n\n1,x\r\r2,y", "[" + x + "," + y + "]"},
		"BOM before a quoted header": {"\ufeff\"id\",a\n1,x\n", "[" + x + "]"},
		"quotes hold line ends":      {"id,a\n1,\"x\r\ny\rz\n\"\n", `[{"id":"1","data":{"a":"x\r\ny\rz\n"}}]`},
		"quotes hold quotes":         {"id,a\n1,\"\"\"\"\n", `[{"id":"1","data":{"a":"\""}}]`},
		"a number for a name":        {"Country,1960\nAruba,", `[{"id":"Aruba","data":{"1960":""}}]`},
		"a key alone":                {"id\n1\n", `[{"id":"1","data":{}}]`},
		"no rows":                    {"id,a\n", `null`},
		"a quote in a plain field":   {"id,a\n1,6\" pipe", "CSV line 2 is torn"},
		"a space before a quote":     {"id,a\n1, \"x\"", "CSV line 2 is torn"},
		"text behind a quote":        {"id,a\n1,\"ab\"c", "CSV line 2 is torn"},
		"the end within quotes":      {"id,a\n1,x\n2,\"y\n\n", "CSV line 3 is torn"},
		"a short row":                {"id,a\r\n1,\"\r\n\"\r\n2\r\n", "CSV line 4 is torn"},
		"a long row":                 {"id,a\n1,x,z\n", "CSV line 2 is torn"},
		"NUL":                        {"id,a\n1,\x00\n", "CSV line 2 is torn"},
		"no UTF-8":                   {"id,a\n1,\"\n\xe9\"\n", "CSV line 3 is not UTF-8"},
		"a name twice":               {"id,a,id\n1,x,9", "CSV header has a name twice"},
		"nothing":                    {"", "CSV has no header"},
		"nothing but line ends":      {"\ufeff\r\n\n", "CSV has no header"},
		"no key":                     {"id,a\n1,x\n,y\n", "CSV line 3 has no key"},
		"a record too long":          {"id,a\n1," + strings.Repeat("x", maxRecord-1), "CSV line 2 is too long"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, _ := readAll(t, test.in, 100); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestCSVComesPageByPage(t *testing.T) {
	got, counts := readAll(t, "id\n1\n2\n3\n\"", 2)
	if got != "CSV line 5 is torn" || len(counts) != 1 || counts[0] != 2 {
		t.Errorf("got %s after %v", got, counts)
	}
}

func TestOnlyRegularFilesAreRead(t *testing.T) {
	for _, connection := range []string{"file://" + t.TempDir(), "file:///dev/zero", "file:///nowhere"} {
		for _, err := range ReadCSV(t.Context(), connection, "", 1) {
			if kind, reason := CauseOf(err); kind != "Unavailable" || reason != "file cannot be read" {
				t.Errorf("%s: got %s: %s", connection, kind, reason)
			}
		}
	}
}
