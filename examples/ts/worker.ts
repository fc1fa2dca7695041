/**
 * The TypeScript worker: hosts every pipeline of this folder on one task queue.
 *
 * Where Temporal is comes from the standard environment (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …,
 * or temporal.toml); TEMPORAL_TASK_QUEUE names the queue (default `pipelines-ts`).
 * Prints READY, and ends gracefully on SIGTERM or SIGINT.
 */
import { fileURLToPath } from 'node:url';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities.ts';

/** Which workflow code to run: a bundle built beforehand, or the sources, bundled now. */
const workflows = process.env.WORKFLOW_BUNDLE
  ? {
      workflowBundle: { codePath: process.env.WORKFLOW_BUNDLE },
    }
  : {
      workflowsPath: fileURLToPath(
        new URL('./workflows.ts', import.meta.url),
      ),
    };

const { connectionOptions, namespace = 'default' } =
  loadClientConnectConfig();
const connection = await NativeConnection.connect(
  connectionOptions,
);
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue: process.env.TEMPORAL_TASK_QUEUE ?? 'pipelines-ts',
  ...workflows,
  activities,
  // A killed worker loses at most a second of heartbeats.
  maxHeartbeatThrottleInterval: '1 second',
  // 0 lets another worker, of another language, take over a run at once.
  maxCachedWorkflows: Number(
    process.env.WORKFLOW_CACHE ?? 1000,
  ),
});
const running = worker.run();
console.log('READY');
await running;
await connection.close();
