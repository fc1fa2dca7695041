/** Replays committed histories against the workflows of today, in the language that wrote them or in another. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import proto from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import { startOf } from '../../recordings/format/from-history.ts';
import { cargo, type Language, rustProgram } from '../../sandbox/languages.ts';
import { CACHE, ROOT, run } from '../../sandbox/processes.ts';
import { quiet } from '../../sandbox/temporal.ts';

const { History } = proto.temporal.api.history.v1;

/** A history to replay: a name for it, and the history in Protobuf as base64. */
export interface Replayable {
  name: string;
  history: string;
}

/** What cannot be replayed, as `name: why`; empty when all can. */
export async function replay(language: Language['id'], histories: Replayable[]): Promise<string[]> {
  if (!histories.length) return [];
  return language === 'ts' ? replayHere(histories) : replayThere(language, histories);
}

let code: Promise<WorkflowBundle> | undefined;

async function replayHere(histories: Replayable[]): Promise<string[]> {
  quiet();
  code ??= bundleWorkflowCode({
    workflowsPath: `${ROOT}/examples/ts/workflows.ts`,
    logger: new DefaultLogger('WARN'),
  });
  const workflowBundle = await code;
  const failed: string[] = [];
  const names = new Map<string, string>();
  const all = histories.map(({ name, history: encoded }) => {
    const history = History.decode(Buffer.from(encoded, 'base64'));
    const { originalExecutionRunId } = startOf(history);
    names.set(originalExecutionRunId ?? '', name);
    return { workflowId: startOf(history).workflowId || name, history };
  });
  for await (const { runId, error } of Worker.runReplayHistories({ workflowBundle }, all)) {
    if (error) failed.push(`${names.get(runId)}: ${error.message}`);
  }
  return failed;
}

async function replayThere(language: 'go' | 'rust', histories: Replayable[]): Promise<string[]> {
  const folder = `${CACHE}/replay/${language}`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const names = new Map<string, string>();
  for (const [i, { name, history }] of histories.entries()) {
    const file = `${folder}/${i}.binpb`;
    await writeFile(file, Buffer.from(history, 'base64'));
    names.set(file, name);
  }
  const cwd = `${ROOT}/examples/reference/${language}`;
  if (language === 'rust') await cargo('covered', 'build', '--bin', 'replay');
  const told =
    language === 'go'
      ? await run('go', ['run', './replay', ...names.keys()], { cwd })
      : await run(rustProgram('replay'), [...names.keys()], {
          cwd,
          env: { LLVM_PROFILE_FILE: '/dev/null', RUST_LOG: 'off' },
        });
  const verdicts = told.trim().split('\n');
  if (verdicts.length !== names.size)
    throw new Error(`${language}: ${verdicts.length} of ${names.size} replayed`);
  return verdicts.flatMap((line) => {
    const { file, error }: { file: string; error?: string } = JSON.parse(line);
    return error ? [`${names.get(file)}: ${error}`] : [];
  });
}
