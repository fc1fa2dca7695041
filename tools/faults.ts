/**
 * npm run faults                    makes every seeded fault in a copy, and names the scenario that kills it
 * npm run faults -- etl             one pipeline's
 * npm run faults -- guards          those that remove a guard against attacks, of the notebook's server, too
 * npm run faults -- --lang go       one language's (may be repeated)
 * npm run faults -- -t 'upsert'     faults by name
 * npm run faults -- --sample        one a pipeline and language, the same ones each time
 * npm run faults -- --rest          those alone that were not killed since the last edit of their language
 * npm run faults -- --record        writes recordings/<pipeline>/faults.json
 * npm run faults -- --all           a missing toolchain is a failure (so it is when CI=true)
 *
 * A fault that survives all scenarios of its pipeline is a failure; so is one that does not compile.
 */
// First: what follows is loaded below a parent that cleans up.
import '../sandbox/supervised.ts';

import { availableParallelism } from 'node:os';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { LANGUAGES, language, missing } from '../sandbox/languages.ts';
import {
  type Fault,
  type Mutation,
  mutated,
  mutationsOf,
  pipelinesWithFaults,
  sampleOf,
} from '../tests/proof/faults.list.ts';
import { keep, kept } from '../tests/proof/faults.progress.ts';
import {
  allFaults,
  type Digests,
  digestsOf,
  killsIn,
  merged,
  readFaultsReport,
  writeFaultsReport,
} from '../tests/proof/faults.report.ts';
import { type Result, runFaults } from '../tests/proof/faults.run.ts';
import { aloneOrThrow } from '../tests/proof/faults.scratch.ts';
import { type Removed, runGuards } from '../tests/proof/guards.run.ts';
import { table } from './terminal.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lang: { type: 'string', multiple: true, default: [] },
    name: { type: 'string', short: 't' },
    sample: { type: 'boolean', default: false },
    rest: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    all: { type: 'boolean', default: process.env.CI === 'true' },
  },
});

/** A pipeline's faults, and the digests of the sources that they are made in. */
interface List {
  pipeline: string;
  faults: Fault[];
  digests: Digests;
}

/** The set that removes the guards: in the connectors, and in the notebook's server. */
const GUARDS = 'guards';
const guards = positionals.includes(GUARDS);

function choose({ pipeline, faults, digests }: List): Mutation[] {
  const ids = values.lang.length ? values.lang.map((id) => language(id).id) : LANGUAGES.map(({ id }) => id);
  const known = values.rest
    ? [...kept(pipeline, digests), ...killsIn(readFaultsReport(pipeline), digests)]
    : [];
  const wanted = guards ? faults.filter(({ guard }) => guard) : faults;
  const all = values.sample
    ? sampleOf(pipeline, wanted)
    : LANGUAGES.flatMap(({ id }) => mutationsOf(pipeline, wanted, id));
  return all
    .filter((one) => ids.includes(one.language) && one.name.includes(values.name ?? ''))
    .filter((one) => !known.some(({ name, language: id }) => name === one.name && id === one.language));
}

/** The languages side by side, as many as there are cores: the slowest to build first. */
async function run(mutations: Mutation[], tell: (result: Result) => void): Promise<string[]> {
  const notChecked: string[] = [];
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
      await runFaults(id, mine, tell).catch((error: Error) => {
        throw new Error(`${label}: ${error.message}`);
      });
    }
  };
  const lanes = Array.from({ length: availableParallelism() }, lane);
  for (const end of await Promise.allSettled(lanes)) if (end.status === 'rejected') throw end.reason;
  return notChecked;
}

async function main(): Promise<number> {
  const known = pipelinesWithFaults();
  const pipelines = positionals.filter((name) => name !== GUARDS);
  const unknown = pipelines.find((name) => !known.includes(name));
  if (unknown)
    throw new Error(`no faults of "${unknown}": there are those of ${known.join(', ')}, and ${GUARDS}`);
  const found = await allFaults(pipelines.length ? pipelines : undefined);
  const lists = found.map(([pipeline, faults]): List => {
    return { pipeline, faults, digests: digestsOf(pipeline) };
  });
  const mutations = lists.flatMap(choose);
  if (!mutations.length && !values.rest && !guards) throw new Error('no fault has that name');
  for (const mutation of mutations) mutated(mutation);

  await aloneOrThrow();
  const removed: Removed[] = [];
  const ofServer =
    guards && !pipelines.length && !values.sample && (!values.lang.length || values.lang.includes('ts'));
  if (ofServer) {
    await runGuards(values.name ?? '', (one) => {
      removed.push(one);
      console.log(`notebook · ${one.guard}: ${one['killed by'] || 'SURVIVED'}`);
    });
    console.log(`\nthe notebook's server\n\n${table(removed)}`);
  }
  const results: Result[] = [];
  const saved: Promise<void>[] = [];
  const notChecked = await run(mutations, (result) => {
    results.push(result);
    tell(result);
    const list = lists.find(({ pipeline }) => pipeline === result.pipeline);
    if (list) saved.push(keep(result, list.digests));
  });
  await Promise.all(saved);
  for (const { pipeline } of lists) {
    const rows = mutations.flatMap((one) =>
      results.filter(
        ({ pipeline: of, name, language: id }) =>
          of === pipeline && one.pipeline === of && name === one.name && id === one.language,
      ),
    );
    if (rows.length) console.log(`\n${pipeline}\n\n${table(rows.map(row))}`);
  }
  console.log();
  for (const reason of notChecked) console.log(`not checked: ${reason}`);
  const all = results.length + removed.length;
  const killed = [
    ...results.filter((result) => result.killed_by),
    ...removed.filter((one) => one['killed by']),
  ];
  const failed = all - killed.length + (values.all ? notChecked.length : 0);
  if (values.record && !failed) for (const list of lists) await record(list);
  console.log(`${killed.length} killed, ${failed} failed`);
  return failed ? 1 : 0;
}

function tell({ language: id, name, how, killed_by, seconds, reason }: Result): void {
  const by = killed_by ? ` by "${killed_by}"` : '';
  console.log(`${id} · ${name}: ${how}${by} (${seconds} s)\n    ${reason}`);
}

const row = ({ language: id, name, killed_by, killer, how, seconds }: Result) => ({
  language: id,
  fault: name,
  'killed by': killed_by && killed_by !== killer ? `${killed_by} (not by its own)` : (killed_by ?? '—'),
  how,
  seconds,
});

/** Writes the report of a pipeline, from this run and from what earlier ones showed of the same sources. */
async function record({ pipeline, faults, digests }: List): Promise<void> {
  if (!isDeepStrictEqual(digests, digestsOf(pipeline))) {
    throw new Error(`${pipeline} was edited meanwhile: nothing is recorded`);
  }
  await writeFaultsReport(
    pipeline,
    merged(faults, kept(pipeline, digests), digests, readFaultsReport(pipeline)),
  );
  console.log(`recordings/${pipeline}/faults.json: written`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`npm run faults: ${(error as Error).message}`);
  process.exitCode = 1;
}
