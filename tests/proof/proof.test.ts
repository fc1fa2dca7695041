/**
 * Runs when the scenarios have: holds what they left behind against each other, against the recordings and
 * against the pages; and replays the histories of the recordings. tools/test.ts says what was run:
 * PROVEN_LANGUAGES, PIPELINES (all when empty), and PROOF=whole when no scenario was left out.
 */
import { describe, expect, test } from 'vitest';
import { language } from '../../sandbox/languages.ts';
import { PIPELINES } from '../../sandbox/pipelines.ts';
import { scenariosOf } from '../scenarios/scenario.ts';
import { executed, shownRegions, unproven } from './lines.ts';
import { isUntouched, readHistories, readRecording, storyDifference, strayFiles } from './recordings.ts';
import { type Replayable, replay } from './replay.ts';
import { coverageOfAll, runsOf } from './runs.ts';

const list = (value = '') => value.split(',').filter(Boolean);
const languages = list(process.env.PROVEN_LANGUAGES).map((id) => language(id).id);
const named = list(process.env.PIPELINES);
const pipelines = named.length ? named : PIPELINES;
const whole = process.env.PROOF === 'whole';

for (const pipeline of pipelines) {
  const { scenarios } = await scenariosOf(pipeline);
  const runs = languages.map((id) => ({
    id,
    runs: new Map(runsOf(id, pipeline).map((one) => [one.scenario, one])),
  }));

  describe(`${pipeline}: the same story in every language, and in its recording`, () => {
    for (const { name, chance } of scenarios) {
      const made = runs.flatMap(({ id, runs: known }) => {
        const run = known.get(name);
        return run ? [[id, run] as const] : [];
      });
      test.runIf(made.length)(name, () => {
        const recorded = readRecording(pipeline, name);
        if (!recorded) throw new Error('it has no recording: npm run record makes one');
        expect(isUntouched(recorded), 'the recording is as npm run record wrote it').toBe(true);
        const stories = { recorded, ...Object.fromEntries(made) };
        const apart = storyDifference(stories, chance);
        if (apart) throw new Error(`the runs differ (npm run record, if that is meant):\n\n${apart}\n`);
        for (const [, { end, runs: count }] of made) {
          expect({ end, ...(chance ? {} : { runs: count }) }).toEqual({
            end: recorded.end,
            ...(chance ? {} : { runs: recorded.runs }),
          });
        }
      });
    }
    test.runIf(whole)('no recording of what is no scenario any more', () => {
      expect(
        strayFiles(
          pipeline,
          scenarios.map(({ name }) => name),
        ),
      ).toEqual([]);
    });
  });

  describe(`${pipeline}: the histories of the recordings replay`, () => {
    const histories = (id: string): Replayable[] =>
      scenarios
        .filter(({ name }) => readRecording(pipeline, name))
        .flatMap(({ name }) =>
          (readHistories(pipeline, name)[id] ?? []).map((history, i) => ({
            name: `${name}, run ${i + 1}`,
            history,
          })),
        );
    for (const id of languages) {
      test.runIf(whole)(`in ${language(id).label}`, async () => {
        const all = histories(id);
        expect(all.length).toBeGreaterThanOrEqual(scenarios.length);
        expect(await replay(id, all)).toEqual([]);
      });
    }
    // Both stand on the same core, and number their commands alike.
    const both = languages.includes('rust') && languages.includes('ts');
    test.runIf(whole && both)("TypeScript's in Rust, and Rust's in TypeScript", async () => {
      expect(await replay('rust', histories('ts'))).toEqual([]);
      expect(await replay('ts', histories('rust'))).toEqual([]);
    });
  });
}

describe('no unproven line', () => {
  const shown = shownRegions().filter(({ pipeline }) =>
    // What pipelines share is proven by all of them together.
    PIPELINES.includes(pipeline) ? pipelines.includes(pipeline) : pipelines.length === PIPELINES.length,
  );
  for (const id of languages) {
    test.runIf(whole)(`in ${language(id).label}`, async () => {
      const mine = shown.filter((one) => one.language === id);
      const files = [...new Set(mine.map(({ file }) => file))];
      const folders = [coverageOfAll(id)];
      const found = await executed(id, files, [{ name: 'all', folders }]);
      expect(unproven(mine, found)).toEqual([]);
    });
  }
});
