// Replays histories against the workflows of this module: `replay <file>…`, each a history in Protobuf.
//
// Prints a line of JSON for each, `{"file":"…"}`, with an "error" when a worker of today could not go on with it.
package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"os"

	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"durable-pipelines/pipelines"
)

// workflowsOnly takes workflows for a replayer; in a replay, no activity runs.
type workflowsOnly struct {
	worker.Registry
	replayer worker.WorkflowReplayer
}

func (r workflowsOnly) RegisterWorkflow(w any) { r.replayer.RegisterWorkflow(w) }

func (r workflowsOnly) RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions) {
	r.replayer.RegisterWorkflowWithOptions(w, options)
}

func (workflowsOnly) RegisterActivity(any) {}

func (workflowsOnly) RegisterActivityWithOptions(any, activity.RegisterOptions) {}

type verdict struct {
	File  string `json:"file"`
	Error string `json:"error,omitempty"`
}

func main() {
	quiet := log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	replayer := worker.NewWorkflowReplayer()
	pipelines.Register(workflowsOnly{replayer: replayer})
	out := json.NewEncoder(os.Stdout)
	for _, file := range os.Args[1:] {
		result := verdict{File: file}
		if err := replay(replayer, quiet, file); err != nil {
			result.Error = err.Error()
		}
		if err := out.Encode(result); err != nil {
			os.Exit(1)
		}
	}
}

func replay(replayer worker.WorkflowReplayer, logger log.Logger, file string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var recorded history.History
	if err := proto.Unmarshal(body, &recorded); err != nil {
		return err
	}
	return replayer.ReplayWorkflowHistoryWithOptions(logger, &recorded, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: workflowID(&recorded)},
	})
}

// workflowID is the id that the workflow had; empty when its history does not tell.
func workflowID(recorded *history.History) string {
	events := recorded.GetEvents()
	if len(events) == 0 {
		return ""
	}
	return events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()
}
