package streaming

import (
	"strings"
	"testing"
	"time"

	"durable-pipelines/connectors"
)

// latest is the end of the year 2098.
var latest = time.Date(2098, 12, 31, 23, 59, 59, 0, time.UTC).Unix()

// sorted sorts bodies of events into windows of an hour.
func sorted(t *testing.T, bodies ...string) Sorted {
	t.Helper()
	messages := make([]connectors.Message, len(bodies))
	for i, body := range bodies {
		messages[i] = connectors.Message{ID: "m", Body: body}
	}
	return SortEvents(messages, Windowing{WindowSize: 3600, Latest: latest})
}

func TestOnlyDeparturesAreCounted(t *testing.T) {
	event := func(origin, at, delay string) string {
		return `{"origin":` + origin + `,"departed_at":"` + at + `","delay_minutes":` + delay + `}`
	}
	const at, noon = `"JFK"`, "2013-01-01T12:00:00Z"
	const noEvent, noJSON = "not a departure", "not JSON"
	for body, reason := range map[string]string{
		event(at, noon, "5.0"):                            "",
		event(at, noon, "5e0"):                            "",
		event(at, noon, "null"):                           "",
		event(at, "2098-12-31T23:59:59Z", "-100000"):      "",
		event(at, "2099-01-01T00:00:00Z", "1"):            "in the future",
		"\ufeff" + event(at, noon, "1"):                   "",
		event(at, noon, "1.5"):                            noEvent,
		event(at, noon, "100001"):                         noEvent,
		event(at, noon, "1e400"):                          noEvent,
		event(at, noon, `"5"`):                            noEvent,
		event(at, "2013-01-01T12:00:00.500Z", "1"):        noEvent,
		event(at, "2013-02-30T12:00:00Z", "1"):            noEvent,
		event(at, "9999-12-31T23:59:59Z", "1"):            noEvent,
		event(at, "1969-12-31T23:59:59Z", "1"):            noEvent,
		event(`""`, noon, "1"):                            noEvent,
		event(`"J K"`, noon, "1"):                         noEvent,
		event(`"J\r\n"`, noon, "1"):                       noEvent,
		event(`"`+strings.Repeat("x", 33)+`"`, noon, "1"): noEvent,
		event(`"\ud800"`, noon, "1"):                      noJSON,
		`{"origin":"JFK","departed_at":"` + noon + `"}`:   noEvent,
		`[1]`:   noEvent,
		`hello`: noJSON,
		``:      noJSON,
	} {
		out, got := sorted(t, body), ""
		if len(out.Dead) == 1 {
			got = out.Dead[0].Body
		}
		if reason == "" && got != "" || reason != "" && !strings.HasPrefix(got, `{"reason":"`+reason+`","id":"m","body":`) {
			t.Errorf("%s: got %s, want %s", body, got, reason)
		}
	}
}

func TestAFaultIsDead(t *testing.T) {
	out := SortEvents([]connectors.Message{{ID: "@0", Body: "x", Fault: "too long"}}, Windowing{WindowSize: 1})
	if len(out.Dead) != 1 {
		t.Fatal(out)
	}
	want := connectors.Message{ID: "@0", Body: `{"reason":"too long","id":"@0","body":"x"}`}
	if out.Dead[0] != want {
		t.Errorf("got %v", out.Dead[0])
	}
}

func TestWindowsCloseBehindTheWatermark(t *testing.T) {
	out := sorted(t,
		`{"origin":"LGA","departed_at":"2013-01-01T10:59:59Z","delay_minutes":3}`,
		`{"origin":"JFK","departed_at":"2013-01-01T10:00:00Z","delay_minutes":null}`,
		`{"origin":"JFK","departed_at":"2013-01-01T11:00:00Z","delay_minutes":-1}`,
		`{"origin":"JFK","departed_at":"2013-01-01T10:30:00Z","delay_minutes":-1}`,
	)
	var closed []string
	for _, window := range out.ClosedWindows {
		closed = append(closed, window.key())
	}
	if got := strings.Join(closed, " "); got != "2013-01-01T10:00:00Z/JFK 2013-01-01T10:00:00Z/LGA" {
		t.Errorf("closed %s", got)
	}
	if len(out.OpenWindows) != 1 || len(out.Late) != 1 || *out.Watermark != "2013-01-01T11:00:00Z" {
		t.Errorf("got %+v", out)
	}
}

func TestTheLastWindowEndsLast(t *testing.T) {
	windows := []Window{
		{WindowStart: "2013-01-01T12:00:00Z", Origin: "JFK"},
		{WindowStart: "2013-01-01T13:00:00Z", Origin: "EWR"},
	}
	if got := endOf(windows, 3600, nil); got == nil || *got != "2013-01-01T14:00:00Z" {
		t.Errorf("got %v", got)
	}
	if got := endOf(nil, 3600, nil); got != nil {
		t.Errorf("got %v", *got)
	}
}
