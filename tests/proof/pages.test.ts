/** What the pages say of the proof: it comes from the files that the tests wrote, and a wrong file stops the build. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { slug } from '../../recordings/format/slug.ts';
import { factsOf, namesIn, provenBy, readFaults, readProof, totals, whereOf } from '../../site/lib/proof.ts';
import { readingMinutes } from '../../site/lib/reading-time.ts';
import { leastScore, readSiteMeasurements } from '../../site/lib/site-measurements.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pages-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, content: unknown): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), typeof content === 'string' ? content : JSON.stringify(content));
}

/** The recording of a scenario with so many events. */
function record(pipeline: string, scenario: string, skipped_seconds: number, events = 1): void {
  const clock = { virtual: Array(events).fill(0), wall: Array(events).fill(0) };
  write(`recordings/${pipeline}/${slug(scenario)}.json`, {
    ...{ version: 1, pipeline, scenario, workflow: 'Pipeline', end: 'completed', runs: 1, skipped_seconds },
    events: Array(events).fill({ type: 'TimerStarted', run: 1 }),
    clocks: { ts: clock, go: clock, rust: clock },
    digest: '',
  });
}

const killed = (killed_by: string) => ({ killed_by, how: 'assertion' });
const numbers = (shown: number) => ({
  ...{ shown, proven: shown - 1, scenarios: 3, faults: 2, killed: 2, virtual_seconds: 60 },
});
const PROOF = {
  version: 1,
  pipelines: { etl: { ts: numbers(10), go: numbers(20), rust: numbers(30) } },
  shared: {
    connectors: {
      ts: { shown: 5, proven: 5 },
      go: { shown: 5, proven: 5 },
      rust: { shown: 5, proven: 5 },
    },
  },
  digest: '',
};

beforeEach(() => {
  record('etl', 'a crash: every record once', 360, 4);
  record('etl', 'idle (file)', 5);
  record('etl', 'idle (nats)', 7);
  write('recordings/etl/faults.json', {
    version: 1,
    faults: [
      {
        name: 'no upsert',
        languages: {
          ts: killed('a crash: every record once'),
          go: killed('idle (file)'),
          rust: { impossible: 'it does not compile' },
        },
      },
    ],
    digest: '',
  });
  write('recordings/proof.json', PROOF);
  write('examples/mistakes/expected.json', { clock: {}, order: {} });
  write('content/docs/a.mdx', '<Compare pipeline="etl" file="workflow" region="run" />');
});

describe('a scenario on a page', () => {
  test('has the time that it skips, and the faults that it notices, by language', () => {
    expect(provenBy('etl', ['a crash: every record once'], root)).toEqual([
      { name: 'a crash: every record once', skipped: 360, kills: [{ fault: 'no upsert', langs: ['ts'] }] },
    ]);
  });

  test('stands once for both brokers', () => {
    expect(provenBy('etl', ['idle'], root)).toEqual([
      { name: 'idle', skipped: 7, kills: [{ fault: 'no upsert', langs: ['go'] }] },
    ]);
    expect(factsOf('etl', root)).toEqual({
      names: ['a crash: every record once', 'idle'],
      scenarios: 3,
      skipped: 372,
      faults: 1,
    });
  });

  test('that is not recorded stops the build', () => {
    expect(() => provenBy('etl', ['idle for a year'], root)).toThrow(
      'recordings/etl: nothing is recorded of "idle for a year"',
    );
  });

  test('of a list that is not recorded must stand in its file', () => {
    write(
      'tests/scenarios/some.test.ts',
      "test('Go says why', () => {});\ntest(`a crash (${broker})`, () => {});",
    );
    const file = 'tests/scenarios/some.test.ts';
    expect(namesIn(file, ['Go says why', 'a crash'], root)).toHaveLength(2);
    expect(() => namesIn(file, ['Go says why', 'a flood'], root)).toThrow(`${file} has no test "a flood"`);
  });

  test('names languages only where not all of them are meant', () => {
    expect(whereOf(['ts', 'go', 'rust'])).toBe('');
    expect(whereOf(['ts', 'go'])).toBe(' (TypeScript, Go)');
  });
});

