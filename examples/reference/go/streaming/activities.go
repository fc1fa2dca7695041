package streaming

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"durable-pipelines/connectors"
)

// The three activities of the stream: all that touches topics and events.

// #region read

// ReadStreamEvents reads what is new behind the cursor, into
// staging.
func ReadStreamEvents(
	ctx context.Context, input ReadInput,
) (ReadOutput, error) {
	// #step Bounded: from the cursor, at most so many
	page, err := connectors.ReadTopic(
		ctx, input.Topic, input.Cursor, input.MaxEvents)
	if err != nil {
		return ReadOutput{}, err
	}
	if len(page.Messages) == 0 {
		return ReadOutput{nil, input.Cursor}, nil
	}

	// #step Stage the events, keep the reference
	runID := activity.GetInfo(ctx).WorkflowExecution.RunID
	uri := connectors.StagedAt(fmt.Sprintf(
		"%s/events/%012d.ndjson", runID, input.Cursor))
	batch, err := connectors.Stage(uri, page.Messages)
	return ReadOutput{&batch, page.Cursor}, err
}

// #endregion read

// #region process

// ProcessStreamEvents sorts a batch of events into windows. The
// same input gives the same output, whenever it runs.
func ProcessStreamEvents(
	ctx context.Context, input ProcessInput,
) (ProcessOutput, error) {
	size := int64(input.WindowSize)
	lateness := int64(input.Lateness)
	var messages []connectors.Message
	err := connectors.FetchStaged(input.Batch, &messages)
	if err != nil {
		return ProcessOutput{}, err
	}
	windows := byKey(input.OpenWindows)
	watermark := seconds(input.Watermark)
	var late, dead []connectors.Message

	for _, message := range messages {
		// #step What is no event goes aside, with the reason
		event, err := parse(message.Body)
		if err != nil {
			dead = append(dead, deadLetter(message, err))
			continue
		}

		// #step An event whose window is closed is late
		start := floor(event.departedAt, size)
		if start+size <= watermark {
			late = append(late, message)
			continue
		}

		// #step Any other counts in its window
		count(windows, instant(start), event)

		// #step The newest event moves the watermark
		watermark = max(watermark, event.departedAt-lateness)
	}

	// #step Nothing is dropped: late and dead have topics
	target := input.Target
	err = connectors.Publish(ctx, target+".late", late)
	if err == nil {
		err = connectors.Publish(ctx, target+".dead", dead)
	}

	// #step Windows behind the watermark are closed
	out := ProcessOutput{
		OpenWindows:   []Window{},
		ClosedWindows: []Window{},
		Watermark:     instantOrNil(watermark),
		LateEvents:    len(late),
		DeadEvents:    len(dead),
	}
	for _, key := range slices.Sorted(maps.Keys(windows)) {
		window := *windows[key]
		if seconds(&window.WindowStart)+size <= watermark {
			out.ClosedWindows = append(out.ClosedWindows, window)
		} else {
			out.OpenWindows = append(out.OpenWindows, window)
		}
	}
	return out, err
}

// #endregion process

// #region write

// WriteStreamResults publishes the results of closed windows.
func WriteStreamResults(
	ctx context.Context, input WriteInput,
) error {
	results := make([]connectors.Message, len(input.Windows))
	for i, window := range input.Windows {
		// #step The key of a window is its de-duplication id
		results[i].ID = input.StreamID + "/" + window.key()

		// #step Means are taken at the end, from sums
		var mean *float64
		if window.Departures > 0 {
			sum, count := window.DelaySum, window.Departures
			mean = new(float64(sum) / float64(count))
		}
		results[i].Body = connectors.ToJSON(result{
			StreamID:    input.StreamID,
			WindowStart: window.WindowStart,
			Origin:      window.Origin,
			Departures:  window.Departures,
			Cancelled:   window.Cancelled,
			MeanDelay:   mean,
			WorstDelay:  window.WorstDelay,
		})
	}

	// #step Published again, a window is still there once
	return connectors.Publish(ctx, input.Topic, results)
}

// #endregion write

