/** The one command runner: commands that end, and processes that stay until they are stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The root of the repository, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

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
  running.set(child, false);
  const [code, signal] = await ended(child)
    .catch((error: Error) => {
      throw new CommandError(line, error.message, all);
    })
    .finally(() => running.delete(child));
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

/** What runs, and whether it leads a group of processes. */
const running = new Map<ChildProcess, boolean>();
process.on('exit', () => {
  for (const [child, leads] of running) kill(child, leads);
});

/** SIGKILL for a process, and for its group when it leads one. */
function kill(child: ChildProcess, leads: boolean): void {
  if (!leads || !child.pid) return void child.kill('SIGKILL');
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // None of the group is left.
  }
}

export interface ServiceOptions extends CommandOptions {
  /** What it prints when it is ready. */
  ready: string;
  /** Hears what the process sends: it must be Node, and its `process.send` is this. */
  onMessage?: (message: unknown) => void;
  /** It leads a group of processes: when it ends, whatever it started and left is killed. */
  leads?: boolean;
}

/** A process that stays. */
export class Service {
  readonly name: string;
  #child: ChildProcess;
  #leads: boolean;
  #closed: Promise<unknown>;
  #log = '';

  private constructor(name: string, child: ChildProcess, leads: boolean) {
    this.name = name;
    this.#child = child;
    this.#leads = leads;
    this.#closed = ended(child).catch(() => {});
    running.set(child, leads);
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
    options: ServiceOptions,
  ): Promise<Service> {
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', ...(options.onMessage ? (['ipc'] as const) : [])],
      detached: options.leads ?? false,
    });
    const service = new Service(name, child, options.leads ?? false);
    if (options.onMessage) child.on('message', options.onMessage);
    if (options.leads) child.once('exit', () => kill(child, true));
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

  /** Whether it has not ended. */
  get runs(): boolean {
    return running.has(this.#child);
  }

  /** The end of what it wrote. */
  get log(): string {
    return this.#log.trim();
  }

  /** Tells a process with `onMessage` something. */
  send(message: object): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /** Sends it a signal that does not end it. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when it prints `text` from now on; fails after `patience` ms. */
  said(text: string, patience = 15_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} did not say ${text}`)), patience);
      this.#child.stdout?.on('data', function heard(this: NodeJS.EventEmitter, chunk: Buffer) {
        if (!chunk.toString().includes(text)) return;
        this.off('data', heard);
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Asks it to end (SIGTERM) and waits; after `patience` milliseconds it is killed. Returns its exit code. */
  async stop(patience = 15_000): Promise<number | null> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => kill(this.#child, this.#leads), patience);
    await this.#closed;
    clearTimeout(timer);
    return this.#child.exitCode;
  }

  /** Ends it as a crash would: SIGKILL, no goodbye. */
  async kill(): Promise<void> {
    kill(this.#child, this.#leads);
    await this.#closed;
  }
}
