/** A copy of the repository in which the faults of one language are made, so that this one stays as it is. */
import { existsSync } from 'node:fs';
import { cp, link, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type * as Languages from '../../sandbox/languages.ts';
import type { Language } from '../../sandbox/languages.ts';
import { CACHE, type CommandError, ROOT, run } from '../../sandbox/processes.ts';
import { copyRepository } from './copy.ts';
import { literally, type Mutation, mutated } from './faults.list.ts';

const FOLDER = `${CACHE}/faults`;
const TARGET = `${FOLDER}/target`;

/** How a scenario ended in the copy. */
export interface Ended {
  name: string;
  state: 'passed' | 'assertion' | 'timeout';
  seconds: number;
  /** The first line of what was said. */
  reason: string;
}

/** The copy cannot be built, or its scenarios cannot be started: that kills no fault. */
export class Broken extends Error {}

/** The copies and what Cargo built are shared by all runs: throws when another process is at it. */
export async function aloneOrThrow(file = `${FOLDER}/pid`): Promise<void> {
  const other = existsSync(file) ? Number(await readFile(file, 'utf8')) : 0;
  if (other && isAlive(other)) throw new Error(`process ${other} is at it already`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, String(process.pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export class Scratch {
  readonly language: Language;
  readonly root: string;

  private constructor(language: Language, root: string) {
    this.language = language;
    this.root = root;
  }

  /** Makes the copy of a language anew. What is downloaded or compiled from registries is shared. */
  static async make(id: Language['id']): Promise<Scratch> {
    const root = `${FOLDER}/${id}`;
    await copyRepository(root);
    if (id === 'ts') await keepSandbox(root);
    if (id === 'rust') await shareTarget(`${root}/examples/reference/rust/target`);
    // biome-ignore lint/plugin: the copy's own sandbox.
    const { language }: typeof Languages = await import(`${root}/sandbox/languages.ts`);
    return new Scratch(language(id), root);
  }

  /** Builds the worker. Throws `Broken` with what the compiler said. */
  async build(): Promise<void> {
    try {
      // Node strips types unread, so what does not compile would only show as a crash.
      if (this.language.id === 'ts') await run('tsc', ['--project', '.'], { cwd: this.root });
      await this.language.build('covered');
    } catch (error) {
      throw new Broken(`it does not build\n${(error as Error).message}`);
    }
  }

  /** Makes a fault, builds, does something, and takes the fault back. */
  async with<T>(mutation: Mutation, use: () => Promise<T>): Promise<T> {
    const files = mutated(mutation, this.root);
    const before = await Promise.all(
      Object.keys(files).map(async (file) => [file, await readFile(`${this.root}/${file}`, 'utf8')] as const),
    );
    try {
      for (const [file, text] of Object.entries(files)) await writeFile(`${this.root}/${file}`, text);
      await this.build();
      return await use();
    } finally {
      for (const [file, text] of before) await writeFile(`${this.root}/${file}`, text);
    }
  }

  /**
   * Runs scenarios of a pipeline, all or those named, each within `limit` milliseconds; `stop` at the
   * first that fails. Throws `Broken` when they cannot be started.
   */
  async scenarios(
    pipeline: string,
    options: { names?: string[]; limit: number; stop?: boolean },
  ): Promise<Ended[]> {
    const { names, limit, stop = false } = options;
    const report = `${this.root}/.cache/report.json`;
    await rm(report, { force: true });
    const wanted = names?.map((name) => literally(`${pipeline} > ${name}`)).join('|');
    const said = await run(
      process.execPath,
      [
        ...[`${ROOT}/node_modules/vitest/vitest.mjs`, 'run', '--root', this.root],
        ...['--project', this.language.id, '--testTimeout', String(limit)],
        ...['--reporter', 'json', '--outputFile', report],
        ...(wanted ? ['--testNamePattern', `^(${wanted})$`] : []),
        ...(stop ? ['--bail', '1'] : []),
      ],
      { cwd: this.root, env: { PIPELINES: pipeline, NO_COLOR: '1', BUILT: 'yes' } },
    ).catch((error: CommandError) => error.output);
    if (!existsSync(report)) throw new Broken(`the scenarios did not run\n${said}`);
    return endsIn(JSON.parse(await readFile(report, 'utf8')), said);
  }
}

/** What Vitest's JSON reporter writes, as far as it is read here. */
export interface Report {
  testResults: {
    message?: string;
    assertionResults: {
      title: string;
      status: string;
      duration?: number;
      failureMessages?: string[];
    }[];
  }[];
}

const NOT_STARTED = /before it was ready|Hook timed out|No Temporal test server|No NATS server/;
/** A test's own patience, or that of tests/scenarios/until.ts. */
const TIMEOUT = /^(\w*Error: )?(Test timed out in |.+: Timed out in waitUntil!(\n|$))/;
/** The scenario was green, and the worker slow to leave. */
const AFTERWARDS = /exit code of the worker/;

/** How the scenarios of a report ended. Throws `Broken` when one did not start, or none ran. */
export function endsIn({ testResults }: Report, said = ''): Ended[] {
  const ended = testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => ['passed', 'failed'].includes(status))
      .map(({ title, status, duration = 0, failureMessages: [message = ''] = [] }): Ended => {
        if (NOT_STARTED.test(message)) throw new Broken(`a scenario did not start\n${message}`);
        const [reason = ''] = message.split('\n');
        const failed = TIMEOUT.test(message) ? 'timeout' : 'assertion';
        const green = status === 'passed' || AFTERWARDS.test(reason);
        return { name: title, state: green ? 'passed' : failed, seconds: duration / 1000, reason };
      }),
  );
  const reasons = testResults.map(({ message }) => message).filter(Boolean);
  if (!ended.length) throw new Broken(`no scenario ran\n${reasons.join('\n') || said}`);
  return ended;
}

/**
 * The sandbox of the scenarios keeps the connectors as they are, in a copy beside: else a fault in one
 * would spoil what the sandbox itself publishes and reads.
 */
async function keepSandbox(root: string): Promise<void> {
  await cp(`${root}/examples/ts`, `${root}/examples/sound`, { recursive: true });
  for (const folder of ['sandbox', 'tests/scenarios']) {
    for (const name of await readdir(`${root}/${folder}`, { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const file = `${root}/${folder}/${name}`;
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replaceAll('../examples/ts/', '../examples/sound/'));
    }
  }
}

const OURS = /^(lib)?(durable[_-]pipelines|covered[_-]worker|coverage|worker|replay)-/;

/**
 * What Cargo built outlives the copies. The first time it comes from this repository's own target
 * folder, but for our own crates: as hard links where nothing is ever written again.
 */
async function shareTarget(at: string): Promise<void> {
  const own = `${ROOT}/examples/reference/rust/target`;
  if (!existsSync(TARGET)) {
    await mkdir(`${TARGET}/debug/deps`, { recursive: true });
    for (const name of ['.rustc_info.json', 'CACHEDIR.TAG', 'debug/.fingerprint', 'debug/build']) {
      if (!existsSync(`${own}/${name}`)) continue;
      await cp(`${own}/${name}`, `${TARGET}/${name}`, {
        ...{ recursive: true, preserveTimestamps: true },
        filter: (path) => !OURS.test(basename(path)),
      });
    }
    const deps = `${own}/debug/deps`;
    for (const name of existsSync(deps) ? await readdir(deps) : []) {
      if (!OURS.test(name)) await link(`${deps}/${name}`, `${TARGET}/debug/deps/${name}`);
    }
  }
  await mkdir(dirname(at), { recursive: true });
  await symlink(TARGET, at);
}
