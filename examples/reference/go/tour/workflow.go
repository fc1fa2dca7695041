package tour

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
	r.RegisterWorkflow(Tour)
	r.RegisterWorkflow(CarrierReport)
	r.RegisterActivity(CountFlights)
	r.RegisterActivity(WriteReport)
}

const carriersARun = 5

// #region retry
var options = workflow.ActivityOptions{
	// #step How long one attempt may take
	StartToCloseTimeout: 60 * time.Second,

	// #step How many attempts, and the pauses between them
	RetryPolicy: &temporal.RetryPolicy{
		MaximumAttempts:    5,
		InitialInterval:    time.Second,
		MaximumInterval:    10 * time.Second,
		BackoffCoefficient: 2,

		// #step What no attempt can mend
		NonRetryableErrorTypes: []string{"NoSuchCarrier"},
	},
}

// #endregion retry

// CarrierReport is the report on one carrier: the child of a tour.
// #region workflow
// #step Its name, what it takes, what it gives
func CarrierReport(
	ctx workflow.Context, input ReportInput,
) (Report, error) {
	// #step What touches the world is an activity
	ctx = workflow.WithActivityOptions(ctx, options)
	var flights int
	err := workflow.ExecuteActivity(
		ctx, CountFlights, input).Get(ctx, &flights)

	// #step Its failure fails the workflow
	if err != nil {
		return Report{}, connectors.Failed("flights", err)
	}

	// #step What it returns is its result
	return Report{input.Carrier, flights}, nil
}

// #endregion workflow

// Tour counts one carrier after another, writes the reports, and answers them. Its input is a TourInput,
// taken raw: input of another type shall fail the workflow, while the SDK's own decoding would retry its
// task for ever.
func Tour(ctx workflow.Context, raw json.RawMessage) (TourOutput, error) {
	input, err := validate(raw)
	if err != nil {
		return TourOutput{}, err
	}
	carriers, reports := input.Carriers, input.Carried
	before := len(reports)
	pause := input.PauseSeconds
	phase := "counting"
	ctx = workflow.WithActivityOptions(ctx, options)

	// #region signal
	// #step Its name on the wire
	added := workflow.GetSignalChannel(ctx, "add_carrier")

	// #step It cannot refuse: what is no carrier is ignored
	drain := func() {
		carrier := ""
		for added.ReceiveAsync(&carrier) {
			if isCarrier(carrier) {
				carriers = append(carriers, carrier)
			}
			carrier = "" // a signal may bring nothing
		}
	}
	// #endregion signal

	// #region query
	// #step Its name on the wire
	const progress = "progress"

	// #step It reads, at any moment, and changes nothing
	err = workflow.SetQueryHandler(ctx, progress,
		func() (Progress, error) {
			return Progress{
				Phase:     phase,
				Processed: len(reports),
				Total:     before + len(carriers) + added.Len(),
			}, nil
		})
	// #endregion query
	if err != nil {
		return TourOutput{}, err
	}

	// #region update
	// #step The validator refuses before anything is written
	checks := workflow.UpdateHandlerOptions{
		Validator: validatePause,
	}

	// #step Its name on the wire
	const setPause = "set_pause"

	// #step What it does: it may answer, or fail
	handler := func(_ workflow.Context, seconds int) (int, error) {
		last := pause
		pause = seconds
		return last, nil
	}
	err = workflow.SetUpdateHandlerWithOptions(
		ctx, setPause, handler, checks)
	// #endregion update
	if err != nil {
		return TourOutput{}, err
	}

	// remaining is what is still to be counted, and what has come meanwhile.
	remaining := func() []string {
		drain()
		return carriers[len(reports)-before:]
	}
	write := func(ctx workflow.Context) error {
		err := workflow.ExecuteActivity(ctx, WriteReport,
			WriteInput{input.ReportURL, reports}).Get(ctx, nil)
		if err != nil {
			return connectors.Failed("report", err)
		}
		return nil
	}

	count := func() error {
		for rest := remaining(); len(rest) > 0; rest = remaining() {
			carrier := rest[0]

			// #region child
			// #step Start it by its type, with an id of ours
			id := workflow.GetInfo(ctx).WorkflowExecution.ID
			options := workflow.ChildWorkflowOptions{
				WorkflowID:          id + "/" + carrier,
				WaitForCancellation: true,
			}
			child := workflow.ExecuteChildWorkflow(
				workflow.WithChildOptions(ctx, options),
				CarrierReport,
				ReportInput{carrier, input.ConnectionString})

			// #step Its failure is ours
			var report Report
			if err := child.Get(ctx, &report); err != nil {
				return connectors.Failed("carrier "+carrier, err)
			}

			// #step Its result is a value
			reports = append(reports, report)
			// #endregion child

			if len(remaining()) == 0 {
				if err := write(ctx); err != nil {
					return err
				}
			}
			if len(remaining()) == 0 {
				break
			}

			// #region timer
			// #step Temporal waits: no process has to
			phase = "pausing"
			wait := time.Duration(pause) * time.Second
			if err := workflow.Sleep(ctx, wait); err != nil {
				return err
			}
			phase = "counting"
			// #endregion timer

			// #region continue-as-new
			// #step Before the history is long
			info := workflow.GetInfo(ctx)
			full := info.GetContinueAsNewSuggested() ||
				len(reports)-before >= carriersARun

			// #step Begin a new one, with all that must outlive it
			if full {
				next := input
				next.Carriers = remaining() // the channel is drained
				next.PauseSeconds = pause
				next.Carried = reports
				return workflow.NewContinueAsNewError(
					ctx, "Tour", next)
			}
			// #endregion continue-as-new
		}
		return nil
	}

	// #region cancel
	// #step Cancelled, whatever is awaited fails
	err = count()

	// #step Clean up where the cancellation does not reach
	if temporal.IsCanceledError(err) {
		disconnected, _ := workflow.NewDisconnectedContext(ctx)
		if failure := write(disconnected); failure != nil {
			err = failure
		}
	}

	// #step Then end as cancelled
	if err != nil {
		return TourOutput{}, err
	}
	// #endregion cancel

	phase = "done"
	total := 0
	for _, report := range reports {
		total += report.Flights
	}
	return TourOutput{input.TourID, reports, total}, nil
}
