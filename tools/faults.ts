/**
 * npm run faults                    makes every seeded fault in a copy, and names the scenario that kills it
 * npm run faults -- etl             one pipeline's
 * npm run faults -- --lang go       one language's (may be repeated)
 * npm run faults -- -t 'upsert'     faults by name
 * npm run faults -- --sample        one a pipeline and language, the same ones each time
 * npm run faults -- --all           a missing toolchain is a failure (so it is when CI=true)
 * npm run faults -- --record        writes recordings/<pipeline>/faults.json
 *
 * A fault that survives all scenarios of its pipeline is a failure; so is one that does not compile.
 */
import { availableParallelism } from 'node:os';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { type Fault, type Mutation, mutated, mutationsOf, sampleOf } from '../tests/proof/faults.list.ts';
import { aloneOrThrow, Broken, type Ended, Scratch } from '../tests/proof/faults.scratch.ts';
import {
  allFaults,
  type Digests,
  digestsOf,
  type Kill,
  merged,
  readRecord,
  writeRecord,
} from '../tests/proof/faults.ts';
import { LANGUAGES, type Language, language, missing } from '../tests/world/languages.ts';
import { PIPELINES } from './pipelines.ts';
import { table } from './terminal.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lang: { type: 'string', multiple: true, default: [] },
    name: { type: 'string', short: 't' },
    sample: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    all: { type: 'boolean', default: process.env.CI === 'true' },
  },
});

/** No scenario waits longer than this in the faulty code, or than so many times what it takes in the sound one. */
const LEAST_LIMIT_MS = 20_000;
const TIMES = 4;
/** For all scenarios of a pipeline, when the named one let the fault through. */
const REST_LIMIT_MS = 60_000;

/** How a fault ended. */
interface End {
  killed_by?: string;
  how: 'assertion' | 'timeout' | 'SURVIVED' | 'BROKEN';
  /** The first line of what the scenario, or the compiler, said. */
  reason: string;
}

interface Result extends Mutation, End {
  seconds: number;
}

function choose(lists: [string, Fault[]][]): Mutation[] {
  const ids = values.lang.length ? values.lang.map((id) => language(id).id) : LANGUAGES.map(({ id }) => id);
  return lists
    .flatMap(([pipeline, faults]) =>
      values.sample
        ? sampleOf(pipeline, faults)
        : LANGUAGES.flatMap(({ id }) => mutationsOf(pipeline, faults, id)),
    )
    .filter((one) => ids.includes(one.language) && one.name.includes(values.name ?? ''));
}

/** All faults of one language, one after the other; `tell` hears of each as it is over. */
async function runAll(
  id: Language['id'],
  mutations: Mutation[],
  tell: (result: Result) => void,
): Promise<void> {
  const scratch = await Scratch.make(id);
  await scratch.build();
  const sound = await soundRuns(scratch, mutations);
  for (const mutation of mutations) {
    const started = performance.now();
    const limit = Math.max(LEAST_LIMIT_MS, TIMES * 1000 * (sound.get(keyOf(mutation)) ?? 0));
    const end = await killOrProve(scratch, mutation, limit).catch((error: Error) => {
      if (!(error instanceof Broken)) throw error;
      return { how: 'BROKEN', reason: error.message } satisfies End;
    });
    tell({ ...mutation, ...end, seconds: Math.round((performance.now() - started) / 1000) });
  }
}

/** What kills it by surprise must be green without it. */
async function killOrProve(scratch: Scratch, mutation: Mutation, limit: number): Promise<End> {
  const end = await kill(scratch, mutation, limit);
  if (end.killed_by && end.killed_by !== mutation.killer) {
    await scratch.build();
    await soundRuns(scratch, [{ ...mutation, killer: end.killed_by }]);
  }
  return end;
}

const keyOf = ({ pipeline, killer }: Mutation) => `${pipeline} ${killer}`;

/** The seconds that each killer takes in the sound code. Throws `Broken` when one is not green there. */
async function soundRuns(scratch: Scratch, mutations: Mutation[]): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  for (const pipeline of new Set(mutations.map((one) => one.pipeline))) {
    const mine = mutations.filter((one) => one.pipeline === pipeline);
    const names = [...new Set(mine.map((one) => one.killer))];
    const ended = await scratch.scenarios(pipeline, { names, limit: 2 * REST_LIMIT_MS });
    for (const name of names) {
      const one = ended.find((end) => end.name === name);
      if (!one) throw new Broken(`${pipeline} has no scenario "${name}"`);
      if (one.state !== 'passed') {
        throw new Broken(`without a fault, ${scratch.language.label} fails "${name}": ${one.reason}`);
      }
      seconds.set(`${pipeline} ${name}`, one.seconds);
    }
  }
  return seconds;
}

