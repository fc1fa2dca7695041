/**
 * Runs every scenario of every pipeline against one language: the one named by TWIN.
 * PIPELINES, a list with commas, keeps to some pipelines. tools/test.ts sets both.
 */
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { contractOf } from '../../sandbox/contract.ts';
import { factsOf, historiesOf, sleeps } from '../../sandbox/history.ts';
import { language } from '../../sandbox/languages.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';
import { TASK_QUEUE, TestBed } from '../../sandbox/test-bed.ts';
import { coverageFolder, saveRun } from '../proof/runs.ts';
import { type Between, type Expected, LISTED, type Run, scenariosOf } from './scenario.ts';
import { until } from './until.ts';

const twin = language(process.env.TWIN ?? 'ts');
const wanted = process.env.PIPELINES?.split(',').filter(Boolean);
const names = LISTED.filter((name) => !wanted?.length || wanted.includes(name));

let sandbox: Sandbox;
let bed: TestBed | undefined;
let count = 0;

beforeAll(async () => {
  sandbox = await Sandbox.start();
});
afterAll(async () => {
  await sandbox?.stop();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') {
    console.error(`The worker of "${task.name}":\n${bed?.log.slice(-4000)}`);
  }
  const code = await bed?.stop();
  bed = undefined;
  sandbox.api.mend();
  expect(code, 'exit code of the worker after SIGTERM').toBe(0);
});

for (const name of names) {
  const pipeline = await scenariosOf(name);
  const contract = contractOf(name);
  describe(name, () => {
    for (const scenario of pipeline.scenarios) {
      test(scenario.name, async () => {
        const about = { language: twin.id, pipeline: name, scenario: scenario.name };
        const coverage = await coverageFolder(about);
        const mine = await TestBed.start(sandbox, twin, {
          coverage,
          ...(scenario.crashes ? { cache: 0 } : {}),
        });
        bed = mine;
        const { temporal } = mine;
        const id = `${name}_${++count}`;
        const target = await scenario.given(sandbox, id);
        const start = (workflowId: string) =>
          temporal.client.workflow.start(pipeline.workflow, {
            taskQueue: TASK_QUEUE,
            workflowId,
            args: [target.input],
          });
        const began = Date.now();
        const handle = await start(id);
        const run: Run = {
          ...{ sandbox, temporal, handle, until },
          async crash(meanwhile) {
            if (!scenario.crashes) throw new Error('only a scenario that says `crashes` may crash');
            await mine.kill();
            await meanwhile?.();
            await mine.enter(twin);
          },
          again: async (meanwhile) => {
            const second = await start(`${id}_again`);
            await meanwhile?.(second);
            return temporal.settle(() => second.result());
          },
          async progress<Progress>() {
            const progress = await handle.query<Progress>('progress');
            contract.query('progress', progress);
            return progress;
          },
          sleeps: () => sleeps(handle),
          histories: () => factsOf(temporal.client, handle),
          attempt: async (activity) => (await pending(handle, activity))?.attempt ?? 0,
        };
        await scenario.during?.(run, target);
        const output = await outcome(run, scenario.expected);
        const took = Date.now() - began;
        if (output !== undefined) contract.output(output);
        for (const { text } of await run.histories()) {
          for (const [secret, value] of Object.entries(sandbox.secrets)) {
            expect(text.includes(value), `${secret} in the history`).toBe(false);
          }
        }
        await saveRun(
          { ...about, workflow: pipeline.workflow },
          await historiesOf(temporal.client, handle),
          { workflowId: id, folder: sandbox.folder, root: ROOT },
          took,
          'output' in scenario.expected ? (value) => within(value, scenario.expected) : undefined,
        );
        await scenario.after?.(run, target);
      });
    }
  });
}

/** Awaits the end of a run, with the clock skipping, and compares it with what was expected. */
async function outcome({ handle, temporal }: Run, expected: Expected<unknown>): Promise<unknown> {
  const end = await temporal
    .settle(() => handle.result())
    .then(
      (output: unknown) => ({ output }),
      (error: unknown) => ({ error }),
    );
  if ('output' in expected) {
    if ('error' in end) throw end.error;
    expect(within(end.output, expected)).toEqual(expected.output);
    return end.output;
  }
  expect(end, 'the run must not succeed').not.toHaveProperty('output');
  const cause = 'error' in end && end.error instanceof WorkflowFailedError ? end.error.cause : end;
  if ('cancelled' in expected) {
    expect(cause).toBeInstanceOf(CancelledFailure);
  } else {
    expect(cause).toBeInstanceOf(ApplicationFailure);
    const { type, message } = cause as ApplicationFailure;
    expect({ type, message }).toEqual(expected.failure);
  }
  return undefined;
}

/** The output, where each number within its bounds is replaced by the bounds. */
function within(output: unknown, expected: Expected<unknown>): unknown {
  if (!('output' in expected)) return output;
  const fields = Object.entries(output as Record<string, unknown>).map(([field, value]) => {
    const bounds = (expected.output as Record<string, unknown>)[field] as Between | undefined;
    const inside = typeof value === 'number' && bounds && value >= bounds.from && value <= bounds.to;
    return [field, inside ? bounds : value];
  });
  return Object.fromEntries(fields);
}

async function pending(handle: WorkflowHandle, activity: string) {
  const { raw } = await handle.describe();
  return raw.pendingActivities?.find((one) => one.activityType?.name === activity);
}
