/** A clone may stand in any folder: the tests are green there, and no recording knows where it stood. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { eventsOf, type IHistory } from '../../recordings/format/from-history.ts';
import { run } from '../../sandbox/processes.ts';
import { copyRepository } from '../proof/copy.ts';

test('a run in a folder with a space and an umlaut in its name is as it was recorded', async () => {
  const folder = await mkdtemp(`${tmpdir()}/zwölf Läufe `);
  try {
    await copyRepository(folder);
    const scenario = 'a staged batch that was changed: final';
    const output = await run(process.execPath, ['tools/test.ts', 'etl', '--lang', 'ts', '-t', scenario], {
      cwd: folder,
    });
    // The scenario, and its story against the recording.
    expect(output).toMatch(/^2 passed, 0 failed$/m);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);

test('what stood in a path is taken out of it, however it was written', () => {
  const root = '/home/zoë/my work';
  const folder = '/tmp/für mich/pipelines-1';
  const payload = (value: unknown) => ({ payloads: [{ data: Buffer.from(JSON.stringify(value)) }] });
  const history: IHistory = {
    events: [
      {
        eventId: 1 as never,
        workflowExecutionStartedEventAttributes: {
          input: payload({
            file: 'file:///home/zo%C3%AB/my%20work/examples/planes.csv',
            plain: '/home/zoë/my work/examples',
            target: 'file:///tmp/f%C3%BCr%20mich/pipelines-1/etl_1',
          }),
        },
      },
    ],
  };
  const { events } = eventsOf([history], { workflowId: 'etl_1', folder, root });
  expect(events[0]?.input).toEqual({
    file: 'file:///<repository>/examples/planes.csv',
    plain: '/<repository>/examples',
    target: 'file:///<sandbox>/<workflow>',
  });
});
