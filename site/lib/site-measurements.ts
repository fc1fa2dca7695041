/** What the site itself weighs and scores: recordings/site.json, as `npm run test:site -- --record` writes it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from './read-json.ts';

const n = z.number().nonnegative();
const Weight = z.object({ html: n, style: n, script: n, fonts: n, shift: n });
const Scores = z.object({ performance: n, accessibility: n, best_practices: n, seo: n });

const SiteMeasurements = z.object({
  version: z.literal(1),
  budgets: z.object({ page: n, script: n, fonts: n, shift: n, performance: n, others: n, build: n }),
  weight: z.record(z.string(), Weight),
  lighthouse: z.record(z.string(), Scores),
  axe: z.object({ pages: n, looks: n, violations: n }),
  links: z.object({ pages: n, broken: n }),
  policy: z.object({ pages: n, clicks: n, refused: n }),
  build: z.object({ pages: n, seconds: n }),
});
export type SiteMeasurements = z.infer<typeof SiteMeasurements>;

const REPORT = 'recordings/site.json';

/** The last measurements that were kept; none before the first: a site must be built to be measured. */
export function readSiteMeasurements(root = process.cwd()): SiteMeasurements | undefined {
  if (!existsSync(join(root, REPORT))) return undefined;
  return readJson(root, REPORT, SiteMeasurements, 'npm run test:site -- --record');
}

/** The least score that any page has in a category of Lighthouse. */
export function leastScore(
  { lighthouse }: SiteMeasurements,
  ...categories: (keyof z.infer<typeof Scores>)[]
): number {
  return Math.min(...Object.values(lighthouse).flatMap((scores) => categories.map((one) => scores[one])));
}
