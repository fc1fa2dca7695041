/** The seeded faults: each list fits the sources, and the tool's own parts refuse what they must. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LANGUAGES } from '../../sandbox/languages.ts';
import { scenariosOf } from '../scenarios/scenario.ts';
import { edited, type Fault, type Mutation, mutated, mutationsOf, sampleOf } from './faults.list.ts';
import { keep, kept } from './faults.progress.ts';
import {
  allFaults,
  type Digests,
  digestsOf,
  type Kill,
  merged,
  stale,
  writeFaultsReport,
} from './faults.report.ts';
import { aloneOrThrow, Broken, endsIn } from './faults.scratch.ts';

const LEAST = 6;
const FILE = 'examples/ts/etl/workflow.ts';
const edit = (find: string, replace = 'b') => ({ file: FILE, find, replace });

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'faults-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

describe('the lists', async () => {
  for (const [pipeline, faults] of await allFaults()) {
    const list = await scenariosOf(pipeline);
    const scenarios = list.scenarios.map(({ name }) => name);

    test(`${pipeline}: every name once, and every killer is a scenario`, () => {
      const names = faults.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(faults.map(({ killer }) => killer).filter((killer) => !scenarios.includes(killer))).toEqual([]);
    });

    for (const { id } of LANGUAGES) {
      test(`${pipeline}, ${id}: at least ${LEAST}, and every edit fits the sources`, () => {
        const mutations = mutationsOf(pipeline, faults, id);
        expect(mutations.length).toBeGreaterThanOrEqual(LEAST);
        for (const mutation of mutations) expect(Object.keys(mutated(mutation))).not.toEqual([]);
      });
    }
  }
});

describe('an edit', () => {
  test('changes the one place, whatever the white space', () => {
    expect(edited('if (a\n  && b) c();', edit('a && b', 'a'))).toBe('if (a) c();');
  });

  test('takes its text as it is: no pattern, no substitution', () => {
    expect(edited('a.b(); aXb();', edit('a.b()', '$&$1'))).toBe('$&$1; aXb();');
  });

  test.each([
    ['is not there', 'b = 1', 0],
    ['is there twice', 'a = 1; a = 1', 2],
  ])('is refused when its text %s: the file is named', (_, text, times) => {
    expect(() => edited(text, edit('a = 1'))).toThrow(
      `${FILE}: stands there ${times} times, not once: a = 1`,
    );
  });

  test('is refused when it changes nothing', () => {
    expect(() => edited('b', edit('b'))).toThrow(`${FILE}: the edit changes nothing`);
  });
});

describe('a mutation', () => {
  const mutation = (...edits: ReturnType<typeof edit>[]): Mutation => ({
    pipeline: 'etl',
    name: 'no retry',
    killer: 'a scenario',
    language: 'ts',
    edits,
  });

  test('may edit one file twice', () => {
    write(FILE, 'one two');
    expect(mutated(mutation(edit('one', '1'), edit('two', '2')), root)).toEqual({ [FILE]: '1 2' });
  });

  test('of a file that is missing is refused, by the name of the fault and of the file', () => {
    expect(() => mutated(mutation(edit('one')), root)).toThrow(
      `fault "no retry": ${FILE}: there is no such file`,
    );
  });
});

const fault = (name: string, rust: Fault['rust'] = edit('x')): Fault => ({
  name,
  killer: 'a scenario',
  ts: edit('x'),
  go: edit('x'),
  rust,
});

describe('the report of a run', () => {
  const report = (status: string, ...failureMessages: string[]) => ({
    testResults: [{ assertionResults: [{ title: 'a scenario', status, duration: 1500, failureMessages }] }],
  });

  test.each([
    ['passed', 'passed', []],
    ['assertion', 'failed', ['AssertionError: expected 1 to be 2\n    at a line']],
    ['assertion', 'failed', ['AssertionError: expected "target: timed out" to be "target: gone"']],
    ['timeout', 'failed', ['TestTimeoutError: Test timed out in 20000ms.']],
    ['timeout', 'failed', ['Error: it is idle: Timed out in waitUntil!\n    at a line']],
    ['assertion', 'failed', ['AssertionError: it is idle: expected 1 to be 2\n    at a line']],
    ['passed', 'failed', ['AssertionError: exit code of the worker after SIGTERM: expected null to be +0']],
  ])('%s: %s %j', (state, status, messages) => {
    expect(endsIn(report(status, ...messages))).toEqual([
      { name: 'a scenario', state, seconds: 1.5, reason: messages[0]?.split('\n')[0] ?? '' },
    ]);
  });

  test.each([
    ['a worker that does not start', report('failed', 'Error: Go worker: exit code 1 before it was ready')],
    ['a hook that does not end', report('failed', 'Error: Hook timed out in 120000ms.')],
    ['no scenario of that name', report('skipped')],
    ['a file that does not load', { testResults: [{ message: 'SyntaxError', assertionResults: [] }] }],
  ])('of %s kills nothing', (_, given) => {
    expect(() => endsIn(given)).toThrow(Broken);
  });
});

test('two runs at a time are refused', async () => {
  const file = join(root, 'pid');
  await aloneOrThrow(file);
  await expect(aloneOrThrow(file)).rejects.toThrow(`process ${process.pid} is at it already`);
  writeFileSync(file, '999999999');
  await aloneOrThrow(file);
});

test('what is kept is of the same sources, and of the last run', async () => {
  const file = join(root, 'cache/kept.ndjson');
  const digests: Digests = { ts: '1', go: '2', rust: '3' };
  const run = (name: string, language: Kill['language'], killed_by?: string) =>
    keep(
      {
        ...{ pipeline: 'etl', name, language, killer: '', edits: [], reason: '' },
        ...(killed_by ? { killed_by, how: 'assertion' } : { how: 'SURVIVED' }),
      },
      digests,
      file,
    );
  expect(kept('etl', digests, file)).toEqual([]);
  await run('a', 'ts', 'one scenario');
  await run('a', 'ts', 'another');
  await run('b', 'go', 'a scenario');
  await run('c', 'rust', 'a scenario');
  await run('c', 'rust');
  const a = { name: 'a', language: 'ts', killed_by: 'another', how: 'assertion' };
  const b = { name: 'b', language: 'go', killed_by: 'a scenario', how: 'assertion' };
  expect(kept('etl', digests, file)).toEqual([a, b]);
  expect(kept('etl', { ...digests, ts: 'edited' }, file)).toEqual([b]);
  expect(kept('streaming', digests, file)).toEqual([]);
});

describe('a sample', () => {
  const names = (faults: Fault[]) =>
    sampleOf('etl', faults).map(({ language, name }) => `${language} ${name}`);

  test('has one fault a language, another one in each', () => {
    expect(names(['a', 'b', 'c', 'd'].map((name) => fault(name)))).toEqual(['ts a', 'go b', 'rust c']);
  });

  test('has one a language however short the list is', () => {
    expect(names([fault('a')])).toEqual(['ts a', 'go a', 'rust a']);
  });
});

describe('a record', () => {
  const kill = (name: string, language: Kill['language']): Kill => ({
    name,
    language,
    killed_by: 'a scenario',
    how: 'assertion',
  });
  const killed = { killed_by: 'a scenario', how: 'assertion' };
  const whole = [kill('a', 'ts'), kill('a', 'go'), kill('a', 'rust')];
  const digests: Digests = { ts: '1', go: '2', rust: '3' };

  test('is in the order of the list, without times, and says what is impossible', () => {
    const faults = [fault('b', { impossible: 'no such thing' }), fault('a')];
    const kills = [...whole, kill('b', 'ts'), kill('b', 'go')];
    expect(merged(faults, kills, digests, undefined)).toEqual({
      version: 1,
      faults: [
        { name: 'b', languages: { ts: killed, go: killed, rust: { impossible: 'no such thing' } } },
        { name: 'a', languages: { ts: killed, go: killed, rust: killed } },
      ],
      digests,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('of some faults keeps the others while their language is the same', () => {
    const before = merged([fault('a')], whole, digests, undefined);
    const again = { ...kill('a', 'go'), how: 'timeout' as const };
    const after = merged([fault('a')], [again], { ...digests, go: 'edited' }, before);
    expect(after.faults[0]?.languages).toEqual({
      ts: killed,
      go: { ...killed, how: 'timeout' },
      rust: killed,
    });
    expect(after.digest).not.toBe(before.digest);
  });

  test('of some faults is refused when another language has changed', () => {
    const before = merged([fault('a')], whole, digests, undefined);
    expect(() => merged([fault('a')], [kill('a', 'go')], { ...digests, ts: 'edited' }, before)).toThrow(
      '"a" has not been killed in ts since the last edit: npm run faults -- --rest --record',
    );
  });

  const ADVICE = 'recordings/etl/faults.json: run npm run faults -- etl --rest --record';
  const recordNow = () =>
    writeFaultsReport('etl', merged([fault('a')], whole, digestsOf('etl', root), undefined), root);

  test('is stale when there is none', () => {
    write('tests/scenarios/etl/faults.ts', 'faults');
    expect(stale(root)).toEqual([ADVICE]);
  });

  test.each([
    'examples/ts/etl/workflow.ts',
    'examples/reference/go/connectors/http.go',
    'examples/reference/go/domain/flights.go',
    'examples/reference/go/go.sum',
    'examples/reference/rust/src/etl/types.rs',
    'examples/reference/rust/Cargo.lock',
    'tests/scenarios/etl/scenarios.ts',
    'tests/scenarios/etl/faults.ts',
    'examples/contract/etl.json',
  ])('is stale after an edit of %s', async (file) => {
    write('tests/scenarios/etl/faults.ts', 'faults');
    await recordNow();
    expect(stale(root)).toEqual([]);
    write(file, 'edited');
    expect(stale(root)).toEqual([ADVICE]);
  });

  test('is stale when what TypeScript imports is locked at another version', async () => {
    const lock = (zod: string, astro: string) =>
      JSON.stringify({
        packages: { 'node_modules/zod': { version: zod }, 'node_modules/astro': { version: astro } },
      });
    write('tests/scenarios/etl/faults.ts', 'faults');
    write('examples/ts/etl/types.ts', `import { z } from 'zod';`);
    write('package-lock.json', lock('1', '1'));
    await recordNow();
    write('package-lock.json', lock('1', '2'));
    expect(stale(root)).toEqual([]);
    write('package-lock.json', lock('2', '2'));
    expect(stale(root)).toEqual([ADVICE]);
  });

  test('does not mind an edit of another pipeline, or of a page', async () => {
    write('tests/scenarios/etl/faults.ts', 'faults');
    await recordNow();
    write('examples/ts/streaming/workflow.ts', 'edited');
    write('content/docs/lessons/etl.mdx', 'edited');
    expect(stale(root)).toEqual([]);
  });
});
