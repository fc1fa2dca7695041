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

func publish(t *testing.T, topic string, ids ...string) {
	t.Helper()
	var messages []Message
	for _, id := range ids {
		messages = append(messages, Message{ID: id, Body: "x"})
	}
	if err := Publish(t.Context(), topic, messages); err != nil {
		t.Fatal(err)
	}
}

func TestMarksOfAnotherFileAreNotBelieved(t *testing.T) {
	topic, file := topicOf(t, "")
	publish(t, topic, "a", "b", "c")
	for _, other := range []string{
		`{"id":"b","body":"other"}` + "\n", // shorter
		`{"id":"b","body":"other"}` + "\n" + strings.Repeat(" \n", 100),
	} {
		if err := os.WriteFile(file, []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		publish(t, topic, "a", "b")
		publish(t, topic, "c")
		if body, _ := os.ReadFile(file); strings.Count(string(body), `"id"`) != 3 || !strings.HasPrefix(string(body), other) {
			t.Errorf("got %s", body)
		}
	}
}

func TestWhatAPublisherThatDiedHasWrittenIsMarked(t *testing.T) {
	topic, file := topicOf(t, "")
	publish(t, topic, "a")
	// Others write no marks; one of their lines is longer than a chunk, and a chunk is not all there is.
	more := strings.Repeat("y", 2*maxLine) + "\n" + `{"id":"b","body":"` + strings.Repeat("x", maxLine-100) + `"}` + "\n" +
		`{"id":"c","body":"x"}` + "\n"
	opened, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = opened.WriteString(more)
	}
	if err != nil || opened.Close() != nil {
		t.Fatal(err)
	}
	publish(t, topic, "a", "b", "c", "d", "d")
	body, _ := os.ReadFile(file)
	if got := strings.Count(string(body), `"id"`); got != 4 {
		t.Errorf("got %d messages", got)
	}
	marks, err := os.ReadDir(file + ".ids")
	if err != nil || len(marks) != 5 {
		t.Errorf("got %v, %v", marks, err)
	}
}
