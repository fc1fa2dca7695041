/** Where in the workflow's code each command was issued: found by replaying the TypeScript run's histories. */
import { setFlagsFromString } from 'node:v8';
import proto from '@temporalio/proto';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type InjectedSinks,
  Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import { detailsOf, type IHistory, startOf } from '../../recordings/format/from-history.ts';
import type { CodeLocation, RecordedEvent } from '../../recordings/format/recording.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { quiet } from '../../sandbox/temporal.ts';
import { readRegions } from '../../site/lib/regions.ts';
import type { CodeLocationSinks } from './code-locations.interceptors.ts';

const { History } = proto.temporal.api.history.v1;
const EXAMPLES = 'examples/ts';

/** A bundle of the workflows that notes what they do. */
export async function bundle(): Promise<WorkflowBundle> {
  quiet();
  // The SDK's own frames stand between a wait and the line that asks for it.
  setFlagsFromString('--stack-trace-limit=50');
  return bundleWorkflowCode({
    workflowsPath: `${ROOT}/${EXAMPLES}/workflows.ts`,
    workflowInterceptorModules: [`${import.meta.dirname}/code-locations.interceptors.ts`],
    logger: new DefaultLogger('WARN'),
  });
}

/** The location of each event of a run, undefined where none issued it. `histories` are base64, first run first. */
export async function codeLocationsOf(
  code: WorkflowBundle,
  events: RecordedEvent[],
  histories: string[],
): Promise<(CodeLocation | undefined)[]> {
  const stacks = new Map<string, string>();
  const sinks: InjectedSinks<CodeLocationSinks> = {
    locations: {
      note: {
        callDuringReplay: true,
        fn: (_, runId, command, stack) => void stacks.set(`${runId} ${command}`, stack),
      },
    },
  };
  const commands: (string | undefined)[] = [];
  for (const encoded of histories) {
    const history: IHistory = History.decode(Buffer.from(encoded, 'base64'));
    const workflowId = startOf(history).workflowId || undefined;
    await Worker.runReplayHistory({ workflowBundle: code, sinks }, history, workflowId);
    commands.push(...commandsOf(history));
  }
  let next = 0;
  return events.map(({ type }) => {
    if (!ISSUED.test(type)) return undefined;
    const command = commands[next++];
    return command === undefined ? undefined : codeLocationOf(stacks.get(command) ?? '');
  });
}

const ISSUED =
  /^(ActivityTaskScheduled|TimerStarted|StartChildWorkflowExecutionInitiated|WorkflowExecutionContinuedAsNew)$/;

/** The commands of a history in order, by the names that the interceptors give them. */
function commandsOf(history: IHistory): string[] {
  const runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId;
  return (history.events ?? []).flatMap((event) => {
    const { type, attributes } = detailsOf(event);
    if (!ISSUED.test(type)) return [];
    const { activityId, timerId, workflowId } = attributes;
    if (activityId) return [`${runId} activity ${activityId}`];
    if (timerId) return [`${runId} timer ${timerId}`];
    return [`${runId} ${type.includes('Child') ? `child ${workflowId}` : 'continue as new'}`];
  });
}

/** The region and step of the innermost line of a stack that is in a region of an example. */
function codeLocationOf(stack: string): CodeLocation | undefined {
  for (const [, pipeline, file = '', line] of stack.matchAll(/examples\/ts\/([\w-]+)\/([\w-]+)\.ts:(\d+)/g)) {
    const path = `${EXAMPLES}/${pipeline}/${file}.ts`;
    const at = Number(line);
    const region = readRegions(ROOT, path)
      .filter(({ from, to }) => from < at && at < to)
      .at(-1);
    if (!region) continue;
    const step = region.steps.filter((one) => one.at < at).at(-1)?.title;
    return { file, region: region.name, ...(step ? { step } : {}) };
  }
  return undefined;
}
