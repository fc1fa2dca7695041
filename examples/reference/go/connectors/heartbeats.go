package connectors

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
)

// Heartbeats while an activity waits: for a page, for a lock, for an answer.

const every = time.Second

// Alive is the heartbeats of one activity, until they are stopped. They come in order: none brings back
// details that were told before.
type Alive struct {
	ctx     context.Context
	order   sync.Mutex
	details any
	beats   sync.WaitGroup
	done    chan struct{}
}

// #region alive

// StayAlive heartbeats each second, with the details that were
// told last. It keeps a slow attempt from being taken for a
// dead one, and is how a cancellation arrives.
func StayAlive(ctx context.Context, details any) *Alive {
	alive := &Alive{ctx: ctx, details: details}
	alive.done = make(chan struct{})

	// #step Say so each second, also while nothing arrives
	alive.beats.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				alive.beat()
			case <-alive.done:
				return
			}
		}
	})
	return alive
}

// Stop is for defer: nothing beats after it.
func (a *Alive) Stop() {
	// #step Until the work is done
	close(a.done)
	a.beats.Wait()
}

// #endregion alive

// Tell heartbeats at once with new details, and from now on.
func (a *Alive) Tell(details any) {
	a.order.Lock()
	defer a.order.Unlock()
	a.details = details
	activity.RecordHeartbeat(a.ctx, a.details)
}

func (a *Alive) beat() {
	a.order.Lock()
	defer a.order.Unlock()
	activity.RecordHeartbeat(a.ctx, a.details)
}
