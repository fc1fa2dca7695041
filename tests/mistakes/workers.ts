/** The workers of the mistakes: the twins' languages, with another worker to build and to start. */
import { mkdir, writeFile } from 'node:fs/promises';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { cargo, type Language, language, rustProgram } from '../../sandbox/languages.ts';
import { CACHE, ROOT, run } from '../../sandbox/processes.ts';

type Id = Language['id'];

/** Where the mistakes are: one folder for all languages. */
export const MISTAKES = `${ROOT}/examples/mistakes`;

const BUNDLE = `${CACHE}/build/mistakes-bundle.js`;
const GO_WORKER = `${CACHE}/build/mistakes-go`;

const builds: Record<Id, Pick<Language, 'build' | 'worker'>> = {
  ts: {
    async build() {
      await mkdir(`${CACHE}/build`, { recursive: true });
      await writeFile(BUNDLE, await bundle('workflows.ts'));
    },
    worker: () => ({
      command: process.execPath,
      args: [`${MISTAKES}/worker.ts`],
      env: { WORKFLOW_BUNDLE: BUNDLE },
    }),
  },
  go: {
    async build() {
      await run('go', ['build', '-o', GO_WORKER, '.'], { cwd: MISTAKES });
    },
    worker: () => ({ command: GO_WORKER, args: [] }),
  },
  rust: {
    async build() {
      await cargo('covered', 'build', '--example', 'mistakes');
    },
    // It shares a library with the covered worker: what that counts is not kept.
    worker: () => ({
      command: rustProgram('examples/mistakes'),
      args: [],
      env: { LLVM_PROFILE_FILE: '/dev/null' },
    }),
  },
};

/** A language, whose worker hosts the mistakes and their cures. */
export function mistaken(id: Id): Language {
  return { ...language(id), ...builds[id] };
}

/** Builds the one mistake that cannot be built: a heartbeat in a workflow. */
export const buildHeartbeat: Record<Id, () => Promise<unknown>> = {
  ts: () => bundle('heartbeat/wrong.ts'),
  go: () => run('go', ['build', '-tags', 'refused', './heartbeat'], { cwd: MISTAKES }),
  rust: () => cargo('covered', 'rustc', '--example', 'mistakes', '--', '--cfg', 'refused'),
};

async function bundle(workflows: string): Promise<string> {
  const logger = new DefaultLogger('WARN');
  const { code } = await bundleWorkflowCode({ workflowsPath: `${MISTAKES}/${workflows}`, logger });
  return code;
}
