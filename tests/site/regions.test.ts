/** The region reader and the check of all twins: each mistake is refused, and said where it is. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  checkAllTwins,
  formatProblem,
  LANGS,
  LANGUAGES,
  pathOf,
  proofOf,
  readTwins,
} from '../../site/lib/examples.ts';
import { columns, parseRegions, readRegion } from '../../site/lib/regions.ts';

const FILE = 'examples/ts/etl/workflow.ts';

/** A source text: one line an argument. */
const text = (...lines: string[]) => lines.join('\n');
const parse = (...lines: string[]) => parseRegions(text(...lines), FILE);
const refusal = (...lines: string[]) => {
  try {
    parse(...lines);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'regions-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, content: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
}

describe('a region', () => {
  test('is its lines without markers, without common indentation, with its place in the file', () => {
    const [region] = parse(
      'function f() {',
      '  // #region body',
      '  before();',
      '',
      '  // #step Look',
      '  if (x) {',
      '    look();',
      '',
      '    // #step Leap',
      '    leap();',
      '  }',
      '  // #endregion body',
      '}',
    );
    expect(region).toEqual({
      name: 'body',
      file: FILE,
      code: text('before();', 'if (x) {', '  look();', '  leap();', '}'),
      lead: 1,
      steps: [
        { title: 'Look', line: 2, at: 5 },
        { title: 'Leap', line: 4, at: 9 },
      ],
      from: 2,
      to: 12,
      lines: [3, 6, 7, 10, 11],
    });
  });

  test('without steps is all lead', () => {
    const [region] = parse('// #region a', '', 'one();', '', 'two();', '', '// #endregion a');
    expect(region).toMatchObject({ code: text('one();', '', 'two();'), lead: 3, steps: [] });
  });

  test('keeps Go tabs, and Windows line ends do no harm', () => {
    const source = '\t// #region a\r\n\tif x {\r\n\t\ty()\r\n\t}\r\n\t// #endregion a\r\n';
    expect(parseRegions(source, FILE)[0]?.code).toBe(text('if x {', '\ty()', '}'));
  });

  test('a tab counts two columns', () => {
    expect(columns('\t\tx := 1')).toBe(10);
    expect(columns('  // ≥ é')).toBe(8);
  });

  test('is found by its name, one of several', () => {
    write(FILE, text('// #region a', 'a();', '// #endregion a', '// #region b', 'b();', '// #endregion b'));
    expect(readRegion(root, FILE, 'b').code).toBe('b();');
  });
});

describe('is refused, with file, line and the known names:', () => {
  test('a missing file', () => {
    write('examples/ts/etl/types.ts', '');
    expect(() => readRegion(root, FILE, 'a')).toThrow(
      `${FILE}: the file does not exist. Its folder has: types.ts.`,
    );
  });

  test('a missing region', () => {
    write(FILE, text('// #region a', 'a();', '// #endregion a', '// #region b', 'b();', '// #endregion b'));
    expect(() => readRegion(root, FILE, 'c')).toThrow(`${FILE}: no region "c". Known regions: a, b.`);
  });

  test('a region in a file that has none', () => {
    write(FILE, 'a();');
    expect(() => readRegion(root, FILE, 'a')).toThrow('no region "a". The file has no regions.');
  });

  test.each([
    {
      what: 'an unclosed region',
      lines: ['// #region a', 'a();', '// #endregion a', '', '// #region b', 'b();'],
      says: ':5: region "b" is never closed. Known regions: a, b.',
    },
    {
      what: 'a nested region',
      lines: ['// #region a', 'a();', '// #region b', 'b();', '// #endregion b', '// #endregion a'],
      says: ':3: region "b" is opened inside of region "a" (line 1). Known regions: a, b.',
    },
    {
      what: 'a second region of one name',
      lines: ['// #region a', 'a();', '// #endregion a', '// #region a', 'b();', '// #endregion a'],
      says: ':4: region "a" is opened twice. Known regions: a.',
    },
    {
      what: 'an end without a start',
      lines: ['a();', '// #endregion a'],
      says: ':2: #endregion without a #region. The file has no regions.',
    },
    {
      what: 'an end of another region',
      lines: ['// #region a', 'a();', '// #endregion b'],
      says: ':3: #endregion b where region "a" is open (line 1). Known regions: a.',
    },
    {
      what: 'an end without a name',
      lines: ['// #region a', 'a();', '// #endregion'],
      says: ':3: #endregion without a name where region "a" is open (line 1). Known regions: a.',
    },
    {
      what: 'a region without a name',
      lines: ['// #region', 'a();', '// #endregion'],
      says: ':1: #region needs a name of one word. The file has no regions.',
    },
    {
      what: 'an empty region',
      lines: ['// #region a', '', '// #endregion a'],
      says: ':3: region "a" (line 1) is empty. Known regions: a.',
    },
    {
      what: 'a step without a title',
      lines: ['// #region a', '// #step', 'a();', '// #endregion a'],
      says: ':2: #step needs a title. Known regions: a.',
    },
    {
      what: 'a step without code',
      lines: ['// #region a', '// #step One', '', '// #step Two', 'a();', '// #endregion a'],
      says: ':6: step "One" (line 2) has no code. Known regions: a.',
    },
    {
      what: 'a step outside of a region',
      lines: ['// #step Look', 'a();', '// #region a', 'a();', '// #endregion a'],
      says: ':1: step "Look" is outside of any region. Known regions: a.',
    },
    {
      what: 'a second step of one title',
      lines: ['// #region a', '// #step Look', 'a();', '// #step Look', 'b();', '// #endregion a'],
      says: ':4: step "Look" comes twice in region "a". Known regions: a.',
    },
  ])('$what', ({ lines, says }) => {
    expect(refusal(...lines)).toBe(FILE + says);
  });
});

describe('twins', () => {
  const region = (name: string, ...body: string[]) =>
    text(`// #region ${name}`, ...body, `// #endregion ${name}`, '');
  const STEPS = ['// #step One', 'one', '// #step Two', 'two'];
  const PAGE = 'content/docs/lessons/etl.mdx';

  /** A repository in which all is well; each test then spoils one thing. */
  beforeEach(() => {
    for (const lang of LANGS) {
      write(pathOf(lang, 'etl', 'workflow'), region('run', ...STEPS));
      write(pathOf(lang, 'etl', 'activities'), region('load', ...STEPS));
      write(pathOf(lang, 'etl', 'types'), 'no regions');
    }
    write(
      PAGE,
      text(
        '<Compare pipeline="etl" file="workflow" region="run" />',
        '<Compare',
        '  pipeline="etl"',
        "  file='activities'",
        '  region="load"',
        '  caption="Load"',
        '/>',
      ),
    );
  });
  const problems = () => checkAllTwins(root).map(formatProblem);

  test('are where the language table says', () => {
    expect(LANGS.map((lang) => pathOf(lang, 'etl', 'workflow'))).toEqual([
      'examples/ts/etl/workflow.ts',
      'examples/reference/go/etl/workflow.go',
      'examples/reference/rust/src/etl/workflow.rs',
    ]);
    expect(LANGS.map((lang) => LANGUAGES[lang].label)).toEqual(['TypeScript', 'Go', 'Rust']);
  });

  test('that agree, each shown, are no problem', () => {
    expect(problems()).toEqual([]);
    const twins = readTwins('etl', 'workflow', 'run', root);
    expect(twins.rust.steps.map((step) => step.title)).toEqual(['One', 'Two']);
  });

  test('a repository without examples is no problem', () => {
    rmSync(join(root, 'examples'), { recursive: true });
    rmSync(join(root, 'content'), { recursive: true });
    expect(problems()).toEqual([]);
  });

  test('a language without the file', () => {
    rmSync(join(root, pathOf('go', 'etl', 'types')));
    expect(problems()).toEqual([
      'examples/reference/go/etl/types.go: the file does not exist. Its folder has: activities.go, workflow.go.',
    ]);
  });

  test('a language without the region, and a region that one language alone has', () => {
    write(pathOf('rust', 'etl', 'workflow'), region('start', ...STEPS));
    const lacks =
      'examples/reference/rust/src/etl/workflow.rs: no region "run". examples/ts/etl/workflow.ts has: run';
    const alone =
      'examples/reference/rust/src/etl/workflow.rs:1: region "start" is here alone. examples/ts/etl/workflow.ts has: run';
    expect(problems().slice(0, 2)).toEqual([lacks, alone]);
    expect(() => readTwins('etl', 'workflow', 'run', root)).toThrow(
      'examples/reference/rust/src/etl/workflow.rs: no region "run". Known regions: start.',
    );
  });

  test('regions in another order', () => {
    for (const lang of LANGS) {
      const [first, second] = lang === 'go' ? ['load', 'type'] : ['type', 'load'];
      write(pathOf(lang, 'etl', 'activities'), region(first, 'a') + region(second, 'b'));
    }
    expect(problems()).toContain(
      'examples/reference/go/etl/activities.go: regions in another order: load, type. examples/ts/etl/activities.ts has: type, load',
    );
  });

  test.each([
    { what: 'other titles', steps: ['// #step One', 'one', '// #step Three', 'two'], line: 4 },
    { what: 'another order', steps: ['// #step Two', 'two', '// #step One', 'one'], line: 2 },
    { what: 'fewer steps', steps: ['// #step One', 'one'], line: 1 },
  ])('steps of a twin: $what', ({ steps, line }) => {
    write(pathOf('go', 'etl', 'workflow'), region('run', ...steps));
    const titles = steps.filter((s) => s.startsWith('//')).map((s) => s.slice('// #step '.length));
    const says =
      `examples/reference/go/etl/workflow.go:${line}: region "run" has the steps [${titles.join(' | ')}], ` +
      'but examples/ts/etl/workflow.ts has [One | Two]';
    expect(problems()).toEqual([says]);
    expect(() => readTwins('etl', 'workflow', 'run', root)).toThrow(says);
  });

  test('a region that cannot be read', () => {
    write(pathOf('go', 'etl', 'workflow'), text('// #region run', 'one'));
    expect(problems()).toEqual([
      'examples/reference/go/etl/workflow.go:1: region "run" is never closed. Known regions: run.',
    ]);
  });

  test('a line that is too wide, measured as it is shown', () => {
    const fits = `    ${'x'.repeat(64)}`;
    write(
      pathOf('go', 'etl', 'workflow'),
      region('run', '// #step One', fits, '// #step Two', `    ${fits}x`),
    );
    expect(problems()).toEqual([
      expect.stringContaining(
        'examples/reference/go/etl/workflow.go:5: 69 columns where a page has room for 64',
      ),
    ]);
  });

  test('a region that no page shows', () => {
    write(PAGE, '<Compare pipeline="etl" file="workflow" region="run" />');
    expect(problems()).toEqual([
      'examples/ts/etl/activities.ts:1: no page shows region "load" of etl/activities',
    ]);
  });

  test('a page that only talks about a region does not show it', () => {
    const tag = '<Compare pipeline="etl" file="workflow" region="run" />';
    write(PAGE, text(`\`${tag}\``, '```mdx', tag, '```', `{/* ${tag} */}`));
    expect(problems()).toHaveLength(2);
    expect(problems()[0]).toContain('no page shows region');
  });

  test('a page that shows a region or a file that does not exist', () => {
    write(
      'content/docs/lessons/more.mdx',
      text(
        '# More',
        '<Compare pipeline="etl" file="workflow" region="walk" />',
        '<Compare pipeline="elt" file="workflow" region="run" />',
      ),
    );
    expect(problems()).toEqual([
      'content/docs/lessons/more.mdx:2: <Compare> shows etl/workflow "walk", which does not exist. Known regions: run.',
      'content/docs/lessons/more.mdx:3: <Compare> shows elt/workflow "run", which does not exist. ' +
        'Known files: etl/activities, etl/types, etl/workflow.',
    ]);
  });

  test('a page whose <Compare> cannot be read', () => {
    write('content/docs/lessons/more.mdx', '<Compare pipeline="etl" file={file} region="run" />');
    expect(problems()).toEqual(['content/docs/lessons/more.mdx:1: <Compare> needs file="…" as plain text']);
  });

  test('mistakes are in one folder for all languages, and held to it too', () => {
    const paths = LANGS.map((lang) => pathOf(lang, 'mistakes/clock', 'wrong'));
    expect(paths).toEqual(['ts', 'go', 'rs'].map((ext) => `examples/mistakes/clock/wrong.${ext}`));
    expect(['etl', 'connectors', 'mistakes/clock'].map(proofOf)).toEqual([
      'scenarios',
      'scenarios',
      'mistakes',
    ]);
    for (const path of paths) write(path, region('wait', ...STEPS));
    expect(problems()).toEqual([
      'examples/mistakes/clock/wrong.ts:1: no page shows region "wait" of mistakes/clock/wrong',
    ]);
    write('content/docs/mistakes.mdx', '<Compare pipeline="mistakes/clock" file="wrong" region="wait" />');
    expect(problems()).toEqual([]);
  });

  test('files without a pipeline, such as connectors, are held to it once they have a region', () => {
    write('examples/ts/connectors/csv.ts', region('read', 'a'));
    write('examples/ts/connectors/own.ts', 'no region');
    expect(problems()).toEqual([
      expect.stringContaining('examples/reference/go/connectors/csv.go: the file does not exist'),
      expect.stringContaining('examples/reference/rust/src/connectors/csv.rs: the file does not exist'),
      'examples/ts/connectors/csv.ts:1: no page shows region "read" of connectors/csv',
    ]);
  });
});
