/** What a page may cost, and where it is written down what pages do cost. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const BUDGETS = {
  /** A lesson's first visit, in bytes: text as gzip has it, fonts as they are. */
  page: 45_000,
  script: 12_000,
  fonts: 75_000,
  /** Cumulative layout shift: nothing jumps. */
  shift: 0.01,
  /** Lighthouse on a phone: best of three for performance. */
  performance: 98,
  others: 100,
  /** Seconds for a build of a hundred pages. */
  build: 20,
} as const;

export const REPORT = 'recordings/site.json';
const PARTS = '.cache/site-report';

/** Keeps what a test measured, for `npm run test:site -- --record`. */
export function measured(part: string, values: unknown): void {
  mkdirSync(PARTS, { recursive: true });
  writeFileSync(join(PARTS, `${part}.json`), JSON.stringify(values));
}

/** Forgets the last measurements. */
export function measureAnew(): void {
  rmSync(PARTS, { recursive: true, force: true });
}

/** All measurements, under the names of their parts. */
export function measurements(): Record<string, unknown> {
  const parts = readdirSync(PARTS).sort();
  return Object.fromEntries(
    parts.map((file) => [file.replace('.json', ''), JSON.parse(readFileSync(join(PARTS, file), 'utf8'))]),
  );
}
