/** What the fuzzer and the corpus know of a kind of input. */
import type { Arbitrary } from 'fast-check';
import type { Verdict } from '../../sandbox/probes.ts';

export const KINDS = ['csv', 'json', 'events', 'input', 'url', 'topic'] as const;
export type KindName = (typeof KINDS)[number];

/** A kind of input: how it is made, given to a probe, and judged. */
export interface Kind<Case> {
  name: KindName;
  /** Makes cases, those near to what is valid above all. */
  cases: Arbitrary<Case>;
  /** What the probe of a language is given, as a value or as JSON. Whatever it needs beside it is there until `close`. */
  given(one: Case, language: string): object | string | Promise<object | string>;
  /** What must be equal in all languages of a verdict. */
  comparable(verdict: Verdict, one: Case, language: string): unknown | Promise<unknown>;
  /** What is wrong with a verdict by a reference of its own, such as what the case was made of, SQL or another clock. */
  complaint?(one: Case, verdict: Verdict): Promise<string | undefined> | string | undefined;
  close?(): Promise<void>;
}

/** The verdict, with the failure's type and as much of its message as `told` lets through. */
export function judged(verdict: Verdict, told: (message: string) => unknown = () => undefined): unknown {
  if ('ok' in verdict) return verdict;
  const { type, message, delay_seconds } = verdict.failure;
  return { failure: { type, told: told(message), delay_seconds } };
}
