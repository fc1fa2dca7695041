/**
 * The probes: one process a language that gives a connector, or a rule of the data, one case after the other, and says
 * what became of it. They are for tests: see sandbox/probe and tests/corpus.
 */
import { type Command, cargo, type Language, rustProgram } from './languages.ts';
import { CACHE, Conversation, ROOT, run } from './processes.ts';

/** What became of a case: a value, or the failure that Temporal would be told of. `Crash` is neither: a fault of ours. */
export type Verdict =
  | { ok: unknown }
  | { failure: { type: string; message: string; delay_seconds?: number } };

/** How long a case may take, in ms: then the process is taken to hang. A request may take half of it. */
const PATIENCE_MS = 60_000;

const GO = `${ROOT}/examples/reference/go`;
const GO_PROBE = `${CACHE}/build/go-probe`;

/** What a name in a connection string stands for in the probes: every character that a URL minds. */
export const PROBE_ENV = {
  PROBE_SECRET: 'p@ss/w:rd%?#&+ é',
  PIPELINE_VARIABLES: 'PROBE_SECRET=*,PROBE_FORGOTTEN=*',
  PIPELINE_HOSTS: '*',
  PIPELINE_ROOTS: '/',
};

const BUILDS: Record<Language['id'], () => Promise<Command>> = {
  async ts() {
    return {
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', `${ROOT}/sandbox/probe/typescript.ts`],
    };
  },
  async go() {
    // The probe is no part of the module that readers copy: the build lays it over.
    const overlay = `${ROOT}/sandbox/probe/go/overlay.json`;
    await run('go', ['build', '-overlay', overlay, '-o', GO_PROBE, './probe'], { cwd: GO });
    return { command: GO_PROBE, args: [] };
  },
  async rust() {
    await cargo('plain', 'build', '--package', 'probe');
    return { command: rustProgram('probe'), args: [] };
  },
};

export class Probe {
  readonly language: Language;
  readonly #command: Command;
  #process: Conversation | undefined;

  private constructor(language: Language, command: Command) {
    this.language = language;
    this.#command = command;
  }

  /** Builds the probe of a language. It is started by its first case. */
  static async build(language: Language): Promise<Probe> {
    return new Probe(language, await BUILDS[language.id]());
  }

  /** Gives it a case, as a value or as JSON. A process that ends, or hangs, is a verdict too; the next case finds another. */
  async ask(given: object | string): Promise<Verdict> {
    const { command, args } = this.#command;
    this.#process ??= new Conversation('the probe', command, args, { env: PROBE_ENV });
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('it hangs')), PATIENCE_MS);
    try {
      const answer = await Promise.race([
        this.#process.ask(typeof given === 'string' ? given : JSON.stringify(given)),
        late.promise,
      ]);
      return (exactly(answer) as { verdict: Verdict }).verdict;
    } catch (error) {
      await this.end();
      return { failure: { type: 'Crash', message: (error as Error).message } };
    } finally {
      clearTimeout(timer);
    }
  }

  async end(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    await process?.end();
  }
}

/** A name with an escape: V8 13.6 takes it for another that it has seen, so it is read in other letters. */
const ESCAPED_NAME = /(?<=[{,]\s*)"((?:[^"\\]|\\.)*)"(?=\s*:)/g;
const PREFIX = 'escaped: ';
const inOtherLetters = (name: string): string =>
  name.includes('\\') ? `"${PREFIX}${encodeURIComponent(JSON.parse(name))}"` : name;

function renamed(value: object): unknown {
  const names = Object.keys(value);
  if (!names.some((name) => name.startsWith(PREFIX))) return value;
  const parts = Object.entries(value).map(([name, part]) => [
    name.startsWith(PREFIX) ? decodeURIComponent(name.slice(PREFIX.length)) : name,
    part,
  ]);
  return Object.fromEntries(parts);
}

/** Reads JSON; a number that is more than a double can hold is `{ "exact": "its normal form" }`. */
function exactly(json: string): unknown {
  const text = json.replace(ESCAPED_NAME, inOtherLetters);
  return JSON.parse(text, (_, value, context?: { source: string }) => {
    if (value && typeof value === 'object' && !Array.isArray(value)) return renamed(value);
    if (typeof value !== 'number' || !context) return value;
    const given = normal(context.source);
    return given === normal(String(value)) ? value : { exact: given };
  });
}

/** A decimal number as digits without zeros at either end, and a power of ten: `1.50` is `15e-1`. */
export function normal(token: string): string {
  const [, sign = '', whole = '', part = '', power = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  const digits = `${whole}${part}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (!kept) return '0';
  const shift = BigInt(power) - BigInt(part.length) + BigInt(digits.length - kept.length);
  return `${sign === '-' ? '-' : ''}${kept}e${shift}`;
}
