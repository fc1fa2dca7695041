/**
 * The process of one run: builds the worker, starts a sandbox of its own, runs the pipeline, tells what
 * happens. It leads a group of processes and ends with its parent, however that ends: see ./run.ts.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { RecordedEvent } from '../../recordings/format/recording.ts';
import { continuesAsNew } from '../../sandbox/contract.ts';
import { type Demo, demoOf, type Prepared } from '../../sandbox/demo.ts';
import { DevServer, liveServer } from '../../sandbox/dev-server.ts';
import { type Language, language } from '../../sandbox/languages.ts';
import { progressOf } from '../../sandbox/progress.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';
import { unguessable } from '../../sandbox/server.ts';
import { Temporal } from '../../sandbox/temporal.ts';
import { TestBed } from '../../sandbox/test-bed.ts';
import type { Deed, News, Plan } from '../protocol/messages.ts';
import { CodeLocations } from './code-locations.ts';
import { Follower } from './follower.ts';

const LOOK_MS = 250;
/** How often a run is asked how far it is, and how long it may take to answer. */
const ASK_MS = 1000;
/** When a worker died with a workflow task: Temporal gives it to another after so long. */
const WORKFLOW_TASK_SECONDS = 10;
/** How long taking down may last. */
const PATIENCE_MS = 15_000;

const plan: Plan = JSON.parse(process.argv[2] ?? '{}');
const tell = (news: News) => void (process.connected && process.send?.(news));

/** What is taken down at the end, last first. */
const cleanup: (() => Promise<unknown>)[] = [() => rm(plan.folder, { recursive: true, force: true })];
let ending: Promise<void> | undefined;
function end(): Promise<void> {
  // Whatever is left of the group then, this process included.
  const killAll = () => process.kill(-process.pid, 'SIGKILL');
  ending ??= (async () => {
    setTimeout(killAll, PATIENCE_MS);
    for (const undo of cleanup.reverse()) await undo().catch(() => {});
    await heard();
    killAll();
  })();
  return ending;
}

/** Waits until the parent has all that was told. */
async function heard(): Promise<void> {
  await new Promise((told) =>
    process.connected ? process.send?.({ kind: 'over' } satisfies News, told) : told(null),
  );
}

process.on('disconnect', end);
process.on('uncaughtException', (error) => {
  tell({ kind: 'phase', phase: 'failed', why: String(error.stack) });
  void end();
});
// The parent's end of a pipe may be gone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);

/** What the reader did before there was anything to do it to. */
const input = Promise.withResolvers<unknown>();
let broken = plan.broken;
let crashes = 0;
process.on('message', (deed: Deed) => {
  if (deed.do === 'stop') void end();
  if (deed.do === 'start') input.resolve(deed.input);
  if (deed.do === 'break') broken = true;
  if (deed.do === 'mend') broken = false;
  if (deed.do === 'crash') crashes += 1;
});
console.log('READY');

try {
  await run(language(plan.language));
} catch (error) {
  tell({ kind: 'phase', phase: 'failed', why: String((error as Error).message).slice(-4000) });
}
await end();

async function run(spoken: Language): Promise<void> {
  const demo = await demoOf(plan.pipeline);
  tell({ kind: 'phase', phase: 'building' });
  await spoken.build();
  tell({ kind: 'phase', phase: 'starting' });
  const sandbox = await startSandbox();
  cleanup.push(() => sandbox.stop());
  // A worker that is to be killed keeps no workflow in memory.
  const server = await liveServer((text) => tell({ kind: 'note', text }));
  const taskQueue = unguessable('pipelines');
  const bed = await TestBed.on(server, sandbox, spoken, { cache: 0, taskQueue });
  // Nobody waits for what a worker has in hand: the run is over, or was stopped.
  cleanup.push(() => bed.kill().then(() => bed.stop()));
  const prepared = await demo.prepare(sandbox);
  let given = prepared.input;
  if (plan.edit) {
    tell({ kind: 'input', input: given });
    tell({ kind: 'phase', phase: 'ready' });
    given = await input.promise;
  }
  const edge = edgeOf(demo, sandbox, given);
  await edge();
  const handle = await bed.temporal.client.workflow.start(demo.workflow, {
    taskQueue,
    workflowId: `notebook-${plan.pipeline}-${plan.language}`,
    args: [given],
  });
  if (server instanceof DevServer) tell({ kind: 'web', url: `${server.webUi}/${handle.workflowId}` });
  tell({ kind: 'phase', phase: 'running' });
  const follower = new Follower(bed.temporal, handle, sandbox.folder, new CodeLocations(plan.pipeline));
  const failure = await watch({ spoken, bed, prepared, edge, handle, follower });
  tell({ kind: 'rows', rows: await prepared.rows().catch(() => []) });
  tell(failure ? { kind: 'phase', phase: 'failed', why: failure } : { kind: 'phase', phase: 'done' });
}

