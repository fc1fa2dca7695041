package signal

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// Cured counts departures until a minute is quiet, and takes what waits before it ends a run.
func Cured(ctx workflow.Context, count int) (int, error) {
	waiting := workflow.GetSignalChannel(ctx, "departed")
	// #region run
	// #step Take a signal, until a minute is quiet
	for range most {
		some, _ := waiting.ReceiveWithTimeout(
			ctx, time.Minute, nil)
		if !some {
			return count, nil
		}
		count++
	}

	// #step Take what waits, and begin a new history
	for waiting.ReceiveAsync(nil) {
		count++
	}
	return 0, workflow.NewContinueAsNewError(
		ctx, "SignalCured", count)
	// #endregion run
}
