// Package streaming is the stream: departures as they happen, in windows per airport.
package streaming

import (
	"encoding/json"
	"math"
	"regexp"

	"durable-pipelines/connectors"
)

// What goes into the stream and what comes out. The contract: examples/contract/streaming.json.

// #region rules
// #step One rule a field, in the same words everywhere
const (
	ruleTopic    = "must be a nats:// or file:// URL"
	ruleOther    = "must differ from source_topic"
	ruleWindow   = "must be a whole number from 1 to 604800"
	ruleLateness = "must be a whole number from 0 to 604800"
	ruleIdle     = "must be a whole number from 1 to 604800"
	ruleTorn     = "has the wrong type"
)

// #endregion rules

const week = 604_800

// maxOpenWindows, with those that a batch closes, are 1,500 of at most 170 bytes: a payload under 256 KiB.
const (
	maxOpenWindows = 1000
	ruleTooMany    = "window_size_seconds: makes more than 1000 open windows"
)

var topicURL = regexp.MustCompile(`^(nats|file)://.`)

// Window is the departures of one airport in one window, so far. Delays are minutes.
type Window struct {
	WindowStart string `json:"window_start"`
	Origin      string `json:"origin"`
	Departures  int    `json:"departures"`
	Cancelled   int    `json:"cancelled"`
	DelaySum    int    `json:"delay_sum"`
	WorstDelay  *int   `json:"worst_delay"`
}

// UnmarshalJSON takes a window that is whole.
func (w *Window) UnmarshalJSON(raw []byte) error {
	type plain Window
	if err := connectors.Complete(raw, *w); err != nil {
		return err
	}
	return json.Unmarshal(raw, (*plain)(w))
}

// UnmarshalJSON notes whether what is carried is whole: what is missing would begin anew.
func (c *Carried) UnmarshalJSON(raw []byte) error {
	type plain Carried
	c.torn = connectors.Complete(raw, *c) != nil || json.Unmarshal(raw, (*plain)(c)) != nil ||
		min(c.TotalEvents, c.ProcessedWindows, c.LateEvents, c.DeadEvents, int(c.Cursor), c.IdleSeconds) < 0
	return nil
}

// #region input
// #step What one run hands on to the next, and to a later stream

// Carried is how far the stream is.
type Carried struct {
	TotalEvents      int      `json:"total_events"`
	ProcessedWindows int      `json:"processed_windows"`
	LateEvents       int      `json:"late_events"`
	DeadEvents       int      `json:"dead_events"`
	Cursor           int64    `json:"cursor"`
	Watermark        *string  `json:"watermark"`
	IdleSeconds      int      `json:"idle_seconds"`
	OpenWindows      []Window `json:"open_windows"`

	torn bool
}

// #step The stream: one topic in, one topic out

// StreamInput is what the stream is asked to do.
type StreamInput struct {
	StreamID   string  `json:"stream_id"`
	Source     string  `json:"source_topic"`
	Target     string  `json:"target_topic"`
	WindowSize int     `json:"window_size_seconds"`
	Lateness   *int    `json:"allowed_lateness_seconds,omitempty"`
	Patience   *int    `json:"idle_timeout_seconds,omitempty"`
	Carried    Carried `json:"carried"`
}

func (in StreamInput) check(c *connectors.Checks) {
	c.Name("stream_id", in.StreamID)
	checkTopic(c, "source_topic", in.Source)
	checkTopic(c, "target_topic", in.Target)
	size, lateness := in.WindowSize, in.latenessOrSize()
	c.Rule("window_size_seconds",
		size >= 1 && size <= week, ruleWindow)
	c.Rule("allowed_lateness_seconds",
		lateness >= 0 && lateness <= week, ruleLateness)
	idle := in.Patience == nil ||
		*in.Patience >= 1 && *in.Patience <= week
	c.Rule("idle_timeout_seconds", idle, ruleIdle)
	c.Rule("carried", !in.Carried.torn, ruleTorn)
	c.Rule("target_topic",
		in.Target != in.Source, ruleOther)
}

func checkTopic(c *connectors.Checks, field, topic string) {
	c.Rule(field, topicURL.MatchString(topic), ruleTopic)
	c.Connection(field, topic)
}

// latenessOrSize is one window, unless the input has it.
func (in StreamInput) latenessOrSize() int {
	if in.Lateness == nil {
		return in.WindowSize
	}
	return *in.Lateness
}

// patienceOrNone is how long nothing may come, unless it is as
// long as it likes.
func (in StreamInput) patienceOrNone() int {
	if in.Patience == nil {
		return math.MaxInt
	}
	return *in.Patience
}

// #endregion input

// #region output
// #step What the stream answers when it is stopped

// StreamOutput is what all runs of the stream did.
type StreamOutput struct {
	StreamID         string  `json:"stream_id"`
	TotalEvents      int     `json:"total_events"`
	ProcessedWindows int     `json:"processed_windows"`
	Carried          Carried `json:"carried"`
}

// #step What it says while it runs

// Progress answers the query "progress"; its phase is reading,
// idle, stopping or done.
type Progress struct {
	Phase     string  `json:"phase"`
	Processed int     `json:"processed"`
	Total     int     `json:"total"`
	Windows   int     `json:"windows"`
	Late      int     `json:"late"`
	Dead      int     `json:"dead"`
	Cursor    int64   `json:"cursor"`
	Watermark *string `json:"watermark"`
	Lateness  int     `json:"lateness_seconds"`
}

// #step What passes between its activities

// ReadInput asks for the events behind a cursor.
type ReadInput struct {
	Topic     string `json:"topic"`
	Cursor    int64  `json:"cursor"`
	MaxEvents int    `json:"max_events"`
}

// ReadOutput refers to what was staged; nil: nothing is new.
type ReadOutput struct {
	Batch  *connectors.Batch `json:"batch"`
	Cursor int64             `json:"cursor"`
}

// ProcessInput asks for one batch, sorted into windows.
type ProcessInput struct {
	Batch       connectors.Batch `json:"batch"`
	Target      string           `json:"target_topic"`
	WindowSize  int              `json:"window_size_seconds"`
	Lateness    int              `json:"allowed_lateness_seconds"`
	Watermark   *string          `json:"watermark"`
	OpenWindows []Window         `json:"open_windows"`
}

// ProcessOutput is the windows after the batch.
type ProcessOutput struct {
	OpenWindows   []Window `json:"open_windows"`
	ClosedWindows []Window `json:"closed_windows"`
	Watermark     *string  `json:"watermark"`
	LateEvents    int      `json:"late_events"`
	DeadEvents    int      `json:"dead_events"`
}

// WriteInput asks for windows in a topic.
type WriteInput struct {
	StreamID string   `json:"stream_id"`
	Topic    string   `json:"topic"`
	Windows  []Window `json:"windows"`
}

// #endregion output

// #region validate

// validate checks the input; it names the first field at fault.
func validate(raw json.RawMessage) (StreamInput, error) {
	// #step Check every field before any work is done
	input := StreamInput{Carried: start}
	checks := connectors.Decode(raw, &input, "carried")
	input.check(checks)
	if checks.Fault == "" {
		return input, nil
	}

	// #step Fail for good, and name the field
	return StreamInput{}, connectors.InvalidInput(checks.Fault)
}

// #endregion validate
