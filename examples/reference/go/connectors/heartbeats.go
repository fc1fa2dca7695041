package connectors

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

const heartbeatEvery = time.Second

// #region alive

// StayAlive heartbeats each second, with what details then
// returns, until the returned function is called. It keeps a
// slow attempt from being taken for a dead one, and an answer
// to a heartbeat is how a cancellation arrives.
func StayAlive(
	ctx context.Context, details func() []any,
) (done func()) {
	beating, stop := context.WithCancel(ctx)

	// #step Say so each second, also while nothing arrives
	beats := time.NewTicker(heartbeatEvery)
	go func() {
		defer beats.Stop()
		for beating.Err() == nil {
			select {
			case <-beating.Done():
			case <-beats.C:
				activity.RecordHeartbeat(ctx, details()...)
			}
		}
	}()

	// #step Until the work is done
	return stop
}

// #endregion alive

// NoDetails is what an attempt tells that has nothing to go on from.
func NoDetails() []any { return nil }
