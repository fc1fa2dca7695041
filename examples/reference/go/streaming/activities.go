package streaming

import (
	"context"
	"fmt"
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
		return ReadOutput{nil, page.Cursor}, nil
	}

	// #step Stage the events, keep the reference
	runID := activity.GetInfo(ctx).WorkflowExecution.RunID
	events := runID + "/events"
	part := fmt.Sprintf("%012d", input.Cursor)
	folder := connectors.StagedAt(events + "/" + part)
	batch, err := connectors.Stage(folder, page.Messages)

	// #step Batches before this one are done with
	connectors.UnstageBehind(events, part)
	return ReadOutput{&batch, page.Cursor}, err
}

// #endregion read

// ahead is how far the clock that dates an event may be ahead of ours.
const ahead = 24 * time.Hour

// #region process

// ProcessStreamEvents sorts a batch of events into windows. The
// same input gives the same output, but for events of the
// future.
func ProcessStreamEvents(
	ctx context.Context, input ProcessInput,
) (ProcessOutput, error) {
	// #step Fetch the events behind the reference
	var messages []connectors.Message
	err := connectors.FetchStaged(input.Batch, &messages)
	if err != nil {
		return ProcessOutput{}, err
	}

	// #step Sort the events into windows
	latest := time.Now().Add(ahead).Unix()
	sorted := SortEvents(messages, Windowing{
		WindowSize:  input.WindowSize,
		Lateness:    input.Lateness,
		Watermark:   input.Watermark,
		OpenWindows: input.OpenWindows,
		Latest:      latest,
	})

	// #step Bound what goes through the history
	if len(sorted.OpenWindows) > maxOpenWindows {
		return ProcessOutput{}, connectors.InvalidInput(
			ruleTooMany)
	}

	// #step Nothing is dropped: late and dead have topics
	target, late, dead := input.Target, sorted.Late, sorted.Dead
	err = connectors.Publish(ctx, target+".late", late)
	if err == nil {
		err = connectors.Publish(ctx, target+".dead", dead)
	}

	// #step Hand on windows and watermark
	return ProcessOutput{
		OpenWindows:   sorted.OpenWindows,
		ClosedWindows: sorted.ClosedWindows,
		Watermark:     sorted.Watermark,
		LateEvents:    len(late),
		DeadEvents:    len(dead),
	}, err
}

// #endregion process

// #region write

// WriteStreamResults publishes the results of closed windows.
func WriteStreamResults(
	ctx context.Context, input WriteInput,
) error {
	results := make([]connectors.Message, len(input.Windows))
	for i, window := range input.Windows {
		// #step One id a window, and a new one when it has grown
		events := window.Departures + window.Cancelled
		results[i].ID = fmt.Sprintf("%s/%s/%d",
			input.StreamID, window.key(), events)

		// #step Means are taken at the end, from sums
		var mean *float64
		if window.Departures > 0 {
			sum, count := window.DelaySum, window.Departures
			mean = new(float64(sum) / float64(count))
		}
		// Text and numbers that are finite can be JSON.
		body, _ := connectors.ToJSON(result{
			StreamID:    input.StreamID,
			WindowStart: window.WindowStart,
			Origin:      window.Origin,
			Departures:  window.Departures,
			Cancelled:   window.Cancelled,
			MeanDelay:   mean,
			WorstDelay:  window.WorstDelay,
		})
		results[i].Body = body
	}

	// #step Published again, a result is still there once
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
