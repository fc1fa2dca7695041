// The Go worker of the mistakes: told by its environment what the worker of the twins is told.
package main

import (
	"cmp"
	"fmt"
	"log"
	"log/slog"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"mistakes/activities"
	"mistakes/clock"
	"mistakes/failure"
	"mistakes/heartbeat"
	"mistakes/order"
	"mistakes/rows"
	"mistakes/secret"
	"mistakes/signal"
)

// workflows are all but heartbeat.Wrong, which does not compile.
var workflows = map[string]any{
	"ClockWrong":     clock.Wrong,
	"ClockCured":     clock.Cured,
	"FailureWrong":   failure.Wrong,
	"FailureCured":   failure.Cured,
	"HeartbeatCured": heartbeat.Cured,
	"OrderWrong":     order.Wrong,
	"OrderCured":     order.Cured,
	"RowsWrong":      rows.Wrong,
	"RowsCured":      rows.Cured,
	"SecretWrong":    secret.Wrong,
	"SecretCured":    secret.Cured,
	"SignalWrong":    signal.Wrong,
	"SignalCured":    signal.Cured,
}

func main() {
	if err := run(); err != nil {
		log.Fatalln("worker:", err)
	}
}

func run() error {
	// Every workflow task replays: a mistake shows at once, not weeks later.
	worker.SetStickyWorkflowCacheSize(0)
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return err
	}
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	temporal, err := client.Dial(options)
	if err != nil {
		return err
	}
	defer temporal.Close()

	w := worker.New(temporal, cmp.Or(os.Getenv("TEMPORAL_TASK_QUEUE"), "mistakes-go"), worker.Options{})
	for name, one := range workflows {
		w.RegisterWorkflowWithOptions(one, workflow.RegisterOptions{Name: name})
	}
	activities.Register(w)
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	fmt.Println("READY")
	<-worker.InterruptCh()
	return nil
}
