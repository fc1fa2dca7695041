/** The one command runner: commands that end, and processes that stay until they are stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The root of the repository, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** What is built or downloaded, and may be deleted at any time. */
export const CACHE = `${ROOT}/.cache`;

export interface CommandOptions {
  cwd?: string;
  /** Added to this process's environment. */
  env?: Record<string, string>;
  /** Show the output as it comes, instead of keeping it. */
  show?: boolean;
}

/** A command that ended with another code than 0, or could not start. */
export class CommandError extends Error {
  readonly output: string;
  constructor(command: string, reason: string, output: string) {
    super(`${command}: ${reason}${output ? `\n${output}` : ''}`);
    this.output = output;
  }
}

/** Runs a command to its end. Returns what it wrote on stdout; throws `CommandError` with all it wrote. */
export async function run(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', options.show ? 'inherit' : 'pipe', options.show ? 'inherit' : 'pipe'],
  });
  let stdout = '';
  let all = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
    all += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    all += chunk;
  });
  const line = [command, ...args].join(' ');
  const [code, signal] = await ended(child).catch((error: Error) => {
    throw new CommandError(line, error.message, all);
  });
  if (code !== 0)
    throw new CommandError(line, signal ? `killed by ${signal}` : `exit code ${code}`, all.trim());
  return stdout;
}

function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve([code, signal]));
  });
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A process that stays. */
export class Service {
  readonly name: string;
  #child: ChildProcess;
  #closed: Promise<unknown>;
  #log = '';

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    this.#closed = ended(child).catch(() => {});
    running.add(child);
    child.once('close', () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#log = (this.#log + chunk).slice(-20_000);
      });
    }
  }

  /** Starts a process and waits until it prints `ready`. Throws with its log when it ends before. */
  static async start(
    name: string,
    command: string,
    args: string[],
    options: CommandOptions & { ready: string },
  ): Promise<Service> {
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const service = new Service(name, child);
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string) => reject(new CommandError(name, reason, service.log));
      child.once('error', (error) => fail(error.message));
      child.once('close', (code) => fail(`ended with code ${code} before it was ready`));
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', () => service.#log.includes(options.ready) && resolve());
      }
    });
    return service;
  }

  /** Over when the process is. */
  get ended(): Promise<unknown> {
    return this.#closed;
  }

  /** The end of what it wrote. */
  get log(): string {
    return this.#log.trim();
  }

  /** Asks it to end (SIGTERM) and waits; after `patience` milliseconds it is killed. Returns its exit code. */
  async stop(patience = 15_000): Promise<number | null> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patience);
    await this.#closed;
    clearTimeout(timer);
    return this.#child.exitCode;
  }

  /** Ends it as a crash would: SIGKILL, no goodbye. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
