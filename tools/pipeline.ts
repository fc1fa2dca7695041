/**
 * npm run pipeline -- etl                          runs a pipeline on real data, in a sandbox of its own
 * npm run pipeline -- etl --lang go                in another language (ts, go, rust)
 * npm run pipeline -- etl --input file.json        on your own input
 * npm run pipeline -- etl --address host:7233      against a Temporal service of yours
 * npm run pipeline -- etl --retry-failed <workflow id> --address host:7233
 *                                                  loads what that run has left in staging, and nothing else
 *
 * With an input of your own, the worker may reach what PIPELINE_HOSTS, PIPELINE_VARIABLES and PIPELINE_ROOTS say; without
 * --address, the sandbox too. With --address, batches are staged at STAGING_URL.
 */
// First: what follows is loaded below a parent that cleans up.
import '../sandbox/supervised.ts';

import { existsSync, readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { continuesAsNew } from '../sandbox/contract.ts';
import { demoOf } from '../sandbox/demo.ts';
import { DevServer, liveServer } from '../sandbox/dev-server.ts';
import { type Environment, joined, usersSettings } from '../sandbox/environment.ts';
import { sleeps } from '../sandbox/history.ts';
import { type Language, language, missing } from '../sandbox/languages.ts';
import { PIPELINES } from '../sandbox/pipelines.ts';
import type { Service } from '../sandbox/processes.ts';
import { progressOf } from '../sandbox/progress.ts';
import { retryOf } from '../sandbox/retry.ts';
import { Sandbox } from '../sandbox/sandbox.ts';
import { unguessable } from '../sandbox/server.ts';
import { Temporal } from '../sandbox/temporal.ts';
import { Bar, type Progress, table } from './terminal.ts';

const options = {
  lang: { type: 'string', default: 'ts' },
  input: { type: 'string' },
  address: { type: 'string' },
  'retry-failed': { type: 'string' },
} satisfies ParseArgsConfig['options'];

const bar = new Bar();

/** What is taken down at the end, last first, however the end comes. */
const cleanup: (() => Promise<unknown> | unknown)[] = [];
let stopping: Promise<never> | undefined;

function end(code: number): Promise<never> {
  stopping ??= (async () => {
    for (const undo of cleanup.reverse()) await Promise.resolve(undo()).catch(() => {});
    process.exit(code);
  })();
  return stopping;
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    process.stderr.write('\nstopping\n');
    void end(130);
  });
}

/** What the user asked for, checked before anything is started. */
async function readArguments() {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [name] = positionals;
  if (!name || !PIPELINES.includes(name) || positionals.length > 1) {
    throw new Error(`name one pipeline of: ${PIPELINES.join(', ')}`);
  }
  const spoken = language(values.lang);
  const reason = await missing(spoken);
  if (reason) throw new Error(reason);
  const { address, 'retry-failed': retried } = values;
  if (retried !== undefined) refuseRetry(name, values);
  return { name, spoken, input: values.input && readInput(values.input), address, retried };
}

/** What a retry cannot be asked for. A sandbox of our own forgets its runs when it ends. */
function refuseRetry(name: string, values: { address?: string; input?: string }): void {
  if (name !== 'etl') throw new Error('--retry-failed: only etl stages what can be loaded later');
  if (!values.address) throw new Error('--retry-failed: name the service that knows the run, with --address');
  if (values.input) throw new Error('--retry-failed: takes the input of the run, and no --input');
}

