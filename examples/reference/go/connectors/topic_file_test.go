package connectors

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func topicOf(t *testing.T, body string) (connection, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "topic.ndjson")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + file, file
}

func TestWhatIsNoMessageIsHandedOn(t *testing.T) {
	const whole = `{"id":"a","body":"x"}` + "\n"
	tests := map[string]struct {
		in     string
		want   string
		cursor int64
	}{
		"blank lines":          {"\n\r\n" + whole + "\n", `[{"id":"a","body":"x"}]`, 26},
		"text":                 {"hello\n" + whole, `[{"id":"@0","body":"hello","fault":"not a message"},{"id":"a","body":"x"}]`, 28},
		"no id":                {"\n" + `{"id":"","body":"x"}` + "\n", `[{"id":"@1","body":"x"}]`, 22},
		"another case":         {`{"Id":"a","body":"x"}` + "\n", `[{"id":"@0","body":"{\"Id\":\"a\",\"body\":\"x\"}","fault":"not a message"}]`, 22},
		"no UTF-8":             {"\xff\xe2\x82\n", "[{\"id\":\"@0\",\"body\":\"\ufffd\ufffd\",\"fault\":\"not a message\"}]", 4},
		"half a line":          {whole + `{"id"`, `[{"id":"a","body":"x"}]`, 22},
		"a long line, no end":  {strings.Repeat("x", 3*maxLine), `null`, 0},
		"a long line":          {strings.Repeat("x", 3*maxLine) + "\n", `[{"id":"@0","body":"` + strings.Repeat("x", 1024) + `","fault":"too long"}]`, 3*maxLine + 1},
		"as long as it may be": {strings.Repeat("x", maxLine) + "\n", `[{"id":"@0","body":"` + strings.Repeat("x", 1024) + `","fault":"not a message"}]`, maxLine + 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			topic, _ := topicOf(t, test.in)
			page, err := ReadTopic(t.Context(), topic, 0, 10)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ToJSON(page.Messages)
			if err != nil || got != test.want || page.Cursor != test.cursor {
				t.Errorf("got %s and %d, want %s and %d", got, page.Cursor, test.want, test.cursor)
			}
		})
	}
}

func TestPublishingEndsAHalfWrittenLine(t *testing.T) {
	topic, file := topicOf(t, "hello\n"+`{"id":"a","body":"x"}`+"\n"+`{"id":"b"`)
	messages := []Message{{ID: "a", Body: "y"}, {ID: "c", Body: "y"}, {Body: "z"}, {Body: "z"}}
	for range 2 {
		if err := Publish(t.Context(), topic, messages[:2]); err != nil {
			t.Fatal(err)
		}
	}
	if err := Publish(t.Context(), topic, messages[2:]); err != nil {
		t.Fatal(err)
	}
	const nameless = `{"id":"","body":"z"}` + "\n"
	want := "hello\n" + `{"id":"a","body":"x"}` + "\n" + `{"id":"b"` + "\n" + `{"id":"c","body":"y"}` + "\n" + nameless + nameless
	if got, _ := os.ReadFile(file); string(got) != want {
		t.Errorf("got %s", got)
	}
}