/** Makes the fault; its named killer goes first, then all scenarios of the pipeline. */
async function kill(scratch: Scratch, mutation: Mutation, limit: number): Promise<End> {
  const { pipeline, killer } = mutation;
  return scratch.with(mutation, async () => {
    const red = (ended: Ended[]) => ended.find((end) => end.state !== 'passed');
    const one =
      red(await scratch.scenarios(pipeline, { names: [killer], limit })) ??
      red(await scratch.scenarios(pipeline, { limit: REST_LIMIT_MS, stop: true }));
    if (!one || one.state === 'passed') return { how: 'SURVIVED', reason: '' };
    return { killed_by: one.name, how: one.state, reason: one.reason };
  });
}

/** The languages side by side, as many as there are cores: the slowest to build first. */
async function run(mutations: Mutation[]): Promise<{ results: Result[]; notChecked: string[] }> {
  const results: Result[] = [];
  const notChecked: string[] = [];
  const tell = (result: Result) => {
    results.push(result);
    const by = result.killed_by ? ` by "${result.killed_by}"` : '';
    console.log(
      `${result.language} · ${result.name}: ${result.how}${by} (${result.seconds} s)\n    ${result.reason}`,
    );
  };
  const queue = [...LANGUAGES].reverse().filter(({ id }) => mutations.some((one) => one.language === id));
  const lane = async () => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      const { id, label } = one;
      const reason = await missing(one);
      if (reason) {
        notChecked.push(reason);
        continue;
      }
      const mine = mutations.filter((mutation) => mutation.language === id);
      await runAll(id, mine, tell).catch((error: Error) => {
        throw new Error(`${label}: ${error.message}`);
      });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return { results, notChecked };
}

async function main(): Promise<number> {
  const unknown = positionals.find((name) => !PIPELINES.includes(name));
  if (unknown) throw new Error(`no "${unknown}": there are ${PIPELINES.join(', ')}`);
  const lists = await allFaults(positionals.length ? positionals : undefined);
  const mutations = choose(lists);
  if (!mutations.length) throw new Error('no fault has that name');
  for (const mutation of mutations) mutated(mutation);
  const digests = new Map(lists.map(([pipeline]) => [pipeline, digestsOf(pipeline)]));

  await aloneOrThrow();
  const { results, notChecked } = await run(mutations);
  const rank = (one: Mutation) =>
    mutations.findIndex(({ name, language }) => name === one.name && language === one.language);
  results.sort((a, b) => rank(a) - rank(b));
  for (const [pipeline] of lists) {
    const mine = results.filter((result) => result.pipeline === pipeline);
    if (mine.length) console.log(`\n${pipeline}\n\n${table(mine.map(row))}`);
  }
  console.log();
  for (const reason of notChecked) console.log(`not checked: ${reason}`);
  const killed = results.filter((result) => result.killed_by);
  const failed = results.length - killed.length + (values.all ? notChecked.length : 0);
  if (values.record && !failed) await record(lists, digests, killed as (Result & Kill)[]);
  console.log(`${killed.length} killed, ${failed} failed`);
  return failed ? 1 : 0;
}

const row = ({ language, name, killed_by, killer, how, seconds }: Result) => ({
  language,
  fault: name,
  'killed by': killed_by && killed_by !== killer ? `${killed_by} (not by its own)` : (killed_by ?? '—'),
  how,
  seconds,
});

async function record(
  lists: [string, Fault[]][],
  digests: Map<string, Digests>,
  kills: (Result & Kill)[],
): Promise<void> {
  for (const [pipeline, faults] of lists) {
    const mine = kills.filter((one) => one.pipeline === pipeline);
    const before = digests.get(pipeline);
    if (!mine.length || !before) continue;
    if (!isDeepStrictEqual(before, digestsOf(pipeline))) {
      throw new Error(`${pipeline} was edited meanwhile: nothing is recorded`);
    }
    await writeRecord(pipeline, merged(faults, mine, before, readRecord(pipeline)));
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`npm run faults: ${(error as Error).message}`);
  process.exitCode = 1;
}
