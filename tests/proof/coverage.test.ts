/**
 * How recordings know what each scenario executes: the worker that all of them share is asked after each,
 * tells what it has counted since the last time, and goes on. PROVEN_LANGUAGES says which were built.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoOf } from '../../sandbox/demo.ts';
import { language } from '../../sandbox/languages.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';
import { TASK_QUEUE, TestBed } from '../../sandbox/test-bed.ts';
import { pathOf } from '../../site/lib/languages.ts';
import { executed } from './lines.ts';

const languages = (process.env.PROVEN_LANGUAGES ?? '').split(',').filter(Boolean);

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.start();
});
afterAll(() => sandbox?.stop());

test.each(languages.map(language))('$label: taken without a restart, and nothing twice', async (one) => {
  const coverage = await sandbox.newFolder(`${one.id}/all`);
  const bed = await TestBed.start(sandbox, one, { coverage });
  try {
    const demo = await demoOf('tour');
    const { input } = await demo.prepare(sandbox);
    const tour = async (workflowId: string) => {
      const handle = await bed.temporal.client.workflow.start(demo.workflow, {
        taskQueue: TASK_QUEUE,
        workflowId,
        args: [input],
      });
      await bed.temporal.settle(() => handle.result());
    };
    const files = ['workflow', 'activities'].map((file) => pathOf(one.id, 'tour', file));
    /** How often the most executed line of each file was executed, since the last time. */
    const taken = async (name: string) => {
      const folder = `${sandbox.folder}/${one.id}/${name}`;
      await bed.takeCoverage(folder);
      const found = await executed(one.id, files, [{ name, folders: [folder] }]);
      return files.map((file) => Math.max(0, ...(found.get(file)?.hits.values() ?? [])));
    };
    await taken('start');
    expect(await taken('nothing'), 'nothing ran').toEqual([0, 0]);
    await tour('first');
    const first = await taken('first');
    expect(Math.min(...first), 'the workflow and its activities ran').toBeGreaterThan(0);
    expect(await taken('nothing more'), 'nothing ran').toEqual([0, 0]);
    await tour('second');
    expect(Math.min(...(await taken('second'))), 'they ran again').toBeGreaterThan(0);
  } finally {
    await bed.stop();
  }
});