/** A sandbox whose files are where the server finds them, though this process be killed. */
async function startSandbox(): Promise<Sandbox> {
  const { TMPDIR } = process.env;
  process.env.TMPDIR = plan.folder;
  try {
    return await Sandbox.start();
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
}

/** Breaks the edge, or mends it, when the reader has asked for it. */
function edgeOf({ edge }: Demo, sandbox: Sandbox, given: unknown): () => Promise<void> {
  let isBroken = false;
  return async () => {
    if (broken === isBroken || !edge) return;
    isBroken = broken;
    await edge[isBroken ? 'break' : 'mend'](sandbox, given);
    tell({ kind: 'broken', broken: isBroken });
  };
}

interface Live {
  spoken: Language;
  bed: TestBed<DevServer | Temporal>;
  prepared: Prepared<unknown>;
  edge(): Promise<void>;
  handle: WorkflowHandle;
  follower: Follower;
}

/** Tells what happens until the run is over, and does what the reader asks for; returns why it failed. */
async function watch(live: Live): Promise<string | undefined> {
  const { bed, edge, follower } = live;
  let asked = 0;
  let crash: Promise<void> | undefined;
  for (;;) {
    await edge();
    const tail = await follower.look();
    tell({ kind: 'history', ...tail });
    if (tail.end) {
      const { output, failure } = follower.events.at(-1) ?? {};
      if (tail.end === 'completed') return void tell({ kind: 'output', output });
      return failure ? `${failure.type}: ${failure.message}` : tail.end;
    }
    const patience = patienceOf(follower.events);
    if (crashes && !crash && patience) {
      crashes -= 1;
      crash = crashWorker(live, patience).finally(() => {
        crash = undefined;
      });
    }
    if (!crash) {
      if (!bed.runs) throw new Error(`the worker has ended:\n${bed.log}`);
      if (mayAsk(live) && Date.now() - asked > ASK_MS) {
        await askProgress(live);
        asked = Date.now();
      }
    }
    await sleep(LOOK_MS);
  }
}

/** The test server loses a query that meets a run as it continues as new. */
function mayAsk({ bed, follower }: Live): boolean {
  return bed.temporal instanceof DevServer || !continuesAsNew(plan.pipeline) || sleepsNow(follower.events);
}

/** Asks how far the run is; where it must be stopped, the demo does it. */
async function askProgress({ bed, prepared, handle }: Live): Promise<void> {
  type Progress = { phase: string; processed: number; total: number };
  const { client } = bed.temporal;
  const ask = () => progressOf<Progress>(handle);
  const progress = await client.withDeadline(Date.now() + ASK_MS, ask).catch(() => undefined);
  if (!progress) return;
  tell({ kind: 'progress', phase: progress.phase, processed: progress.processed, total: progress.total });
  await prepared.onProgress?.(progress, handle).catch(() => {});
}

/**
 * Kills the worker and starts another. Temporal learns of the attempts that died by their timeout, in `seconds`: where
 * the clock can be moved, it is.
 */
async function crashWorker({ bed, spoken, handle }: Live, seconds: number): Promise<void> {
  const died = await bed.crash(handle);
  tell({ kind: 'note', text: 'The worker was killed (SIGKILL).' });
  await bed.enter(spoken);
  const { temporal } = bed;
  const skips = temporal instanceof Temporal;
  const wait = skips ? 'that wait is skipped' : `at most ${seconds} seconds from its last heartbeat`;
  const text = died
    ? `Another worker is there. ${died === 1 ? 'The attempt' : `${died} attempts`} that died must time out: ${wait}.`
    : 'Another worker is there. No attempt was under way: it goes on where the history ends.';
  tell({ kind: 'note', text });
  if (!skips) return;
  // Over when the clock has come so far: that may be after the run itself.
  void temporal.outlast(`${died ? seconds : WORKFLOW_TASK_SECONDS} seconds`).catch(() => {});
}

/** Seconds after which Temporal gives up the attempts under way; 0 when none is. */
function patienceOf(events: RecordedEvent[]): number {
  const over = new Set(events.map(({ type, of }) => (/Started$/.test(type) ? undefined : of)));
  const timeouts = events.flatMap(({ type, options }, i) => {
    if (type !== 'ActivityTaskScheduled' || over.has(i)) return [];
    return [Number(options?.heartbeat_timeout ?? options?.start_to_close_timeout ?? 60)];
  });
  return Math.max(0, ...timeouts);
}

/** Whether all that the run does now is wait for a timer. */
function sleepsNow(events: RecordedEvent[]): boolean {
  return events.at(-1)?.type === 'TimerStarted';
}
