import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { LANGUAGES } from './sandbox/languages.ts';
import { BUILD_LIMIT_MS } from './tests/scenarios/built.ts';

/** All of tests/site that needs the built site and a browser; the others are the house's. */
const BROWSER = 'tests/{site,notebook}/!(regions|recordings).test.ts';
/** What measures time: nothing may run beside it. */
const MEASURED = 'tests/site/{build,lighthouse}.test.ts';
/** How coverage is taken is shown with all scenarios: with a few, it would take longer than they do. */
const { PIPELINES, PROOF: HOW_MUCH } = process.env;
const PROOFS = PIPELINES || HOW_MUCH === 'part' ? 'proof' : '{coverage,proof}';
const PROOF = `tests/proof/${PROOFS}.test.ts`;
const COVERAGE = 'tests/proof/coverage.test.ts';
const HANDOVER_PROOF = 'tests/proof/handover.test.ts';

/** The longest first, and last what waits for the longest build. Files of other projects keep their order. */
const ORDER = ['handover', 'ts', 'go', 'house', 'mistakes', 'rust', 'corpus'];
class Order extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const at = ({ project }: TestSpecification) => ORDER.indexOf(project.name);
    return (await super.sort(files)).sort((a, b) => at(a) - at(b));
  }
}

/** One project a language, which runs every scenario against it; the house itself; the built site. */
export default defineConfig({
  test: {
    // Most tests run a pipeline or a browser: slower than this is worth a line of its own.
    slowTestThreshold: 60_000,
    // Three languages side by side: each waits more than it works.
    maxWorkers: 3,
    sequence: { sequencer: Order },
    projects: [
      {
        test: {
          name: 'house',
          include: [
            process.env.HOUSE === 'held' ? 'tests/house/held.ts' : 'tests/{house,proof,site}/**/*.test.ts',
          ],
          exclude: [BROWSER, MEASURED, PROOF, COVERAGE, HANDOVER_PROOF],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'corpus',
          include: ['tests/corpus/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: BUILD_LIMIT_MS,
        },
      },
      { test: { name: 'site', include: [BROWSER], exclude: [MEASURED] } },
      { test: { name: 'site-measured', include: [MEASURED] } },
      {
        // tools/test.ts runs it after the scenarios.
        test: {
          name: 'proof',
          include: [PROOF],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: 'handover-proof', include: [HANDOVER_PROOF], testTimeout: 240_000 } },
      {
        test: {
          name: 'handover',
          include: ['tests/scenarios/handover.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'mistakes',
          include: ['tests/mistakes/**/*.test.ts'],
          testTimeout: 240_000,
          // The first build of the Rust SDK may be under way.
          hookTimeout: BUILD_LIMIT_MS,
        },
      },
      ...LANGUAGES.map(({ id }) => ({
        test: {
          name: id,
          include: ['tests/scenarios/{alone,shared}.test.ts'],
          env: { TWIN: id },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      })),
    ],
  },
});
