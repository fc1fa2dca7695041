/** The languages of the twins: what each needs, how its worker is built, how it is started. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { CACHE, ROOT, run } from './processes.ts';

export interface Command {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

export interface Language {
  id: 'ts' | 'go' | 'rust';
  label: string;
  /** The command that shows the toolchain is there, the least version, and how to get it. */
  toolchain: { command: string; args: string[]; least: string; get: string };
  /** Builds the worker. Nothing is done twice: each toolchain knows what has changed. */
  build(kind?: Kind): Promise<void>;
  /** How the built worker is started; `coverage` is an existing folder for what the covered one executes. */
  worker(coverage?: string): Command;
}

/**
 * Readers run the plain worker. Tests run the covered one: it counts what it executes, and on SIGIO it
 * writes what it has counted since the last time, and prints COVERED (see sandbox/coverage). Temporal's runtime
 * for TypeScript takes SIGUSR2 for the end.
 */
export type Kind = 'plain' | 'covered';

const BUNDLE = `${CACHE}/build/workflow-bundle.js`;
const BUNDLE_DIGEST = `${BUNDLE}.sha256`;
const GO_WORKER = `${CACHE}/build/go-worker`;
const GO_COVERED = `${CACHE}/build/go-worker-covered`;
const GO_COPY = `${CACHE}/build/go-covered`;
const COVERAGE = `${ROOT}/sandbox/coverage`;
const GO = `${ROOT}/examples/reference/go`;
const RUST = `${ROOT}/examples/reference/rust`;

export const LANGUAGES: Language[] = [
  {
    id: 'ts',
    label: 'TypeScript',
    toolchain: { command: 'node', args: ['--version'], least: '24.0', get: 'npm ci brings it' },
    async build() {
      const made = await madeFrom(`${ROOT}/examples/ts`, `${ROOT}/package-lock.json`);
      if (made === (await readFile(BUNDLE_DIGEST, 'utf8').catch(() => ''))) return;
      const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
      const { code } = await bundleWorkflowCode({
        workflowsPath: `${ROOT}/examples/ts/workflows.ts`,
        logger: new DefaultLogger('WARN'),
      });
      await mkdir(`${CACHE}/build`, { recursive: true });
      // Whole or not at all: a worker may start meanwhile.
      await writeFile(`${BUNDLE}.${process.pid}`, code);
      await rename(`${BUNDLE}.${process.pid}`, BUNDLE);
      await writeFile(BUNDLE_DIGEST, made);
    },
    worker: (coverage) => ({
      command: process.execPath,
      args: [
        ...(coverage ? ['--import', pathToFileURL(`${COVERAGE}/typescript.ts`).href] : []),
        `${ROOT}/examples/ts/worker.ts`,
      ],
      env: { WORKFLOW_BUNDLE: BUNDLE, ...(coverage ? { NODE_V8_COVERAGE: coverage } : {}) },
    }),
  },
  {
    id: 'go',
    label: 'Go',
    toolchain: { command: 'go', args: ['version'], least: '1.26', get: 'see go.dev/doc/install' },
    async build(kind = 'plain') {
      if (kind === 'plain')
        return void (await run('go', ['build', '-o', GO_WORKER, './worker'], { cwd: GO }));
      // Go's cover wants the worker's own package whole, and on the disk: so it is built from a copy.
      await rm(GO_COPY, { recursive: true, force: true });
      await cp(GO, GO_COPY, { recursive: true });
      await cp(`${COVERAGE}/worker.go`, `${GO_COPY}/worker/coverage.go`);
      const counters = ['-cover', '-covermode=atomic', '-coverpkg=./...'];
      await run('go', ['build', ...counters, '-o', GO_COVERED, './worker'], { cwd: GO_COPY });
    },
    worker: (coverage) => ({
      command: coverage ? GO_COVERED : GO_WORKER,
      args: [],
      env: { ...(coverage ? { GOCOVERDIR: coverage } : {}) },
    }),
  },
  {
    id: 'rust',
    label: 'Rust',
    toolchain: { command: 'cargo', args: ['--version'], least: '1.95', get: 'see rustup.rs' },
    async build(kind = 'plain') {
      await (kind === 'covered'
        ? cargo('covered', 'build', '--package', 'covered-worker')
        : cargo('plain', 'build', '--bin', 'worker'));
    },
    worker: (coverage) =>
      coverage
        ? {
            command: rustProgram('covered-worker'),
            args: [],
            env: { LLVM_PROFILE_FILE: `${coverage}/%p.profraw` },
          }
        : { command: rustProgram('worker'), args: [] },
  },
];

/** SHA-256 of the TypeScript in a folder, and of a file. */
async function madeFrom(folder: string, file: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts')).sort();
  const sum = createHash('sha256');
  for (const path of [...names.map((name) => `${folder}/${name}`), file]) {
    sum.update(`${path}\n`).update(await readFile(path));
  }
  return sum.digest('hex');
}

/** A program that cargo has built. */
export function rustProgram(name: string): string {
  return `${RUST}/target/debug/${name}`;
}

/** Compiles with cargo. Counters of coverage go into our own crates alone: all others are compiled once for both kinds. */
export async function cargo(kind: Kind, command: 'build' | 'rustc', ...args: string[]): Promise<void> {
  await run('cargo', [command, '--quiet', '--locked', ...args], {
    cwd: RUST,
    env: kind === 'covered' ? { RUSTC_WORKSPACE_WRAPPER: `${ROOT}/sandbox/coverage/rust/rustc` } : {},
  });
}

export function language(id: string): Language {
  const found = LANGUAGES.find((one) => one.id === id);
  if (!found) {
    throw new Error(`no language "${id}": there are ${LANGUAGES.map((one) => one.id).join(', ')}`);
  }
  return found;
}

/** Why a language cannot be used here; undefined when it can. */
export async function missing({ label, toolchain }: Language): Promise<string | undefined> {
  const { command, args, least, get } = toolchain;
  const said = await run(command, args).catch(() => undefined);
  const found = /(\d+)\.(\d+)/.exec(said ?? '');
  if (!found) return `${label} was not found (${least} or newer is needed: ${get})`;
  const [major, minor] = least.split('.').map(Number) as [number, number];
  const [, m, n] = found.map(Number) as [number, number, number];
  if (m > major || (m === major && n >= minor)) return undefined;
  return `${label} ${found[0]} is too old (${least} or newer is needed: ${get})`;
}
