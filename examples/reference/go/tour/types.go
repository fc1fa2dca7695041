// Package tour is the tour: each idea of Temporal once, in a few lines. It counts the flights of one
// carrier after another.
package tour

import (
	"encoding/json"
	"fmt"
	"regexp"

	"durable-pipelines/connectors"
)

// What goes into the tour and what comes out. The contract: examples/contract/tour.json.

const (
	ruleReport   = "must be a file:// URL"
	ruleCarriers = "must hold at least one carrier"
	ruleCarrier  = "must be a code of two letters or digits"
	rulePause    = "must be a whole number from 1 to 31536000"
)

const year = 31_536_000

var (
	fileURL     = regexp.MustCompile(`^file:///.`)
	carrierCode = regexp.MustCompile(`^[0-9A-Z]{2}$`)
)

// TourInput is what the tour is asked to do.
type TourInput struct {
	TourID           string   `json:"tour_id"`
	ConnectionString string   `json:"connection_string"`
	ReportURL        string   `json:"report_url"`
	Carriers         []string `json:"carriers"`
	PauseSeconds     int      `json:"pause_seconds"`
	// Carried is what earlier runs counted.
	Carried []Report `json:"carried,omitempty"`
}

func (in TourInput) check(c *connectors.Checks) {
	c.Name("tour_id", in.TourID)
	c.Connection("connection_string", in.ConnectionString)
	c.Rule("report_url", fileURL.MatchString(in.ReportURL), ruleReport)
	for i, carrier := range in.Carriers {
		field := fmt.Sprintf("carriers[%d]", i)
		c.Rule(field, isCarrier(carrier), ruleCarrier)
	}
	c.Rule("carriers", len(in.Carriers) > 0, ruleCarriers)
	checkPause(c, in.PauseSeconds)
	c.Rule("carried", true, "")
}

func isCarrier(code string) bool {
	return carrierCode.MatchString(code)
}

func checkPause(c *connectors.Checks, seconds int) {
	c.Rule("pause_seconds", seconds >= 1 && seconds <= year, rulePause)
}

// Report is how many flights a carrier had.
type Report struct {
	Carrier string `json:"carrier"`
	Flights int    `json:"flights"`
}

// TourOutput is what the tour answers.
type TourOutput struct {
	TourID  string   `json:"tour_id"`
	Reports []Report `json:"reports"`
	Total   int      `json:"total"`
}

// Progress answers the query "progress"; its phase is counting, pausing or done.
type Progress struct {
	Phase     string `json:"phase"`
	Processed int    `json:"processed"`
	Total     int    `json:"total"`
}

// ReportInput is what the child is asked, and its activity too.
type ReportInput struct {
	Carrier          string `json:"carrier"`
	ConnectionString string `json:"connection_string"`
}

// WriteInput asks for reports in a file.
type WriteInput struct {
	ReportURL string   `json:"report_url"`
	Reports   []Report `json:"reports"`
}

// validate checks the input; it names the first field at fault.
func validate(raw json.RawMessage) (TourInput, error) {
	input := TourInput{Carried: []Report{}}
	checks := connectors.Decode(raw, &input)
	input.check(checks)
	if checks.Fault == "" {
		return input, nil
	}
	return TourInput{}, connectors.InvalidInput(checks.Fault)
}

// validatePause checks a pause in seconds.
func validatePause(seconds int) error {
	var checks connectors.Checks
	checkPause(&checks, seconds)
	if checks.Fault == "" {
		return nil
	}
	return connectors.InvalidInput(checks.Fault)
}
