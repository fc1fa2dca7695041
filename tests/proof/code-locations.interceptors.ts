/** Runs inside of the workflow's sandbox, while a history is replayed: notes which line issues each command. */
import { proxySinks, type Sinks, type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';

export interface CodeLocationSinks extends Sinks {
  locations: {
    /** `command` is unique in a run; `stack` is of the call that issued it. */
    note(runId: string, command: string, stack: string): void;
  };
}

const { locations } = proxySinks<CodeLocationSinks>();

function note(command: string): void {
  locations.note(workflowInfo().runId, command, new Error().stack ?? '');
}

export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleActivity(input, next) {
        note(`activity ${input.seq}`);
        return next(input);
      },
      startTimer(input, next) {
        note(`timer ${input.seq}`);
        return next(input);
      },
      startChildWorkflowExecution(input, next) {
        note(`child ${input.options.workflowId}`);
        return next(input);
      },
      continueAsNew(input, next) {
        note('continue as new');
        return next(input);
      },
    },
  ],
});
