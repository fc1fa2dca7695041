/**
 * Runs when the runs that change their language have: holds them against their recordings, and replays what was
 * recorded where one history was written by two SDKs. tools/test.ts says whether any was left out: PROOF=whole.
 */
import { describe, expect, test } from 'vitest';
import { recordingsOf } from '../../recordings/format/read.ts';
import { MIXED } from '../../recordings/format/recording.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { HANDOVER, isUntouched, readHistories, storyDifference, strayFiles } from './recordings.ts';
import { replay } from './replay.ts';
import { runsOf } from './runs.ts';

const made = runsOf(MIXED, HANDOVER);
const recordings = recordingsOf(HANDOVER, ROOT).map(({ recording }) => recording);
const whole = process.env.PROOF === 'whole';

describe('the same story as in its recording, and the same languages after one another', () => {
  for (const run of made) {
    test(run.scenario, () => {
      const recorded = recordings.find(({ scenario }) => scenario === run.scenario);
      if (!recorded) throw new Error('it has no recording: npm run record -- handover makes one');
      expect(isUntouched(recorded), 'the recording is as npm run record wrote it').toBe(true);
      const apart = storyDifference({ recorded, now: run }, true);
      if (apart) throw new Error(`they differ (npm run record -- handover, if that is meant):\n\n${apart}\n`);
      expect(run.end).toBe(recorded.end);
    });
  }

  test.runIf(whole)('no recording of what is no scenario any more', () => {
    expect(made.length).toBeGreaterThan(0);
    expect(
      strayFiles(
        HANDOVER,
        made.map(({ scenario }) => scenario),
      ),
    ).toEqual([]);
  });
});

describe('the histories of ETL, each written by more than one worker, replay', () => {
  const histories = recordings
    .filter(({ workflow }) => workflow === 'ETLPipeline')
    .flatMap(({ scenario }) =>
      (readHistories(HANDOVER, scenario)[MIXED] ?? []).map((history) => ({ name: scenario, history })),
    );
  test.runIf(whole).each(['ts', 'rust'] as const)('in %s', async (id) => {
    expect(histories.length).toBeGreaterThan(1);
    expect(await replay(id, histories)).toEqual([]);
  });
});