// result is the body of a message in the target topic.
type result struct {
	StreamID    string   `json:"stream_id"`
	WindowStart string   `json:"window_start"`
	Origin      string   `json:"origin"`
	Departures  int      `json:"departures"`
	Cancelled   int      `json:"cancelled"`
	MeanDelay   *float64 `json:"mean_delay"`
	WorstDelay  *int     `json:"worst_delay"`
}

// deadLetter is a message as it came, and why it is no event.
func deadLetter(message connectors.Message, reason error) connectors.Message {
	body := struct {
		Reason string `json:"reason"`
		connectors.Message
	}{reason.Error(), message}
	return connectors.Message{Body: connectors.ToJSON(body), ID: message.ID}
}

// departure is an event. A flight that never left has no delay.
type departure struct {
	origin     string
	departedAt int64
	delay      *int
}

var (
	errNotJSON      = errors.New("not JSON")
	errNotDeparture = errors.New("not a departure")
)

// parse is the event in a message, or why it is none. It reads a map: a struct would take fields
// whatever their case.
func parse(body string) (departure, error) {
	if !json.Valid([]byte(body)) {
		return departure{}, errNotJSON
	}
	var event map[string]any
	if err := json.Unmarshal([]byte(body), &event); err != nil {
		return departure{}, errNotDeparture
	}
	origin, hasOrigin := event["origin"].(string)
	text, _ := event["departed_at"].(string)
	at, err := time.Parse(layout, text)
	// time.Parse takes fractions and single digits, which the contract has not.
	exact := err == nil && at.Format(layout) == text
	delay, hasDelay := toDelay(event)
	if !hasOrigin || !exact || !hasDelay {
		return departure{}, errNotDeparture
	}
	return departure{origin, at.Unix(), delay}, nil
}

// maxWhole is the largest number up to which every whole one is exact.
const maxWhole = 1 << 53

// toDelay is the delay in whole minutes, nil when it is null; ok is false when it is anything else.
func toDelay(event map[string]any) (delay *int, ok bool) {
	value, ok := event["delay_minutes"]
	if !ok || value == nil {
		return nil, ok
	}
	number, ok := value.(float64)
	if !ok || number != math.Trunc(number) || math.Abs(number) > maxWhole {
		return nil, false
	}
	return new(int(number)), true
}

// #region count

// count adds an event to its window, which begins with its
// first event.
func count(
	windows map[string]*Window, start string, event departure,
) {
	// #step One window an airport and a time
	one := Window{WindowStart: start, Origin: event.origin}
	window := windows[one.key()]
	if window == nil {
		window = &one
		windows[one.key()] = window
	}

	// #step A flight without a delay never left
	if event.delay == nil {
		window.Cancelled++
		return
	}

	// #step Sums can be added to; means cannot
	delay, worst := *event.delay, window.WorstDelay
	window.Departures++
	window.DelaySum += delay
	if worst == nil || delay > *worst {
		window.WorstDelay = &delay
	}
}

// #endregion count

// key is what a window is known by; the order of the keys is the order of the windows.
func (w Window) key() string {
	return w.WindowStart + "/" + w.Origin
}

func byKey(windows []Window) map[string]*Window {
	found := make(map[string]*Window, len(windows))
	for _, window := range windows {
		found[window.key()] = &window
	}
	return found
}

// layout is RFC 3339 in UTC, to the second.
const layout = "2006-01-02T15:04:05Z"

// never is before all instants.
const never = math.MinInt64

// seconds since the epoch of an instant that this pipeline wrote; never, when there is none.
func seconds(instant *string) int64 {
	if instant == nil {
		return never
	}
	at, _ := time.Parse(layout, *instant)
	return at.Unix()
}

func instant(seconds int64) string {
	return time.Unix(seconds, 0).UTC().Format(layout)
}

// instantOrNil is an instant, nil for never.
func instantOrNil(seconds int64) *string {
	if seconds == never {
		return nil
	}
	return new(instant(seconds))
}

// floor is the largest multiple of size that is not above at: whole division rounds to zero instead.
func floor(at, size int64) int64 {
	return at - ((at%size)+size)%size
}
