/**
 * Plays the scenarios of every pipeline in one language: the one named by TWIN. Two files of tests do it, side by
 * side: shared.test.ts and alone.test.ts. PIPELINES, a list with commas, keeps to some pipelines. tools/test.ts
 * sets both.
 */
import { mkdir } from 'node:fs/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { milliseconds } from '../../recordings/format/from-history.ts';
import { contractOf } from '../../sandbox/contract.ts';
import { factsOf, historiesOf, sleeps } from '../../sandbox/history.ts';
import { language } from '../../sandbox/languages.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';
import { traceOf } from '../../sandbox/secrets.ts';
import { TASK_QUEUE, TestBed } from '../../sandbox/test-bed.ts';
import { type About, coverageOf, coverageOfAll, emptied, saveRun } from '../proof/runs.ts';
import { BUILD_LIMIT_MS, built } from './built.ts';
import { type Between, type Expected, LISTED, type Run, type Scenario, scenariosOf } from './scenario.ts';
import { until } from './until.ts';

const twin = language(process.env.TWIN ?? 'ts');
const wanted = process.env.PIPELINES?.split(',').filter(Boolean);
const names = LISTED.filter((name) => !wanted?.length || wanted.includes(name));
/** What each scenario executes is told apart: scenario by scenario, then, and never two at a time. */
const recording = process.env.RECORDING === 'yes';

/** Which scenarios a test file runs: those that have a bed of their own, or those that share one. */
export type Lane = 'alone' | 'shared';
const laneOf = ({ alone, crashes }: AnyScenario): Lane => (alone || crashes ? 'alone' : 'shared');

let sandbox: Sandbox;
/** The beds of the scenarios that need none of their own: one that a failure has spoiled is thrown away. */
const beds = new Map<Shared, Promise<TestBed>>();
const spoiled = new Set<Shared>();
const left: TestBed[] = [];
/** One for those that look at the clock, one at a time; and one for those to whom it does not matter. */
type Shared = 'one by one' | 'together';
const sharedBy = ({ together }: AnyScenario): Shared => (together ? 'together' : 'one by one');
let count = 0;

type AnyScenario = Scenario<unknown, unknown, object>;
const EXIT_CODE = 'exit code of the worker after SIGTERM';

/** Defines the tests of a lane. */
export async function runScenarios(lane: Lane): Promise<void> {
  // One language builds while another runs.
  beforeAll(() => built(twin), BUILD_LIMIT_MS);
  beforeAll(async () => {
    sandbox = await Sandbox.start();
    await mkdir(coverageOfAll(twin.id), { recursive: true });
  });
  afterAll(async () => {
    const codes = await Promise.all([...beds.values()].map(async (bed) => (await bed).stop()));
    await Promise.all(left.map((bed) => bed.stop()));
    await sandbox?.stop();
    for (const code of codes) expect(code, EXIT_CODE).toBe(0);
  });
  for (const name of names) {
    const pipeline = await scenariosOf(name);
    const scenarios = pipeline.scenarios.filter((scenario) => laneOf(scenario) === lane);
    describe.runIf(scenarios.length)(name, () => {
      for (const scenario of scenarios) {
        const about = { language: twin.id, pipeline: name, scenario: scenario.name };
        const concurrent = Boolean(scenario.together) && !recording;
        test(scenario.name, { concurrent }, async ({ onTestFailed, onTestFinished }) => {
          const bed = await (lane === 'alone'
            ? ownBed(about, scenario.crashes)
            : sharedBed(sharedBy(scenario)));
          onTestFinished(async () => {
            sandbox.api.mend();
            if (lane === 'alone') await bed.stop();
          });
          onTestFailed(() => {
            spoiled.add(sharedBy(scenario));
            console.error(`The worker of "${scenario.name}":\n${bed.log.slice(-4000)}`);
          });
          await play(about, scenario, pipeline.workflow, bed);
          if (lane === 'alone') expect(await bed.stop(), EXIT_CODE).toBe(0);
          else if (recording) await bed.takeCoverage(coverageOf(about));
        });
      }
    });
  }
}

/** A bed for one scenario; a worker that is to be killed keeps no workflow in memory. */
async function ownBed(about: About, crashes = false): Promise<TestBed> {
  const coverage = recording ? await emptied(coverageOf(about)) : coverageOfAll(twin.id);
  return TestBed.start(sandbox, twin, { coverage, ...(crashes ? { cache: 0 } : {}) });
}

/**
 * The test server keeps the timeouts of activities that are over, ten years each, and may skip to the next of them as
 * a run ends. Nanoseconds since 1970, as the SDKs count them, end in 2262.
 */
const MOST_AHEAD_MS = 200 * 365 * 24 * 3600 * 1000;
const isWorn = async ({ temporal }: TestBed): Promise<boolean> =>
  (await temporal.now()) - Date.now() > MOST_AHEAD_MS;

/** The bed that scenarios share, begun by the first of them; anew after a failure, or when its clock is worn. */
async function sharedBed(by: Shared): Promise<TestBed> {
  const old = await beds.get(by);
  if (old && spoiled.delete(by)) {
    beds.delete(by);
    // Others may run on it still.
    if (by === 'together') left.push(old);
    else await old.stop();
  } else if (old && by === 'one by one' && (await isWorn(old))) {
    beds.delete(by);
    expect(await old.stop(), EXIT_CODE).toBe(0);
  }
  const bed = beds.get(by) ?? newBed(by);
  beds.set(by, bed);
  return bed;
}

async function newBed(by: Shared): Promise<TestBed> {
  try {
    const bed = await TestBed.start(sandbox, twin, { coverage: coverageOfAll(twin.id) });
    bed.temporal.shared = true;
    return bed;
  } catch (error) {
    // The next scenario tries again.
    beds.delete(by);
    throw error;
  }
}

/** Runs a scenario on a bed, holds it against what was expected, and keeps what happened. */
async function play(about: About, scenario: AnyScenario, workflow: string, bed: TestBed): Promise<void> {
  const { temporal } = bed;
  const contract = contractOf(about.pipeline);
  const id = `${about.pipeline}_${++count}`;
  const target = await scenario.given(sandbox, id);
  const start = (workflowId: string, input: unknown = target.input) =>
    temporal.client.workflow.start(workflow, { taskQueue: TASK_QUEUE, workflowId, args: [input] });
  const handle = await start(id);
  const run: Run = {
    ...{ sandbox, temporal, handle, until },
    async crash(meanwhile) {
      if (!scenario.crashes) throw new Error('only a scenario that says `crashes` may crash');
      await bed.crash(handle);
      await meanwhile?.();
      await bed.enter(twin);
    },
    again: async (meanwhile, input) => {
      const second = await start(`${id}_again`, input);
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
    heartbeatAt: async (activity) => milliseconds((await pending(handle, activity))?.lastHeartbeatTime),
  };
  await scenario.during?.(run, target);
  const output = await outcome(run, scenario.expected);
  if (output !== undefined) contract.output(output);
  for (const { text } of await run.histories()) {
    for (const [secret, value] of Object.entries(sandbox.secrets)) {
      expect(text.includes(traceOf(value)), `${secret} in the history`).toBe(false);
    }
  }
  await saveRun(
    { ...about, workflow },
    await historiesOf(temporal.client, handle),
    { workflowId: id, folder: sandbox.folder, root: ROOT },
    temporal.readings,
    'output' in scenario.expected ? (value) => within(value, scenario.expected) : undefined,
  );
  await scenario.after?.(run, target);
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
