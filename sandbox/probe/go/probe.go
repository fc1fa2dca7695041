// The Go probe: asks the connectors of the Go worker, one case a line, so that a fuzzer can hold the
// languages against each other. It is built into the worker's module by an overlay, in
// examples/reference/go:
//
//	go build -overlay ../../../sandbox/probe/go/overlay.json -o <file> ./probe
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.temporal.io/sdk/temporal"

	"durable-pipelines/connectors"
	"durable-pipelines/domain"
	"durable-pipelines/etl"
	"durable-pipelines/streaming"
	"durable-pipelines/tour"
)

// probed is one case; each kind has some of the fields.
type probed struct {
	N        json.RawMessage `json:"n"`
	Kind     string          `json:"kind"`
	Base64   []byte          `json:"base64"`
	Size     int             `json:"size"`
	URL      string          `json:"url"`
	Schemes  []string        `json:"schemes"`
	Pipeline string          `json:"pipeline"`
	Input    json.RawMessage `json:"input"`
	Cursor   json.RawMessage `json:"cursor"`
	Limit    int             `json:"limit"`

	Messages []connectors.Message `json:"messages"`
	streaming.Windowing
}

// endOfTime is 2100, in seconds since the epoch: later than any instant of a case that says nothing of it.
const endOfTime = 4_102_444_800

type failure struct {
	Type         string  `json:"type"`
	Message      string  `json:"message"`
	DelaySeconds float64 `json:"delay_seconds,omitempty"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			answer := answered(line)
			if _, err := fmt.Fprintln(out, answer); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// answered is a line of the output; whatever goes wrong is a verdict too.
func answered(line []byte) string {
	asked := probed{Windowing: streaming.Windowing{Latest: endOfTime}}
	verdict := map[string]any{}
	err := json.Unmarshal(line, &asked)
	if err == nil {
		verdict["ok"], err = guarded(asked)
	}
	if err != nil {
		verdict = map[string]any{"failure": failureOf(err)}
	}
	if len(asked.N) == 0 {
		asked.N = json.RawMessage("null")
	}
	text, err := connectors.ToJSON(map[string]any{"n": asked.N, "verdict": verdict})
	if err != nil {
		crash := failure{Type: "Crash", Message: err.Error()}
		text, _ = connectors.ToJSON(map[string]any{"n": asked.N, "verdict": map[string]any{"failure": crash}})
	}
	return text
}

func guarded(asked probed) (ok any, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("%v", panicked)
		}
	}()
	return tried(asked)
}

func failureOf(err error) failure {
	var known *temporal.ApplicationError
	if !errors.As(err, &known) {
		return failure{Type: "Crash", Message: err.Error()}
	}
	return failure{
		Type: known.Type(), Message: known.Message(), DelaySeconds: known.NextRetryDelay().Seconds(),
	}
}

func tried(asked probed) (any, error) {
	ctx := context.Background()
	switch asked.Kind {
	case "csv":
		return inFile(asked.Base64, func(connection string) (any, error) {
			return all(connectors.ReadCSV(ctx, connection, "", asked.Size))
		})
	case "json":
		return all(connectors.ReadAPI(ctx, asked.URL, "", asked.Size))
	case "events":
		return streaming.SortEvents(asked.Messages, asked.Windowing), nil
	case "input":
		return nil, validate(asked.Pipeline, asked.Input)
	case "url":
		return resolved(asked.URL, asked.Schemes)
	case "topic":
		return inFile(asked.Base64, func(connection string) (any, error) {
			text := strings.Trim(string(asked.Cursor), `"`)
			cursor, _ := strconv.ParseInt(text, 10, 64) // none is 0
			page, err := connectors.ReadTopic(ctx, connection, cursor, asked.Limit)
			messages := append([]connectors.Message{}, page.Messages...)
			return map[string]any{"messages": messages, "cursor": page.Cursor}, err
		})
	}
	return nil, fmt.Errorf("unknown kind %q", asked.Kind)
}

// inFile runs use with the URL of a file that holds body, for as long as it runs.
func inFile(body []byte, use func(connection string) (any, error)) (any, error) {
	folder, err := os.MkdirTemp("", "probe-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "case")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return nil, err
	}
	return use((&url.URL{Scheme: "file", Path: file}).String())
}

// all is what all pages hold, each record with what the rules of the data make of it.
func all(pages iter.Seq2[connectors.Page, error]) (any, error) {
	records, counts := []any{}, []int{}
	for page, err := range pages {
		if err != nil {
			return nil, err
		}
		counts = append(counts, len(page.Records))
		for _, record := range page.Records {
			var typed any
			clean, err := domain.Typed(record)
			if typed = clean.Data; err != nil {
				typed = map[string]any{"failure": failureOf(err)}
			}
			records = append(records, map[string]any{"id": record.ID, "data": record.Data, "typed": typed})
		}
	}
	return map[string]any{"records": records, "pages": counts}, nil
}

func validate(pipeline string, input json.RawMessage) error {
	switch pipeline {
	case "etl":
		return etl.Validate(input)
	case "streaming":
		return streaming.Validate(input)
	case "tour":
		return tour.Validate(input)
	}
	return fmt.Errorf("unknown pipeline %q", pipeline)
}

func resolved(connection string, schemes []string) (any, error) {
	address, err := connectors.Resolve(connection, schemes...)
	if err != nil {
		return nil, err
	}
	var port any
	if text := address.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil {
			return nil, err
		}
	}
	password, _ := address.User.Password()
	return map[string]any{
		"scheme":   address.Scheme,
		"user":     address.User.Username(),
		"password": password,
		"host":     address.Hostname(),
		"port":     port,
		"path":     address.Path,
		"query":    address.RawQuery,
	}, nil
}
