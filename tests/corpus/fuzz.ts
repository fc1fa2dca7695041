/** Gives cases to the probes of the languages, and tells where they, or a reference, do not agree. */
import { partialDeepStrictEqual } from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { LANGUAGES, type Language } from '../../sandbox/languages.ts';
import { Probe, type Verdict } from '../../sandbox/probes.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { csv } from './csv.ts';
import { events } from './events.ts';
import { input } from './input.ts';
import { json } from './json.ts';
import type { Kind, KindName } from './kind.ts';
import { topic } from './topic.ts';
import { url } from './url.ts';

// biome-ignore lint/suspicious/noExplicitAny: a list of kinds, each with cases of its own.
const ALL: Record<KindName, Kind<any>> = { csv, json, events, input, url, topic };

/** The probes of some languages, and what each kind needs beside them. */
export class Probes {
  readonly #probes: Probe[];
  private constructor(probes: Probe[]) {
    this.#probes = probes;
  }

  /** Builds them, one after the other: each build takes the whole machine. */
  static async build(languages: readonly Language[] = LANGUAGES): Promise<Probes> {
    const probes: Probe[] = [];
    for (const one of languages) probes.push(await Probe.build(one));
    return new Probes(probes);
  }

  async end(): Promise<void> {
    await Promise.all([
      ...this.#probes.map((one) => one.end()),
      ...Object.values(ALL).map((kind) => kind.close?.()),
    ]);
  }

  /** Why a case is not well answered; nothing when it is. `right` is what the judged verdict must hold, where it is known. */
  async complaint(kind: KindName, one: unknown, right?: object): Promise<string | undefined> {
    const { given, comparable, complaint } = ALL[kind];
    const verdicts = await Promise.all(
      this.#probes.map(async (probe): Promise<[string, Verdict]> => {
        const { id } = probe.language;
        return [id, await probe.ask(await given(one, id))];
      }),
    );
    const judged = await Promise.all(
      verdicts.map(async ([id, verdict]) => [id, await comparable(verdict, one, id)] as const),
    );
    const [first, ...others] = judged;
    const said = () =>
      verdicts.map(([id, verdict]) => `  ${id.padEnd(5)}${JSON.stringify(verdict)}`).join('\n');
    const crashed = verdicts.some(([, verdict]) => 'failure' in verdict && verdict.failure.type === 'Crash');
    if (crashed) return `a crash:\n${said()}`;
    if (others.some(([, other]) => !isDeepStrictEqual(other, first?.[1]))) {
      return `they differ:\n${said()}\n${judged.map(([id, what]) => `  ${id.padEnd(5)}${JSON.stringify(what)}`).join('\n')}`;
    }
    try {
      if (right) partialDeepStrictEqual(first?.[1], right);
    } catch {
      return `right is ${JSON.stringify(right)}:\n${said()}`;
    }
    const [, verdict] = verdicts[0] ?? [];
    const wrong = verdict && (await complaint?.(one, verdict));
    return wrong ? `all are wrong: ${wrong}\n${said()}` : undefined;
  }

  /** Looks for a case that is not well answered, and makes it small. */
  async fuzz(
    kind: KindName,
    { cases, seed, tell }: { cases: number; seed: number; tell?: (done: number) => void },
  ): Promise<Found | undefined> {
    let done = 0;
    const property = fc.asyncProperty(ALL[kind].cases, async (one) => {
      done += 1;
      tell?.(done);
      const complaint = await this.complaint(kind, one);
      if (complaint) throw new Error(complaint);
    });
    const details = await fc.check(property, { numRuns: cases, seed });
    if (!details.failed) return undefined;
    const [one] = details.counterexample ?? [];
    return { one, why: (details.errorInstance as Error | null)?.message ?? 'interrupted' };
  }
}

/** A case that is not well answered. */
export interface Found {
  one: unknown;
  why: string;
}

/** A case that is kept, why it was, and, where it is known, what the judged verdict must hold. */
export interface Kept {
  why: string;
  case: unknown;
  right?: object;
}

const fileOf = (kind: KindName) => `${ROOT}/tests/corpus/kept/${kind}.json`;

/** The cases of a kind that are kept. */
export function keptCases(kind: KindName): Kept[] {
  const file = fileOf(kind);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

/** Keeps a case, once. */
export function keepCase(kind: KindName, one: Kept): void {
  const kept = keptCases(kind);
  if (kept.some((other) => isDeepStrictEqual(other.case, one.case))) return;
  writeFileSync(fileOf(kind), `${JSON.stringify([...kept, one], null, 2)}\n`);
}
