/** The one command runner: commands that end, and processes that stay until they are stopped. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** The root of the repository, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** What is built or downloaded, and may be deleted at any time. */
export const CACHE = `${ROOT}/.cache`;

export interface CommandOptions {
  cwd?: string;
  /** Added to this process's environment. */
  env?: Record<string, string>;
  /** Of this process's environment, nothing is handed on: it knows what is in `env`, and no more. */
  bare?: boolean;
  /** Show the output as it comes, instead of keeping it. */
  show?: boolean;
}

/** How much of what a service wrote is kept, in characters. */
const KEPT = 20_000;

/** What is started here ends with this process, and at once. */
const COMMON = { cleanup: true, killSignal: 'SIGKILL', stripFinalNewline: false } as const;

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
  const ended = await execa(command, args, {
    ...COMMON,
    cwd: options.cwd ?? ROOT,
    env: { ...options.env },
    stdin: 'ignore',
    ...(options.show ? { stdout: 'inherit', stderr: 'inherit' } : {}),
    all: true,
    reject: false,
  });
  if (!ended.failed) return ended.stdout ?? '';
  throw new CommandError([command, ...args].join(' '), reasonOf(ended), (ended.all ?? '').trim());
}

/** How a process ended, as far as it is told. */
interface End {
  exitCode?: number | undefined;
  signal?: string | undefined;
  cause?: unknown;
  originalMessage?: string | undefined;
}

function reasonOf({ exitCode, signal, cause, originalMessage }: End): string {
  if (signal) return `killed by ${signal}`;
  if (exitCode !== undefined) return `exit code ${exitCode}`;
  return cause instanceof Error ? cause.message : (originalMessage ?? 'it could not start');
}

export interface ServiceOptions extends CommandOptions {
  /** What it prints when it is ready. */
  ready: string;
  /** Hears what the process sends: it must be Node, and its `process.send` is this. */
  onMessage?: (message: unknown) => void;
  /** It leads a group of processes: when it ends, whatever it started and left is killed. */
  leads?: boolean;
}

/** Starts a process that stays. Its output is not kept by execa, but as far back as anybody looks. */
function open(command: string, args: string[], { cwd = ROOT, env, bare, onMessage, leads }: ServiceOptions) {
  return execa(command, args, {
    ...COMMON,
    cwd,
    env: { ...env },
    extendEnv: !bare,
    stdin: 'ignore',
    all: true,
    reject: false,
    buffer: false,
    ipc: Boolean(onMessage),
    serialization: 'json',
    killDescendants: Boolean(leads),
  });
}

/** A process that stays. */
export class Service {
  readonly name: string;
  #process: ReturnType<typeof open>;
  #closed: Promise<End>;
  #runs = true;
  #log = '';

  private constructor(name: string, command: string, args: string[], options: ServiceOptions) {
    this.name = name;
    this.#process = open(command, args, options);
    const child = this.#process.nodeChildProcess;
    if (options.onMessage) child.on('message', options.onMessage);
    // A group outlives its leader: execa kills it when it is asked to, not when the leader ends by itself.
    if (options.leads) child.once('exit', () => this.#process.kill());
    this.#process.all.on('data', (chunk) => {
      this.#log = (this.#log + chunk).slice(-KEPT);
    });
    this.#closed = this.#process.finally(() => {
      this.#runs = false;
    });
  }

  /** Starts a process and waits until it prints `ready`. Throws with its log when it ends before. */
  static async start(
    name: string,
    command: string,
    args: string[],
    options: ServiceOptions,
  ): Promise<Service> {
    const service = new Service(name, command, args, options);
    await service.#prints(options.ready, 'it was ready');
    return service;
  }

  /** Over when the process is. */
  get ended(): Promise<unknown> {
    return this.#closed;
  }

  /** Whether it has not ended. */
  get runs(): boolean {
    return this.#runs;
  }

  /** Its id among the processes of this machine. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The end of what it wrote. */
  get log(): string {
    return this.#log.trim();
  }

  /** Tells a process with `onMessage` something. */
  send(message: object): void {
    const child = this.#process.nodeChildProcess;
    if (child.connected) child.send(message);
  }

  /** Sends it, and nothing that it started, a signal. */
  signal(name: NodeJS.Signals): void {
    this.#process.nodeChildProcess.kill(name);
  }

  /**
   * Waits until it prints `text`, from now on. Throws with its log when it ends before, or when
   * `patience` milliseconds are over.
   */
  said(text: string, patience = 15_000): Promise<void> {
    return this.#prints(text, `it said "${text}"`, patience);
  }

  async #prints(text: string, what: string, patience?: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (reason: string) => reject(new CommandError(this.name, reason, this.log));
    let heard = '';
    const hear = (chunk: Buffer) => {
      heard = (heard + chunk).slice(-KEPT);
      if (heard.includes(text)) resolve();
    };
    this.#process.all.on('data', hear);
    void this.#closed.then((end) => fail(`${reasonOf(end)} before ${what}`));
    const late = () => fail(`${(patience ?? 0) / 1000} s were over before ${what}`);
    const timer = patience === undefined ? undefined : setTimeout(late, patience);
    await promise.finally(() => {
      clearTimeout(timer);
      this.#process.all.off('data', hear);
    });
  }

  /** Asks it to end (SIGTERM) and waits; after `patience` milliseconds it is killed. Returns its exit code. */
  async stop(patience = 15_000): Promise<number | null> {
    // The leader of a group alone is asked, for it ends what it started itself; execa would ask all of them.
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.#process.kill(), patience);
    await this.#closed;
    clearTimeout(timer);
    return this.#process.nodeChildProcess.exitCode;
  }

  /** Ends it as a crash would: SIGKILL, no goodbye. */
  async kill(): Promise<void> {
    this.#process.kill();
    await this.#closed;
  }
}

/** A process that answers each line with a line, in order. */
export class Conversation {
  readonly #process;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  #ended: Error | undefined;

  constructor(name: string, command: string, args: string[], { cwd = ROOT, env }: CommandOptions = {}) {
    this.#process = execa(command, args, {
      ...COMMON,
      cwd,
      env: { ...env },
      stdin: 'pipe',
      stderr: 'ignore',
      reject: false,
      buffer: false,
    });
    // Not readline: it takes U+2028, which JSON may hold, for the end of a line.
    let begun = '';
    this.#process.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (begun + chunk).split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) this.#waiting.shift()?.resolve(line);
    });
    // Who writes to a process that has ended hears of it below.
    this.#process.stdin.on('error', () => {});
    void this.#process.then((end) => {
      this.#ended = new CommandError(name, reasonOf(end), '');
      for (const one of this.#waiting.splice(0)) one.reject(this.#ended);
    });
  }

  /** Says a line; resolves to the answer. Throws `CommandError` when the process ends before it answers. */
  ask(line: string): Promise<string> {
    if (this.#ended) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.push({ resolve, reject });
    this.#process.stdin.write(`${line}\n`);
    return promise;
  }

  /** Ends it, whatever it does. */
  async end(): Promise<void> {
    this.#process.kill();
    await this.#process;
  }
}
