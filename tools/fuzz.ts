/**
 * npm run fuzz                      made inputs through the three languages' connectors and rules: all must agree
 * npm run fuzz -- --kind csv        one kind (may be repeated): csv, json, events, input, url, topic
 * npm run fuzz -- --cases 100000    so many of each kind (2,000)
 * npm run fuzz -- --seed 7          the same ones again; without it, other ones each time
 * npm run fuzz -- --lang go         keeps to some languages (may be repeated)
 * npm run fuzz -- --no-keep         a disagreement is shown, but not kept in tests/corpus
 */
// First: what follows is loaded below a parent that cleans up.
import '../sandbox/supervised.ts';

import { parseArgs } from 'node:util';
import { LANGUAGES, language } from '../sandbox/languages.ts';
import { keepCase, Probes } from '../tests/corpus/fuzz.ts';
import { KINDS, type KindName } from '../tests/corpus/kind.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    kind: { type: 'string', multiple: true, default: [] },
    lang: { type: 'string', multiple: true, default: [] },
    cases: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 10 ** 9)) },
    keep: { type: 'boolean', default: process.env.CI !== 'true' },
  },
});
const cases = wholeNumber('cases', values.cases);
const seed = wholeNumber('seed', values.seed);
const kinds = values.kind.length ? values.kind.map(kindNamed) : KINDS;

const probes = await Probes.build(values.lang.length ? values.lang.map(language) : LANGUAGES);
let failed = 0;
for (const kind of kinds) {
  const began = performance.now();
  const found = await probes.fuzz(kind, { cases, seed });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `${found ? '✗' : '✓'} ${kind}: ${found ? 'no agreement' : `${cases} cases agree`} (seed ${seed}, ${seconds} s)`,
  );
  if (!found) continue;
  failed += 1;
  console.log(`${JSON.stringify(found.one)}\n${found.why}\n`);
  if (values.keep) keepCase(kind, { why: `found with seed ${seed}`, case: found.one });
}
await probes.end();
console.log(`${kinds.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);

function kindNamed(name: string): KindName {
  const kind = KINDS.find((one) => one === name);
  if (kind) return kind;
  console.error(`npm run fuzz: no kind "${name}": there are ${KINDS.join(', ')}`);
  process.exit(1);
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  console.error(`npm run fuzz: --${name} must be a whole number`);
  process.exit(1);
}
