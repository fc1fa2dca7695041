package domain

import (
	"encoding/json"
	"errors"
	"testing"

	"go.temporal.io/sdk/temporal"

	"durable-pipelines/connectors"
)

// typedText is what the rules make of data, as JSON, or the words of what it breaks.
func typedText(t *testing.T, data string) string {
	t.Helper()
	value, ok := connectors.StrictJSON([]byte(data))
	if !ok {
		t.Fatal(data)
	}
	record, err := Typed(connectors.RawRecord{ID: "1", Data: value.(map[string]any)})
	var broken *temporal.ApplicationError
	if errors.As(err, &broken) {
		return broken.Message()
	}
	text, err := json.Marshal(record.Data)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestNumbers(t *testing.T) {
	for value, want := range map[string]string{
		`"NA"`: "null", `null`: "null", `5`: "5", `" \t+5. "`: "5", `".5e1"`: "5", `"-0"`: "0", `-0`: "0",
		`9007199254740993`: "9007199254740992", `""`: "", `"  "`: "", `"0x10"`: "", `"Infinity"`: "", `"1e400"`: "",
		`1e400`: "", `true`: "", `[5]`: "", `{}`: "", `"\u00a05"`: "", `"5\n"`: "", `"1_0"`: "",
	} {
		if want == "" {
			want = "1: year is not a number"
		} else {
			want = `{"year":` + want + `}`
		}
		if got := typedText(t, `{"year":`+value+`}`); got != want {
			t.Errorf("%s: got %s, want %s", value, got, want)
		}
	}
}

func TestClocksOfNewYork(t *testing.T) {
	const noTime, noDelay = "1: sched_dep_time is not a time", "1: dep_delay is not a delay"
	for data, want := range map[string]string{
		`"year":2013,"month":3,"day":10,"sched_dep_time":230`:                 "2013-03-10T07:30:00Z",
		`"year":2013,"month":3,"day":10,"sched_dep_time":"300"`:               "2013-03-10T07:00:00Z",
		`"year":2013,"month":11,"day":3,"sched_dep_time":130`:                 "2013-11-03T05:30:00Z",
		`"year":2013,"month":11,"day":3,"sched_dep_time":200`:                 "2013-11-03T07:00:00Z",
		`"year":2013,"month":12,"day":31,"sched_dep_time":2400`:               "2014-01-01T05:00:00Z",
		`"year":2013,"month":12,"day":31,"sched_dep_time":2401`:               noTime,
		`"year":2013,"month":1,"day":1,"sched_dep_time":559`:                  "2013-01-01T10:59:00Z",
		`"year":2013,"month":1,"day":1,"sched_dep_time":560`:                  noTime,
		`"year":2013,"month":1,"day":1,"sched_dep_time":515.5`:                noTime,
		`"year":2013,"month":2,"day":29,"sched_dep_time":515`:                 noTime,
		`"year":20130,"month":1,"day":1,"sched_dep_time":515`:                 noTime,
		`"year":9999,"month":12,"day":31,"sched_dep_time":2300`:               noTime,
		`"year":1,"month":1,"day":1,"sched_dep_time":0,"dep_delay":-1000`:     noTime,
		`"year":2013,"month":1,"day":1,"sched_dep_time":515,"dep_delay":1.5`:  noDelay,
		`"year":2013,"month":1,"day":1,"sched_dep_time":515,"dep_delay":1e12`: noDelay,
		`"year":2013,"month":1,"day":1,"sched_dep_time":"NA"`:                 "1: sched_dep_time is not a number",
		`"month":1,"day":1,"sched_dep_time":null`:                             "1: year is not a number",
		`"year":2013,"month":"x","day":"x","sched_dep_time":null`:             "1: day is not a number",
	} {
		got := typedText(t, "{"+data+"}")
		var record struct {
			Scheduled string `json:"sched_dep_time"`
		}
		if json.Unmarshal([]byte(got), &record) == nil {
			got = record.Scheduled
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", data, got, want)
		}
	}
}

func TestADelayIsAddedToTheInstant(t *testing.T) {
	const flight = `{"year":2013,"month":3,"day":9,"sched_dep_time":2359`
	const typed = `"month":3,"sched_dep_time":"2013-03-10T04:59:00Z","year":2013}`
	for delay, want := range map[string]string{
		`}`:                  `{"day":9,"dep_time":null,` + typed,
		`,"dep_delay":"NA"}`: `{"day":9,"dep_delay":null,"dep_time":null,` + typed,
		`,"dep_delay":181}`:  `{"day":9,"dep_delay":181,"dep_time":"2013-03-10T08:00:00Z",` + typed,
	} {
		if got := typedText(t, flight+delay); got != want {
			t.Errorf("%s: got %s, want %s", delay, got, want)
		}
	}
}
