package streaming

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"durable-pipelines/connectors"
)

// Windows: which event counts where. Nothing here knows of topics, of staging, or of what time it is.

// Windowing is how to sort, and where the last batch left it.
type Windowing struct {
	WindowSize  int      `json:"window_size_seconds"`
	Lateness    int      `json:"allowed_lateness_seconds"`
	Watermark   *string  `json:"watermark"`
	OpenWindows []Window `json:"open_windows"`
	// Latest is the last instant that is believed, in seconds since the epoch.
	Latest int64 `json:"latest"`
}

// Sorted is the windows after a batch, and the messages that are in none of them.
type Sorted struct {
	OpenWindows   []Window             `json:"open_windows"`
	ClosedWindows []Window             `json:"closed_windows"`
	Watermark     *string              `json:"watermark"`
	Late          []connectors.Message `json:"late"`
	Dead          []connectors.Message `json:"dead"`
}

// #region windows

// SortEvents counts messages in their windows. Late and dead
// ones are ready to publish.
func SortEvents(
	messages []connectors.Message, by Windowing,
) Sorted {
	size, lateness := int64(by.WindowSize), int64(by.Lateness)
	windows := byKey(by.OpenWindows)
	watermark := seconds(by.Watermark)
	out := Sorted{
		OpenWindows:   []Window{},
		ClosedWindows: []Window{},
		Late:          []connectors.Message{},
		Dead:          []connectors.Message{},
	}

	for _, message := range messages {
		// #step What is no event goes aside, with the reason
		event, fault := parse(message, by.Latest)
		if fault != nil {
			letter := deadLetter(message, fault)
			out.Dead = append(out.Dead, letter)
			continue
		}

		// #step An event whose window is closed is late
		start := floor(event.departedAt, size)
		if start+size <= watermark {
			out.Late = append(out.Late, message)
			continue
		}

		// #step Any other counts in its window
		count(windows, instant(start), event)

		// #step The newest event moves the watermark
		watermark = max(watermark, event.departedAt-lateness)
	}

	// #step Windows behind the watermark are closed
	for _, key := range slices.Sorted(maps.Keys(windows)) {
		window := *windows[key]
		if seconds(&window.WindowStart)+size <= watermark {
			out.ClosedWindows = append(out.ClosedWindows, window)
		} else {
			out.OpenWindows = append(out.OpenWindows, window)
		}
	}
	out.Watermark = instantOrNil(watermark)
	return out
}

// #endregion windows

// deadLetter is a message as it came, and why it is no event.
func deadLetter(message connectors.Message, reason error) connectors.Message {
	body, _ := connectors.ToJSON(struct { // what is text alone can be JSON
		Reason string `json:"reason"`
		ID     string `json:"id"`
		Body   string `json:"body"`
	}{reason.Error(), message.ID, message.Body})
	return connectors.Message{ID: message.ID, Body: body}
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

// departure is an event. A flight that never left has no delay.
type departure struct {
	origin     string
	departedAt int64
	delay      *int
}

var (
	errNotJSON      = errors.New("not JSON")
	errNotDeparture = errors.New("not a departure")
	errFuture       = errors.New("in the future")
	// airport is what goes into keys and headers: neither long nor with spaces.
	airport = regexp.MustCompile(`^[\x21-\x7E]{1,32}$`)
)

// #region event

// parse is the event in a message, or why it is none.
func parse(
	message connectors.Message, latest int64,
) (departure, error) {
	if message.Fault != "" {
		return departure{}, errors.New(message.Fault)
	}

	// #step Only JSON can be an event
	value, ok := connectors.StrictJSON([]byte(message.Body))
	if !ok {
		return departure{}, errNotJSON
	}

	// #step Only what can be trusted is a departure
	event, _ := value.(map[string]any)
	origin, _ := event["origin"].(string)
	at, hasTime := toSeconds(event["departed_at"])
	delay, hasDelay := toDelay(event)
	if !airport.MatchString(origin) || !hasTime || !hasDelay {
		return departure{}, errNotDeparture
	}

	// #step One from the future would make all others late
	if at > latest {
		return departure{}, errFuture
	}
	return departure{origin, at, delay}, nil
}

// #endregion event

// toSeconds is an instant in the years of aviation: one of the year 9999 would make all others late.
func toSeconds(value any) (seconds int64, ok bool) {
	text, _ := value.(string)
	at, err := time.Parse(layout, text)
	// time.Parse takes fractions and single digits, which the contract has not.
	exact := err == nil && at.Format(layout) == text
	return at.Unix(), exact && at.Year() >= 1970 && at.Year() <= 2099
}

// maxDelay is some ten weeks, in minutes.
const maxDelay = 100_000

// toDelay is the delay in whole minutes, nil when it is null; ok is false when it is anything else.
func toDelay(event map[string]any) (delay *int, ok bool) {
	value, ok := event["delay_minutes"]
	if !ok || value == nil {
		return nil, ok
	}
	text, _ := value.(json.Number)
	number, err := strconv.ParseFloat(text.String(), 64)
	if err != nil || number != math.Trunc(number) || math.Abs(number) > maxDelay {
		return nil, false
	}
	return new(int(number)), true
}

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
