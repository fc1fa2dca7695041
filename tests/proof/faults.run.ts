/** Makes the faults of one language, one after the other, and finds the scenario that kills each. */
import type { Language } from '../../sandbox/languages.ts';
import type { Mutation } from './faults.list.ts';
import { Broken, type Ended, Scratch } from './faults.scratch.ts';

/** How a fault ended. */
export interface End {
  killed_by?: string;
  how: 'assertion' | 'timeout' | 'SURVIVED' | 'BROKEN';
  /** What the scenario, or the compiler, said. */
  reason: string;
}

export interface Result extends Mutation, End {
  seconds: number;
}

/** No scenario waits longer than this in the faulty code, or than so many times what it takes in the sound one. */
const LEAST_LIMIT_MS = 20_000;
const TIMES = 4;
/** In the sound code; and when all scenarios of a pipeline are run, for the named one let the fault through. */
const LIMIT_MS = 120_000;

/** `tell` hears of each fault as it is over. A fault that could not be tried is `BROKEN`. */
export async function runFaults(
  id: Language['id'],
  mutations: Mutation[],
  tell: (result: Result) => void,
): Promise<void> {
  const scratch = await Scratch.make(id);
  await scratch.build();
  const sound = await soundRuns(scratch, mutations);
  for (const mutation of mutations) {
    const started = performance.now();
    const end = await tried(scratch, mutation, sound).catch((error: Error): End => {
      if (!(error instanceof Broken)) throw error;
      return { how: 'BROKEN', reason: error.message };
    });
    tell({ ...mutation, ...end, seconds: Math.round((performance.now() - started) / 1000) });
  }
}

/** How each killer ends in the sound code, by pipeline and name. */
type Sound = Map<string, Ended>;
const keyOf = (pipeline: string, name: string) => `${pipeline} > ${name}`;

/** Runs the killers in the sound code; those that are red get a second chance, for a machine may be busy. */
async function soundRuns(scratch: Scratch, mutations: Mutation[]): Promise<Sound> {
  const sound: Sound = new Map();
  for (const pipeline of new Set(mutations.map((one) => one.pipeline))) {
    const run = async (names: string[]) => {
      if (!names.length) return;
      const ended = await scratch.scenarios(pipeline, { names, limit: LIMIT_MS });
      for (const end of ended) sound.set(keyOf(pipeline, end.name), end);
    };
    const mine = mutations.filter((one) => one.pipeline === pipeline);
    const names = [...new Set(mine.map(({ killer }) => killer))];
    await run(names);
    await run(names.filter((name) => sound.get(keyOf(pipeline, name))?.state !== 'passed'));
  }
  return sound;
}

/** The seconds that a scenario takes in the sound code. Throws `Broken` when it is not green there. */
function secondsOf(sound: Sound, pipeline: string, name: string): number {
  const end = sound.get(keyOf(pipeline, name));
  if (!end) throw new Broken(`${pipeline} has no scenario "${name}"`);
  if (end.state !== 'passed') throw new Broken(`"${name}" is red without a fault: ${end.reason}`);
  return end.seconds;
}

async function tried(scratch: Scratch, mutation: Mutation, sound: Sound): Promise<End> {
  const { pipeline, killer } = mutation;
  const limit = Math.max(LEAST_LIMIT_MS, TIMES * 1000 * secondsOf(sound, pipeline, killer));
  const end = await scratch.with(mutation, () => kill(scratch, mutation, limit));
  if (end.killed_by && end.killed_by !== killer) {
    // What kills it by surprise must be green without it.
    await scratch.build();
    const again = await soundRuns(scratch, [{ ...mutation, killer: end.killed_by }]);
    secondsOf(again, pipeline, end.killed_by);
  }
  return end;
}

/** The named killer goes first, then all scenarios of the pipeline. Who waits in vain waits twice: a machine may be busy. */
async function kill(scratch: Scratch, { pipeline, killer }: Mutation, limit: number): Promise<End> {
  const red = (ended: Ended[]) => ended.find((end) => end.state !== 'passed');
  const named = async (within: number) =>
    red(await scratch.scenarios(pipeline, { names: [killer], limit: within }));
  const first = await named(limit);
  const one =
    (first?.state === 'timeout' ? await named(2 * limit) : first) ??
    red(await scratch.scenarios(pipeline, { limit: LIMIT_MS, stop: true }));
  if (!one || one.state === 'passed') return { how: 'SURVIVED', reason: '' };
  return { killed_by: one.name, how: one.state, reason: one.reason };
}