describe('the numbers of the proof', () => {
  test('are sums over pipelines and languages', () => {
    expect(totals(root)).toEqual({
      pipelines: 1,
      regions: 1,
      shown: 75,
      proven: 72,
      scenarios: 3,
      runs: 9,
      skipped_seconds: 180,
      recordings: 3,
      events: 6,
      faults: 6,
      killed: 6,
      mistakes: 2,
    });
  });

  test.each([
    { what: 'a missing file', content: undefined, says: 'recordings/proof.json: there is no such file' },
    { what: 'no JSON', content: '{', says: /^recordings\/proof\.json: .*JSON/ },
    { what: 'another version', content: { ...PROOF, version: 2 }, says: 'recordings/proof.json: version: ' },
    {
      what: 'a language that is missing',
      content: { ...PROOF, pipelines: { etl: { ts: numbers(1), go: numbers(1) } } },
      says: 'recordings/proof.json: pipelines.etl.rust: ',
    },
    {
      what: 'a number that is none',
      content: {
        ...PROOF,
        pipelines: { etl: { ...PROOF.pipelines.etl, go: { ...numbers(1), shown: '1' } } },
      },
      says: 'recordings/proof.json: pipelines.etl.go.shown: ',
    },
  ])('stop the build: $what', ({ content, says }) => {
    if (content === undefined) rmSync(join(root, 'recordings/proof.json'));
    else write('recordings/proof.json', content);
    expect(() => readProof(root)).toThrow(says);
  });

  test('faults that are in the sum and in no file stop the build', () => {
    rmSync(join(root, 'recordings/etl/faults.json'));
    expect(() => readFaults('etl', root)).toThrow(
      'recordings/etl/faults.json: there is no such file: npm run faults -- etl --record writes it',
    );
    const none = { ...numbers(1), faults: 0, killed: 0 };
    write('recordings/proof.json', { ...PROOF, pipelines: { etl: { ts: none, go: none, rust: none } } });
    expect(readFaults('etl', root)).toEqual([]);
  });

  test('a fault without an end in one language stops the build', () => {
    const faults = [{ name: 'no upsert', languages: { ts: killed('idle'), go: {}, rust: killed('idle') } }];
    write('recordings/etl/faults.json', { version: 1, faults, digest: '' });
    expect(() => readFaults('etl', root)).toThrow('recordings/etl/faults.json: faults.0.languages.go: ');
  });
});

describe('what the site weighs and scores', () => {
  const weight = { html: 1, style: 1, script: 1, fonts: 1, shift: 0 };
  const scores = (performance: number) => ({ performance, accessibility: 100, best_practices: 99, seo: 100 });
  const MEASURED = {
    version: 1,
    budgets: { page: 9, script: 9, fonts: 9, shift: 0.01, performance: 98, others: 100, build: 20 },
    weight: { '/lessons/etl/': weight },
    lighthouse: { '/': scores(100), '/lessons/etl/': scores(98) },
    axe: { pages: 2, looks: 12, violations: 0 },
    links: { pages: 2, broken: 0 },
    policy: { pages: 2, clicks: 9, refused: 0 },
    build: { pages: 100, seconds: 12.5 },
  };

  test('is not known before it is measured', () => expect(readSiteMeasurements(root)).toBeUndefined());

  test('is told by the worst of all pages', () => {
    write('recordings/site.json', MEASURED);
    const measured = readSiteMeasurements(root);
    if (!measured) throw new Error('nothing was measured');
    expect(leastScore(measured, 'performance')).toBe(98);
    expect(leastScore(measured, 'accessibility', 'best_practices', 'seo')).toBe(99);
  });

  test('of another shape stops the build', () => {
    write('recordings/site.json', { ...MEASURED, axe: { pages: 2 } });
    expect(() => readSiteMeasurements(root)).toThrow('recordings/site.json: axe.looks: ');
  });
});

describe('the minutes of a page', () => {
  test('are its words and its lines of code; tags, imports and addresses do not count', () => {
    write('examples/ts/etl/workflow.ts', `// #region run\n${'line();\n'.repeat(30)}// #endregion run\n`);
    const words = 'word '.repeat(299);
    write(
      'content/docs/b.mdx',
      `---\ntitle: not counted\n---\n\nimport A from 'b';\n\n<Compare pipeline="etl" file="workflow" region="run" />\n\n${words}[word](https://not.counted/at/all)\n`,
    );
    expect(readingMinutes('content/docs/b.mdx', root)).toBe(3);
  });

  test('Temporal in ten minutes takes no more', () => {
    expect(readingMinutes('content/docs/start/temporal-in-ten-minutes.mdx')).toBeLessThanOrEqual(10);
  });
});
