// The Go worker: hosts every pipeline of this module on one task queue.
//
// Where Temporal is comes from the standard environment (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …,
// or temporal.toml); TEMPORAL_TASK_QUEUE names the queue (default pipelines-go).
// Prints READY, and ends gracefully on SIGTERM or SIGINT.
package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"durable-pipelines/pipelines"
)

func main() {
	if err := run(); err != nil {
		// One line, whatever the error holds.
		fmt.Fprintln(os.Stderr, "worker:", strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}

func run() error {
	// 0 lets another worker, of another language, take over a run at once.
	if size, ok := os.LookupEnv("WORKFLOW_CACHE"); ok {
		n, err := strconv.Atoi(size)
		if err != nil || n < 0 {
			return fmt.Errorf("WORKFLOW_CACHE: must be a whole number, 0 or more")
		}
		worker.SetStickyWorkflowCacheSize(n)
	}

	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return err
	}
	// Logs go to stderr: stdout says READY.
	options.Logger = log.NewStructuredLogger(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	temporal, err := client.Dial(options)
	if err != nil {
		return err
	}
	defer temporal.Close()

	fatal := make(chan error, 1)
	w := worker.New(temporal, cmp.Or(os.Getenv("TEMPORAL_TASK_QUEUE"), "pipelines-go"), worker.Options{
		// A killed worker loses at most a second of heartbeats.
		MaxHeartbeatThrottleInterval:     time.Second,
		DefaultHeartbeatThrottleInterval: time.Second,
		// Activities that run may end before the worker does.
		WorkerStopTimeout: 10 * time.Second,
		OnFatalError:      func(err error) { fatal <- err },
	})
	pipelines.Register(w)
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	fmt.Println("READY")

	select {
	case <-worker.InterruptCh():
		return nil
	case err := <-fatal:
		return err
	}
}
