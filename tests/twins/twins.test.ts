/**
 * Runs every scenario of every pipeline against one language: the one named by TWIN.
 * PIPELINES, a list with commas, keeps to some pipelines. tools/test.ts sets both.
 */
import { readdirSync } from 'node:fs';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { coverageFolder, saveRun } from '../proof/runs.ts';
import { language } from '../world/languages.ts';
import { World } from '../world/world.ts';
import { contractOf } from './contract.ts';
import { factsOf, historiesOf } from './history.ts';
import type { Between, Expected, Pipeline, Run } from './scenario.ts';
import { Stage, TASK_QUEUE } from './stage.ts';
import { sleeps, until } from './until.ts';

const twin = language(process.env.TWIN ?? 'ts');
const wanted = process.env.PIPELINES?.split(',').filter(Boolean);
const names = readdirSync(import.meta.dirname)
  .flatMap((file) => /^(.+)\.scenarios\.ts$/.exec(file)?.[1] ?? [])
  .filter((name) => !wanted?.length || wanted.includes(name));

let world: World;
let stage: Stage | undefined;
let count = 0;

beforeAll(async () => {
  world = await World.start();
});
afterAll(async () => {
  await world?.stop();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') {
    console.error(`The worker of "${task.name}":\n${stage?.log.slice(-4000)}`);
  }
  const code = await stage?.stop();
  stage = undefined;
  world.api.mend();
  expect(code, 'exit code of the worker after SIGTERM').toBe(0);
});

for (const name of names) {
  const { default: pipeline }: { default: Pipeline } = await import(`./${name}.scenarios.ts`);
  const contract = contractOf(name);
  describe(name, () => {
    for (const scenario of pipeline.scenarios) {
      test(scenario.name, async () => {
        const about = { language: twin.id, pipeline: name, scenario: scenario.name };
        const coverage = await coverageFolder(about);
        const mine = await Stage.start(world, twin, { coverage, ...(scenario.crashes ? { cache: 0 } : {}) });
        stage = mine;
        const { temporal } = mine;
        const id = `${name}_${++count}`;
        const place = await scenario.given(world, id);
        const start = (workflowId: string) =>
          temporal.client.workflow.start(pipeline.workflow, {
            taskQueue: TASK_QUEUE,
            workflowId,
            args: [place.input],
          });
        const began = Date.now();
        const handle = await start(id);
        const run: Run = {
          ...{ world, temporal, handle, until },
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
        await scenario.during?.(run, place);
        const output = await outcome(run, scenario.expected);
        const took = Date.now() - began;
        if (output !== undefined) contract.output(output);
        for (const { text } of await run.histories()) {
          for (const [secret, value] of Object.entries(world.secrets)) {
            expect(text.includes(value), `${secret} in the history`).toBe(false);
          }
        }
        await saveRun(
          { ...about, workflow: pipeline.workflow },
          await historiesOf(temporal.client, handle),
          { workflowId: id, folder: world.folder },
          took,
          'output' in scenario.expected ? (value) => within(value, scenario.expected) : undefined,
        );
        await scenario.after?.(run, place);
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
