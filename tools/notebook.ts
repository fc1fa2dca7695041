/**
 * npm start                     builds the notebook and serves it on this machine, with a Run button
 * npm start -- --port 8080      on this port
 * npm start -- --no-build       what was built before
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Limits } from '../notebook/server/run.ts';
import { Notebook } from '../notebook/server/server.ts';
import { ROOT, run } from '../sandbox/processes.ts';

const PORT = 4321;
const MINUTE = 60_000;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    port: { type: 'string' },
    build: { type: 'boolean', default: true },
    /** Seconds that a run goes on when no page listens, and that it may take: for the tests. */
    grace: { type: 'string', default: '15' },
    limit: { type: 'string', default: '600' },
  },
});

let notebook: Notebook | undefined;
let stopping: Promise<never> | undefined;
function stop(code: number): Promise<never> {
  stopping ??= (async () => {
    await notebook?.stop();
    process.exit(code);
  })();
  return stopping;
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Whoever is asked twice does not wait: what it started is killed at exit.
    if (stopping) process.exit(1);
    void stop(0);
  });
}

try {
  if (values.build) await run('astro', ['build'], { show: true, env: { SITE_BASE: '/' } });
  else if (!existsSync(`${ROOT}/dist/index.html`)) throw new Error('nothing was built: leave out --no-build');
  const limits = { start: 20 * MINUTE, run: Number(values.limit) * 1000, grace: Number(values.grace) * 1000 };
  notebook = await started(limits);
  console.log(`\nThe notebook is open:\n\n  ${notebook.address}\n\nCtrl+C closes it.`);
} catch (error) {
  console.error((error as Error).message);
  await stop(1);
}

/** On the port that was asked for; else on ours; else, when somebody has it, on any. */
async function started(limits: Limits): Promise<Notebook> {
  const dist = `${ROOT}/dist`;
  if (values.port !== undefined) return Notebook.start(dist, Number(values.port), limits);
  return Notebook.start(dist, PORT, limits).catch(() => Notebook.start(dist, 0, limits));
}
