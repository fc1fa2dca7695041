package streaming

import (
	"encoding/json"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"durable-pipelines/connectors"
)

// Register tells a worker what this pipeline is made of.
func Register(r worker.Registry) {
	r.RegisterWorkflow(StreamProcessing)
	r.RegisterActivity(ReadStreamEvents)
	r.RegisterActivity(ProcessStreamEvents)
	r.RegisterActivity(WriteStreamResults)
}

const (
	maxEvents  = 500
	maxWindows = 1000
	maxHistory = 1500
)

// #region options
// #step All three: short, and retried for as long as it takes
var options = workflow.ActivityOptions{
	StartToCloseTimeout: 60 * time.Second,
	RetryPolicy: &temporal.RetryPolicy{
		InitialInterval:    time.Second,
		MaximumInterval:    60 * time.Second,
		BackoffCoefficient: 2,
	},
}

// #endregion options

// #region messages
// #step The signal that stops the stream
const stopSignal = "stop_streaming"

// #step The query that asks how far it is
const progressQuery = "progress"

// #endregion messages

// start is where the first run begins. Its list is empty, not nil: nil would be null on the wire.
var start = Carried{OpenWindows: []Window{}}

// StreamProcessing reads, windows and publishes until it is told to stop; it answers what it did in
// all its runs. It keeps the cursor, the watermark and the open windows, and never sees an event. Its
// input is a StreamInput, taken raw: input of another type shall fail the workflow, while the SDK's own
// decoding would retry its task for ever.
func StreamProcessing(ctx workflow.Context, raw json.RawMessage) (StreamOutput, error) {
	// #region start
	// #step Refuse bad input at once
	input, err := validate(raw)
	if err != nil {
		return StreamOutput{}, err
	}
	size, lateness := input.WindowSize, input.latenessOrSize()
	patience := input.patienceOrNone()

	// #step Go on where the last run ended
	state := input.Carried
	before := state.ProcessedWindows

	// #step Hear the signal at any moment
	stop := workflow.GetSignalChannel(ctx, stopSignal)
	stopped := func() bool { return stop.Len() > 0 }

	// #step Answer the query at any moment
	phase := "reading"
	err = workflow.SetQueryHandler(ctx, progressQuery,
		func() (Progress, error) {
			return Progress{
				Phase:     phase,
				Processed: state.TotalEvents,
				Windows:   state.ProcessedWindows,
				Late:      state.LateEvents,
				Dead:      state.DeadEvents,
				Cursor:    state.Cursor,
				Watermark: state.Watermark,
				Lateness:  lateness,
			}, nil
		})
	// #endregion start
	if err != nil {
		return StreamOutput{}, err
	}
	ctx = workflow.WithActivityOptions(ctx, options)

	// write publishes windows, and counts them.
	write := func(windows []Window) error {
		if len(windows) == 0 {
			return nil
		}
		err := workflow.ExecuteActivity(ctx, WriteStreamResults,
			WriteInput{input.StreamID, input.Target, windows}).Get(ctx, nil)
		if err != nil {
			return connectors.Failed("target topic", err)
		}
		state.ProcessedWindows += len(windows)
		return nil
	}

	// #region loop
	for !stopped() {
		// #step Read what is new behind the cursor
		phase = "reading"
		var read ReadOutput
		err := workflow.ExecuteActivity(ctx, ReadStreamEvents,
			ReadInput{input.Source, state.Cursor, maxEvents},
		).Get(ctx, &read)
		if err != nil {
			return StreamOutput{},
				connectors.Failed("source topic", err)
		}

		if read.Batch == nil {
			// #step Nothing new: sleep one window, or until the signal
			phase = "idle"
			state.Cursor = read.Cursor
			pause := min(size, patience)
			sleepCtx, wake := workflow.WithCancel(ctx)
			sleep := workflow.NewTimer(
				sleepCtx, time.Duration(pause)*time.Second)
			_ = workflow.Await(ctx, func() bool {
				return stopped() || sleep.IsReady()
			})
			wake()
			err := ctx.Err()
			if !stopped() {
				state.IdleSeconds += pause
			}

			// #step Idle for too long: close what is open
			if err == nil && state.IdleSeconds >= patience {
				err = write(state.OpenWindows)
				state.Watermark = endOf(
					state.OpenWindows, size, state.Watermark)
				state.OpenWindows = []Window{}
				state.IdleSeconds = 0
			}
			if err != nil {
				return StreamOutput{}, err
			}
		} else {
			// #step Sort the events into windows
			var done ProcessOutput
			err := workflow.ExecuteActivity(ctx, ProcessStreamEvents,
				ProcessInput{
					Batch:       *read.Batch,
					Target:      input.Target,
					WindowSize:  size,
					Lateness:    lateness,
					Watermark:   state.Watermark,
					OpenWindows: state.OpenWindows,
				}).Get(ctx, &done)
			if err != nil {
				return StreamOutput{}, connectors.Failed("events", err)
			}

			// #step Publish the windows that are closed
			if err := write(done.ClosedWindows); err != nil {
				return StreamOutput{}, err
			}

			// #step Only now is the batch behind us
			state.Cursor = read.Cursor
			state.IdleSeconds = 0
			state.Watermark = done.Watermark
			state.OpenWindows = done.OpenWindows
			state.TotalEvents += read.Batch.Count
			state.LateEvents += done.LateEvents
			state.DeadEvents += done.DeadEvents
		}

		// #step Begin a new history before this one is long
		info := workflow.GetInfo(ctx)
		full := info.GetContinueAsNewSuggested() ||
			info.GetCurrentHistoryLength() >= maxHistory ||
			state.ProcessedWindows-before >= maxWindows
		if full && !stopped() {
			next := input
			next.Carried = state
			return StreamOutput{}, workflow.NewContinueAsNewError(
				ctx, "StreamProcessing", next)
		}
	}
	// #endregion loop

	// #region stop
	// #step Publish the windows that are open, as far as they are
	phase = "stopping"
	if err := write(state.OpenWindows); err != nil {
		return StreamOutput{}, err
	}

	// #step Answer the totals, and where another can go on
	phase = "done"
	for stop.ReceiveAsync(nil) {
		// Taken, or the SDK warns of signals left behind.
	}
	return StreamOutput{
		StreamID:         input.StreamID,
		TotalEvents:      state.TotalEvents,
		ProcessedWindows: state.ProcessedWindows,
		Carried:          state,
	}, nil
	// #endregion stop
}

// endOf is when the last of the windows ends; with none, the watermark as it was.
func endOf(windows []Window, size int, watermark *string) *string {
	if len(windows) == 0 {
		return watermark
	}
	last := windows[len(windows)-1].WindowStart
	return new(instant(seconds(&last) + int64(size)))
}
