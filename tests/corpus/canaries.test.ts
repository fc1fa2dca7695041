/**
 * No value of a variable in a history, a failure or a log, whatever part of a connection string it stood in: each part of
 * each kind gets a canary, the connectors fail in their ways, and all that can be read is searched.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { table } from '../../sandbox/data.ts';
import { DevServer } from '../../sandbox/dev-server.ts';
import { type Environment, joined } from '../../sandbox/environment.ts';
import { factsOf, sleeps } from '../../sandbox/history.ts';
import { language, missing } from '../../sandbox/languages.ts';
import type { Service } from '../../sandbox/processes.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';

const BUILD_LIMIT_MS = 1_200_000;
const LIMIT_MS = 240_000;
/** How long a run may take to fail, or to be tried again. */
const PATIENCE_MS = 60_000;

/** No URL changes it, and nothing else holds it. */
const CANARY = 'yellowbird';
const PARTS = ['USER', 'PASSWORD', 'HOST', 'DATABASE', 'TABLE', 'OPTION', 'PATH', 'QUERY', 'SUBJECT', 'FILE'];
const nameOf = (part: string) => `CANARY_${part}`;
const canary = (part: string) => `\${${nameOf(part)}}`;

/** Every part of a connection string that a caller may fill, in each kind of them. */
function connections({ database, api, topics, folder }: Sandbox): Record<string, [string, string]> {
  const pg = (place: string) => `postgres://${place}`;
  const good = `etl:\${PG_PASSWORD}@${database.host}/nyc?table=flights`;
  return {
    'database user': ['database', pg(good.replace('etl:', `${canary('USER')}:`))],
    'database password': ['database', pg(good.replace('${PG_PASSWORD}', canary('PASSWORD')))],
    'database host': ['database', pg(good.replace(database.host, canary('HOST')))],
    'database name': ['database', pg(good.replace('nyc', canary('DATABASE')))],
    'database table': ['database', pg(good.replace('flights', canary('TABLE')))],
    'database sslmode': ['database', pg(`${good}&sslmode=${canary('OPTION')}`)],
    'database timeout': ['database', pg(`${good}&connect_timeout=${canary('OPTION')}`)],
    'database parameter': ['database', pg(`${good}&${canary('OPTION')}=1`)],
    'api user': ['api', `http://${canary('USER')}:${canary('PASSWORD')}@${api.host}/weather`],
    'api host': ['api', `http://${canary('HOST')}/weather`],
    'api path': ['api', `http://${api.host}/${canary('PATH')}?token=\${API_TOKEN}`],
    'api query': ['api', `http://${api.host}/weather?token=${canary('QUERY')}`],
    'file name': ['file', `${pathToFileURL(folder)}/${canary('FILE')}`],
    'no URL': ['file', canary('FILE')],
    'topic user': ['topic', `nats://${canary('USER')}:${canary('PASSWORD')}@${topics.host}/canaries`],
    'topic host': ['topic', `nats://${canary('HOST')}/canaries`],
    'topic subject': ['topic', `nats://etl:\${NATS_PASSWORD}@${topics.host}/${canary('SUBJECT')}`],
  };
}

let sandbox: Sandbox;
let server: DevServer;
beforeAll(async () => {
  [sandbox, server] = await Promise.all([Sandbox.start(), DevServer.start()]);
  await sandbox.topics.url('nats', 'canaries');
}, LIMIT_MS);
afterAll(async () => {
  await server?.stop();
  await sandbox?.stop();
}, LIMIT_MS);

/** What only the worker knows: a canary for each part, which may go anywhere. */
function environment(): Environment {
  const canaries = PARTS.map((part) => [nameOf(part), `${CANARY}${part.toLowerCase()}`]);
  const listed = PARTS.map((part) => `${nameOf(part)}=*`).join();
  return joined(sandbox.environment, { ...Object.fromEntries(canaries), PIPELINE_VARIABLES: listed });
}

/** Starts a run that reads from the connection, or writes to it where `kind` says so. */
async function start(
  kind: string,
  connection: string,
  id: string,
  taskQueue: string,
): Promise<WorkflowHandle> {
  const output = `${pathToFileURL(sandbox.folder)}/${id}`;
  if (kind === 'topic') {
    const input = { stream_id: id, source_topic: connection, target_topic: output, window_size_seconds: 60 };
    return server.client.workflow.start('StreamProcessing', { taskQueue, workflowId: id, args: [input] });
  }
  const planes = {
    source_id: 'planes',
    source_type: 'file',
    connection_string: pathToFileURL(table('planes')).href,
  };
  const input = {
    pipeline_id: id,
    sources: kind === 'target' ? [planes] : [{ ...planes, source_type: kind, connection_string: connection }],
    target:
      kind === 'target'
        ? { target_type: 'database', connection_string: connection }
        : { target_type: 'file', connection_string: output },
    batch_size: 5000,
  };
  return server.client.workflow.start('ETLPipeline', { taskQueue, workflowId: id, args: [input] });
}

/** What can be read of a run that is over, is tried again and again, or sleeps since nothing is wrong. */
async function readable(handle: WorkflowHandle): Promise<string> {
  const over = Date.now() + PATIENCE_MS;
  for (;;) {
    const { raw, status } = await handle.describe();
    const failures = raw.pendingActivities?.map(({ lastFailure }) => lastFailure).filter(Boolean) ?? [];
    if (status.name !== 'RUNNING' || failures.length || (await sleeps(handle))) {
      const running = status.name === 'RUNNING';
      const failure = await (running ? undefined : handle.result().catch((error) => error));
      const facts = await factsOf(server.client, handle);
      return [
        JSON.stringify(failures),
        JSON.stringify(failure),
        String(failure),
        ...facts.map(({ text }) => text),
      ].join();
    }
    if (Date.now() > over) throw new Error(`${handle.workflowId}: neither over, nor tried again, nor asleep`);
    await sleep(100);
  }
}

const proven = (process.env.PROVEN_LANGUAGES ?? 'ts,go,rust').split(',').filter(Boolean).map(language);

describe.each(proven)('$label', (spoken) => {
  let worker: Service;
  let reason: string | undefined;
  const taskQueue = `canaries-${spoken.id}`;
  beforeAll(async () => {
    reason = await missing(spoken);
    if (reason) return;
    await spoken.build();
    worker = await sandbox.startWorker(spoken, taskQueue, server, { environment: environment() });
  }, BUILD_LIMIT_MS);
  afterAll(() => worker?.stop());

  test('tells no value, wherever it stood', { timeout: LIMIT_MS }, async ({ skip }) => {
    if (reason) skip(reason);
    const given = Object.entries(connections(sandbox));
    const targets = given
      .filter(([, [kind]]) => kind === 'database')
      .map(([where, [, connection]]) => [`target: ${where}`, ['target', connection]] as const);
    const all = [...given, ...targets];
    const said = await Promise.all(
      all.map(async ([where, [kind, connection]], i) => {
        const handle = await start(kind, connection, `canary-${spoken.id}-${i}`, taskQueue);
        const text = await readable(handle);
        await handle.terminate().catch(() => {});
        return { where, text };
      }),
    );
    for (const { where, text } of said) {
      expect(text, where).toMatch(/Unavailable|InvalidInput|ValidationError|database refused|timerStarted/);
      expect(text.toLowerCase(), where).not.toContain(CANARY);
    }
    expect(worker.log.toLowerCase(), 'the log of the worker').not.toContain(CANARY);
  });
});
