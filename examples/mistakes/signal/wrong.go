// Package signal is about signals that wait while a run ends.
package signal

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

const most = 10

// Wrong counts departures until a minute is quiet, and ends a run while signals wait.
func Wrong(ctx workflow.Context, count int) (int, error) {
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

	// #step Begin a new history
	return 0, workflow.NewContinueAsNewError(
		ctx, "SignalWrong", count)
	// #endregion run
}
