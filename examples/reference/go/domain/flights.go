// Package domain holds the rules of the data, which every pipeline shares.
package domain

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	// Time zones come with the program: a machine may have none.
	_ "time/tzdata"

	"durable-pipelines/connectors"
)

// The rules of the flight data, and of its weather and planes.

// KeyOf is the key of a record among those of all sources: it is unique in its own source alone.
func KeyOf(sourceID, id string) string {
	return sourceID + "/" + id
}

// numbers are the fields that hold numbers.
var numbers = func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq(
		`year month day dep_delay arr_time sched_arr_time arr_delay flight air_time distance hour minute
		 temp dewp humid wind_dir wind_speed wind_gust precip pressure visib engines seats speed`,
	) {
		names[name] = true
	}
	return names
}()

// #region typed

// Typed is a record with its values typed, or what it breaks.
func Typed(
	raw connectors.RawRecord,
) (connectors.RawRecord, error) {
	out := connectors.RawRecord{
		ID: raw.ID, Data: map[string]any{},
	}
	// In order, so that the first fault is always the same one.
	for _, field := range slices.Sorted(maps.Keys(raw.Data)) {
		value := raw.Data[field]
		switch {
		// #step "NA" is how the data says nothing
		case value == "NA", value == nil:
			out.Data[field] = nil
		// #step Numbers may come as text
		case numbers[field]:
			number, err := toNumber(raw.ID, field, value)
			if err != nil {
				return out, err
			}
			out.Data[field] = number
		// #step Everything else stays as it is
		default:
			out.Data[field] = value
		}
	}

	// #step Clock times become instants
	var err error
	if _, ok := out.Data["sched_dep_time"]; ok {
		err = departuresToUTC(out.ID, out.Data)
	}
	return out, err
}

// #endregion typed

// decimal is a number as the data writes it: no "0x1p-2", no "inf", which ParseFloat takes too.
var decimal = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)

func toNumber(id, field string, value any) (float64, error) {
	number, ok := value.(float64)
	if text, isText := value.(string); isText {
		text = strings.TrimSpace(text)
		parsed, err := strconv.ParseFloat(text, 64)
		number, ok = parsed, err == nil && decimal.MatchString(text)
	}
	if !ok {
		return 0, connectors.ValidationError(fmt.Sprintf("%s: %s is not a number", id, field))
	}
	return number + 0, nil // -0 becomes 0
}

// newYork is the zone of the three airports.
var newYork = func() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return zone
}()

// #region clock

// departuresToUTC makes "517" in New York, and how late it
// left, RFC 3339 in UTC. Arrivals are in other zones.
func departuresToUTC(id string, flight map[string]any) error {
	// #step Read the clock on the wall in New York
	at, err := wallClock(id, flight)
	if err != nil {
		return err
	}
	scheduled := time.Date(at.year, at.month, at.day,
		at.hour, at.minute, 0, 0, newYork)

	// #step A delay may cross midnight: add it to the instant
	var departed any
	if minutes, ok := flight["dep_delay"].(float64); ok {
		late := time.Duration(minutes * float64(time.Minute))
		departed = instant(scheduled.Add(late))
	}

	// #step Write RFC 3339, to the second
	flight["sched_dep_time"] = instant(scheduled)
	flight["dep_time"] = departed
	return nil
}

// #endregion clock

// wallTime is what a calendar and a clock on the wall say.
type wallTime struct {
	year         int
	month        time.Month
	day          int
	hour, minute int
}

// wallClock reads the scheduled departure. time.Date would take a 13th month or a 75th minute, so
// what no wall shows is refused here; "2400" is the end of the day.
func wallClock(id string, flight map[string]any) (wallTime, error) {
	var read [4]int
	for i, field := range []string{"year", "month", "day", "sched_dep_time"} {
		number, err := toNumber(id, field, flight[field])
		if err != nil {
			return wallTime{}, err
		}
		read[i] = int(number)
	}
	at := wallTime{read[0], time.Month(read[1]), read[2], read[3] / 100, read[3] % 100}
	_, month, day := time.Date(at.year, at.month, at.day, 0, 0, 0, 0, time.UTC).Date()
	onCalendar := month == at.month && day == at.day
	onClock := read[3] >= 0 && read[3] <= 2400 && at.minute < 60
	if !onCalendar || !onClock {
		return wallTime{}, connectors.ValidationError(id + ": sched_dep_time is not a time")
	}
	return at, nil
}

func instant(at time.Time) string {
	return at.UTC().Format(time.RFC3339)
}