function readInput(file: string): unknown {
  if (!existsSync(file)) throw new Error(`${file}: there is no such file`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}

/** A Temporal service: the user's, or one of our own. */
async function connect(address?: string): Promise<{ client: Client; at?: DevServer | Temporal }> {
  if (address) {
    process.env.TEMPORAL_ADDRESS = address;
    const { connectionOptions, namespace } = loadClientConnectConfig();
    const connection = await Connection.connect(connectionOptions).catch((error: Error) => {
      throw new Error(`no Temporal service at ${address}: ${error.message.split('\n')[0]}`);
    });
    cleanup.push(() => connection.close());
    return { client: new Client({ connection, ...(namespace ? { namespace } : {}) }) };
  }
  const temporal = await liveServer(console.error);
  cleanup.push(() => temporal.stop());
  return { client: temporal.client, at: temporal };
}

/** Shows how far it is until the run is over. */
async function watch(
  handle: WorkflowHandle,
  worker: Service,
  mayAsk: () => Promise<boolean>,
  onProgress: (progress: Progress) => Promise<void>,
): Promise<unknown> {
  let over = false;
  const result = handle.result().finally(() => {
    over = true;
  });
  result.catch(() => {});
  const dead = worker.ended.then(() => {
    throw new Error(`the worker ended:\n${worker.log}`);
  });
  dead.catch(() => {});
  while (!over) {
    const answer = mayAsk().then((may) => (may ? progressOf<Progress>(handle) : undefined));
    const progress = await Promise.race([answer.catch(() => undefined), dead]);
    if (progress) {
      bar.draw(progress);
      await onProgress(progress).catch(() => {});
    }
    await new Promise((next) => setTimeout(next, 250));
  }
  bar.end();
  return Promise.race([result, dead]);
}

async function main(): Promise<void> {
  const { name, spoken, input: given, address, retried } = await readArguments();
  const demo = await demoOf(name);
  await build(spoken);
  const { client, at } = await connect(address);
  const input = retried === undefined ? given : (await retryOf(client, retried)).input;
  const sandbox = await Sandbox.start();
  cleanup.push(() => sandbox.stop());
  const taskQueue = unguessable(`pipelines-${spoken.id}`);
  const environment = environmentOf(sandbox, { own: Boolean(input), elsewhere: Boolean(address) });
  const worker = await sandbox.startWorker(spoken, taskQueue, at, { environment });
  cleanup.push(() => worker.stop());
  const prepared = await demo.prepare(sandbox);
  const workflowId = `${name}-${spoken.id}-${Date.now()}`;
  const args = [input ?? prepared.input];
  const handle = await client.workflow.start(demo.workflow, { taskQueue, workflowId, args });
  process.stderr.write(`${demo.workflow} runs as ${workflowId} …\n`);
  if (at instanceof DevServer)
    process.stderr.write(`Temporal's Web UI, while it runs: ${at.webUi}/${workflowId}\n`);
  let finished = false;
  cleanup.push(() => (finished ? undefined : handle.terminate('stopped by the user')));
  // The test server loses a query that meets a run as it continues as new.
  const mayAsk = async () => !(at instanceof Temporal) || !continuesAsNew(name) || (await sleeps(handle));
  const output = await watch(handle, worker, mayAsk, async (progress) => {
    if (input === undefined) await prepared.onProgress?.(progress, handle);
  }).finally(() => {
    finished = true;
  });
  console.log(`\n${demo.workflow} in ${spoken.label}\n`);
  console.log(table(Object.entries(output as object).map(([field, value]) => ({ field, value }))));
  // What the sandbox's own demo left in staging goes with the sandbox.
  if (address && input && (output as { failed_batches?: [] }).failed_batches?.length) {
    console.log(`\nTo load what failed, once its cause is mended: --retry-failed ${workflowId}`);
  }
  const rows = input === undefined ? await prepared.rows() : [];
  if (rows.length) console.log(`\nThe first rows of the target:\n\n${table(rows)}`);
}

/** What the worker knows: the sandbox is for the demo, and for inputs that run in it. */
function environmentOf(
  sandbox: Sandbox,
  { own, elsewhere }: { own: boolean; elsewhere: boolean },
): Environment {
  if (!own) return sandbox.environment;
  return elsewhere ? usersSettings() : joined(sandbox.environment, usersSettings());
}

async function build(spoken: Language): Promise<void> {
  process.stderr.write(`building the ${spoken.label} worker …\n`);
  await spoken.build();
}

try {
  await main();
  await end(0);
} catch (error) {
  bar.end();
  const cause = error instanceof WorkflowFailedError ? (error.cause ?? error) : (error as Error);
  const type = (cause as { type?: string }).type;
  if (!stopping) console.error(`${type ? `${type}: ` : ''}${cause.message}`);
  await end(1);
}
