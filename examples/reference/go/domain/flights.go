// Package domain holds the rules of the data, which every pipeline shares.
package domain

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
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
var decimal = regexp.MustCompile(`^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$`)

func toNumber(id, field string, value any) (float64, error) {
	text, isText := value.(string)
	if number, isNumber := value.(json.Number); isNumber {
		text, isText = number.String(), true
	}
	text = strings.Trim(text, " \t")
	number, err := strconv.ParseFloat(text, 64)
	if !isText || err != nil || !decimal.MatchString(text) {
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
	wall, err := wallClock(id, flight)
	if err != nil {
		return err
	}
	scheduled := inNewYork(wall)

	// #step A delay may cross midnight: add it to the instant
	departed := scheduled
	late, err := delayOf(id, flight)
	if err != nil {
		return err
	}
	if late != nil {
		departed = scheduled.Add(*late)
	}
	if !hasFourDigits(scheduled) || !hasFourDigits(departed) {
		return noTime(id)
	}

	// #step Write RFC 3339, to the second
	flight["sched_dep_time"] = instant(scheduled)
	flight["dep_time"] = nil
	if late != nil {
		flight["dep_time"] = instant(departed)
	}
	return nil
}

// #endregion clock

// wallClock reads what calendar and clock show at the scheduled departure, as if they showed UTC.
// time.Date would take a 13th month or a 75th minute, so what no wall shows is refused here; "2400" is
// the end of the day.
func wallClock(id string, flight map[string]any) (time.Time, error) {
	var read [4]int
	whole := true
	for i, field := range []string{"year", "month", "day", "sched_dep_time"} {
		number, err := asNumber(id, field, flight[field])
		if err != nil {
			return time.Time{}, err
		}
		// All of them are below 10,000: a larger one need not fit.
		whole = whole && number == math.Trunc(number) && math.Abs(number) < 10_000
		read[i] = int(number)
	}
	if !whole {
		return time.Time{}, noTime(id)
	}
	year, month, day, clock := read[0], time.Month(read[1]), read[2], read[3]
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	onCalendar := year >= 1 && date.Year() == year && date.Month() == month && date.Day() == day
	onClock := clock >= 0 && clock <= 2400 && clock%100 < 60
	if !onCalendar || !onClock {
		return time.Time{}, noTime(id)
	}
	minutes := clock/100*60 + clock%100
	return date.Add(time.Duration(minutes) * time.Minute), nil
}

// asNumber is toNumber for what may be one already.
func asNumber(id, field string, value any) (float64, error) {
	if number, ok := value.(float64); ok {
		return number, nil
	}
	return toNumber(id, field, value)
}

// inNewYork is the instant at which New York shows a time, by RFC 5545: of two the first, and where
// clocks go forward over it, as if they had not. time.Date guarantees neither.
func inNewYork(wall time.Time) time.Time {
	_, before := wall.AddDate(0, 0, -1).In(newYork).Zone()
	_, after := wall.AddDate(0, 0, 1).In(newYork).Zone()
	first := wall.Add(-time.Duration(before) * time.Second)
	second := wall.Add(-time.Duration(after) * time.Second)
	_, atFirst := first.In(newYork).Zone()
	_, atSecond := second.In(newYork).Zone()
	if atFirst != before && atSecond == after {
		return second
	}
	return first
}

const maxDelay = 100_000

// delayOf is how late a flight left; nil when that is not known.
func delayOf(id string, flight map[string]any) (*time.Duration, error) {
	minutes, known := flight["dep_delay"].(float64)
	if !known {
		return nil, nil
	}
	if minutes != math.Trunc(minutes) || math.Abs(minutes) > maxDelay {
		return nil, connectors.ValidationError(id + ": dep_delay is not a delay")
	}
	return new(time.Duration(minutes) * time.Minute), nil
}

// hasFourDigits reports whether RFC 3339 can write the year.
func hasFourDigits(at time.Time) bool {
	return at.UTC().Year() >= 1 && at.UTC().Year() <= 9999
}

func noTime(id string) error {
	return connectors.ValidationError(id + ": sched_dep_time is not a time")
}

func instant(at time.Time) string {
	return at.UTC().Format(time.RFC3339)
}
