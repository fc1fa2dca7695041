/**
 * npm test                       every scenario in every language, and the tests of the house itself
 * npm test -- etl                one pipeline (or "handover", between languages; "mistakes"; "corpus"; "house")
 * npm test -- --lang go          one language (may be repeated)
 * npm test -- --all              a missing toolchain is a failure (so it is when CI=true)
 * npm test -- -t 'torn line'     scenarios by name
 * npm run record [-- etl]        runs the scenarios, then writes what they left into recordings/; so for "handover"
 */
// First: what follows is loaded below a parent that cleans up.
import '../sandbox/supervised.ts';

import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { LANGUAGES, type Language, language, missing } from '../sandbox/languages.ts';
import { PIPELINES } from '../sandbox/pipelines.ts';
import { ROOT } from '../sandbox/processes.ts';
import { staleLists } from '../sandbox/worker-lists.ts';
import { record, recordHandover } from '../tests/proof/make-recordings.ts';
import { writeLines, writeProof } from '../tests/proof/proof.ts';
import { forgetRuns } from '../tests/proof/runs.ts';
import { built } from '../tests/scenarios/built.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lang: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: process.env.CI === 'true' },
    name: { type: 'string', short: 't' },
    record: { type: 'boolean', default: false },
  },
});
const asked = values.lang.map(language);
const OTHERS = ['handover', 'mistakes', 'corpus', 'house'];
const unknown = positionals.find((word) => ![...PIPELINES, ...OTHERS].includes(word));
if (unknown) {
  console.error(`npm test: no "${unknown}": there are ${[...PIPELINES, ...OTHERS].join(', ')}`);
  process.exit(1);
}

/** What is asked for by name; everything when nothing is named. */
const wanted = (word: string) => (positionals.length ? positionals.includes(word) : !asked.length);
const pipelines = positionals.filter((word) => PIPELINES.includes(word));
const twins = pipelines.length > 0 || !positionals.length;
let handover = wanted('handover');
const corpus = (!positionals.length || positionals.includes('corpus')) && !values.record;
const mistakes = (!positionals.length || positionals.includes('mistakes')) && !values.record;

staleLists(true);
const ready: Language[] = [];
const notChecked: string[] = [];
const needed = twins || handover || mistakes || corpus ? LANGUAGES : [];
for (const one of asked.length ? asked : needed) {
  const reason = await missing(one);
  if (reason) notChecked.push(reason);
  else ready.push(one);
}
if (handover && ready.length < LANGUAGES.length) {
  handover = false;
  notChecked.push('handover between languages: it needs all three');
}
if (twins || handover) await forgetRuns();
process.env.PIPELINES = pipelines.join(',');
process.env.PROVEN_LANGUAGES = ready.map(({ id }) => id).join(',');
process.env.PROOF = values.name ? 'part' : 'whole';
process.env.RECORDING = values.record ? 'yes' : '';
const project = [
  ...(twins ? ready.map(({ id }) => id as string) : []),
  ...(handover ? ['handover'] : []),
  ...(mistakes && ready.length ? ['mistakes'] : []),
  ...(corpus && ready.length ? ['corpus'] : []),
  ...(wanted('house') && !values.record ? ['house'] : []),
];
// Who fails to build says so where its scenarios are.
for (const one of twins || handover ? ready : []) void built(one).catch(() => {});
let passed = 0;
let failed = values.all ? notChecked.length : 0;
await runTests(project);
// It reads what the scenarios leave behind.
const proof = [...(twins ? ['proof'] : []), ...(handover ? ['handover-proof'] : [])];
if (proof.length && !values.record) await runTests(proof);
for (const reason of notChecked) console.log(`not checked: ${reason}`);
if (values.record) failed += await keep();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);

/** Runs the tests of some projects, and counts them. */
async function runTests(names: string[]): Promise<void> {
  const vitest = await startVitest('test', [], {
    root: ROOT,
    run: true,
    watch: false,
    project: names,
    ...(values.name ? { testNamePattern: values.name } : {}),
  });
  const modules = vitest.state.getTestModules();
  const results = modules.flatMap((module) =>
    [...module.children.allTests()].map((test) => test.result().state),
  );
  passed += results.filter((state) => state === 'passed').length;
  failed += results.filter((state) => state === 'failed').length;
  failed +=
    vitest.state.getUnhandledErrors().length + modules.filter((module) => module.errors().length).length;
  await vitest.close();
}

/** Writes the recordings; returns how many faults were in the way. */
async function keep(): Promise<number> {
  if (failed || values.name || ready.length < LANGUAGES.length) {
    console.error('nothing recorded: all scenarios must be run, and be green, in all languages');
    return 1;
  }
  try {
    const changed: string[] = [];
    const open: string[] = [];
    if (twins) {
      const kept = pipelines.length ? pipelines : PIPELINES;
      changed.push(...(await record(kept)));
      open.push(...(await writeLines(kept)));
      await writeProof(kept);
    }
    if (handover) changed.push(...(await recordHandover()));
    console.log(changed.length ? `recorded:\n${changed.join('\n')}` : 'the recordings are as they were');
    // The recordings are true all the same: a page may be what is to be changed.
    for (const line of open) console.error(`unproven: ${line}`);
    return open.length;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}
