/** Turns what the scenarios left behind into the recordings of the repository. */

import { MIXED } from '../../recordings/format/recording.ts';
import { scenariosOf } from '../scenarios/scenario.ts';
import { bundle, codeLocationsOf } from './code-locations.ts';
import { HANDOVER, LANGUAGE_IDS, makeRecording, removeStrayFiles, writeRecording } from './recordings.ts';
import { type KeptRun, runsOf } from './runs.ts';

/**
 * Writes the recordings of pipelines from the runs that the tests have just made. Throws when a
 * language has not run a scenario, or the languages differ. Returns the names of what changed.
 */
export async function record(pipelines: string[]): Promise<string[]> {
  const code = await bundle();
  const changed: string[] = [];
  for (const pipeline of pipelines) {
    const { scenarios } = await scenariosOf(pipeline);
    const byLanguage = LANGUAGE_IDS.map(
      (id) => new Map(runsOf(id, pipeline).map((run) => [run.scenario, run])),
    );
    for (const { name, chance } of scenarios) {
      const runs = byLanguage.map((known, i): KeptRun => {
        const run = known.get(name);
        if (!run) throw new Error(`${pipeline}: "${name}" was not run in ${LANGUAGE_IDS[i]}`);
        return run;
      });
      const ts = runs.find(({ language }) => language === 'ts');
      const locations = ts ? await codeLocationsOf(code, ts.events, ts.histories) : [];
      const recording = makeRecording(runs, locations, chance);
      const histories = Object.fromEntries(runs.map((run) => [run.language, run.histories]));
      if (await writeRecording(recording, histories, chance)) changed.push(`${pipeline}: ${name}`);
    }
    await removeStrayFiles(
      pipeline,
      scenarios.map(({ name }) => name),
    );
  }
  return changed;
}

/** Writes the recordings of the runs that change their language; returns the names of what changed. */
export async function recordHandover(): Promise<string[]> {
  const changed: string[] = [];
  const runs = runsOf(MIXED, HANDOVER);
  if (!runs.length) throw new Error(`${HANDOVER}: no run was kept`);
  for (const run of runs) {
    // When a worker is killed, or cut off, is chance.
    const recording = makeRecording([run], [], true);
    if (await writeRecording(recording, { [MIXED]: run.histories }, true))
      changed.push(`${HANDOVER}: ${run.scenario}`);
  }
  await removeStrayFiles(
    HANDOVER,
    runs.map(({ scenario }) => scenario),
  );
  return changed;
}
