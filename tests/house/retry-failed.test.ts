/** npm run pipeline -- etl --retry-failed, as somebody uses it whose rule rejected a batch. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT, run } from '../../sandbox/processes.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';
import { Temporal } from '../../sandbox/temporal.ts';

const LIMIT_MS = 120_000;

let sandbox: Sandbox;
let temporal: Temporal;
beforeAll(async () => {
  [sandbox, temporal] = await Promise.all([Sandbox.start(), Temporal.start()]);
}, LIMIT_MS);
afterAll(() => Promise.all([sandbox?.stop(), temporal?.stop()]));

/** Staging is the user's: the command's own sandbox is gone when the retry begins. */
function pipeline(...args: string[]): Promise<string> {
  const STAGING_URL = pathToFileURL(join(sandbox.folder, 'kept')).href;
  const env = { ...sandbox.environment, STAGING_URL };
  return run(process.execPath, [`${ROOT}/tools/pipeline.ts`, ...args], { env });
}

test('a batch that failed is loaded by a second run, once its rule is mended', {
  timeout: LIMIT_MS,
}, async () => {
  const { database } = sandbox;
  await database.createTarget('mine', `id <> 'planes/N3'`);
  const planes = await sandbox.write('planes.csv', 'tailnum,year\nN1,1991\nN2,1992\nN3,1993\n');
  const input = {
    pipeline_id: 'mine',
    sources: [{ source_id: 'planes', source_type: 'file', connection_string: planes }],
    target: { target_type: 'database', connection_string: database.url('mine') },
    batch_size: 2,
  };
  await sandbox.write('input.json', JSON.stringify(input));
  const at = ['--address', temporal.address];
  const said = await pipeline('etl', ...at, '--input', join(sandbox.folder, 'input.json'));
  expect(said).toMatch(/successful_records\s+2/);
  const [, id = ''] = /--retry-failed (\S+)/.exec(said) ?? [];

  await database.query('ALTER TABLE mine DROP CONSTRAINT rule');
  expect(await pipeline('etl', ...at, '--retry-failed', id)).toMatch(/successful_records\s+1\n/);
  expect((await database.contents('mine')).records).toBe(3);

  const nothing = pipeline('etl', ...at, '--retry-failed', 'nobody');
  await expect(nothing).rejects.toThrow(/nobody: .*not found/i);
});

test.each([
  ['etl', '--retry-failed', 'x'],
  ['streaming', '--retry-failed', 'x', '--address', 'localhost:1'],
  ['etl', '--retry-failed', 'x', '--address', 'localhost:1', '--input', 'any.json'],
])('%s %s %s %s: refused before anything is started', async (...args) => {
  await expect(pipeline(...args.filter(Boolean))).rejects.toThrow(/--retry-failed: /);
});
