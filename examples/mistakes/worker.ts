/** The TypeScript worker of the mistakes: told by its environment what examples/ts/worker.ts is told. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities/activities.ts';

const {
  TEMPORAL_TASK_QUEUE: taskQueue = 'mistakes-ts',
  WORKFLOW_BUNDLE: codePath = '',
} = process.env;

const { connectionOptions, namespace = 'default' } =
  loadClientConnectConfig();
const connection = await NativeConnection.connect(
  connectionOptions,
);
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue,
  workflowBundle: { codePath },
  activities,
  // Every workflow task replays: a mistake shows at once, not weeks later.
  maxCachedWorkflows: 0,
});
const running = worker.run();
console.log('READY');
await running;
await connection.close();
