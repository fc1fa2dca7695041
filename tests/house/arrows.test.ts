/** The arrows between the rooms (arrows.json, arrows.grit): which imports `npm run check` lets pass. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../sandbox/processes.ts';

/** A file of every room; what may be imported is told by the room's name. */
const TARGETS = {
  examples: 'examples/ts/etl/types.ts',
  expected: 'examples/mistakes/expected.json',
  sandbox: 'sandbox/demos/etl.ts',
  tests: 'tests/scenarios/etl/scenarios.ts',
  'tests/site': 'tests/site/links.ts',
  'recordings/format': 'recordings/format/recording.ts',
  recordings: 'recordings/etl/faults.json',
  'site/lib': 'site/lib/regions.ts',
  site: 'site/components/hover.client.ts',
  'notebook/protocol': 'notebook/protocol/messages.ts',
  'notebook/client': 'notebook/client/panel.ts',
  'notebook/server': 'notebook/server/server.ts',
  tools: 'tools/terminal.ts',
  content: 'content/docs/index.mdx',
};
type Target = keyof typeof TARGETS;

const BELOW_TESTS: Target[] = ['examples', 'expected', 'sandbox', 'tests', 'recordings/format'];
const NOTEBOOK: Target[] = ['notebook/protocol', 'notebook/client', 'notebook/server'];

/** What each folder may import. */
const ARROWS: Record<string, Target[]> = {
  'examples/ts/etl': ['examples', 'expected'],
  'examples/mistakes/lost-signal': ['examples', 'expected'],
  'examples/mixed': ['examples', 'expected'],
  sandbox: ['examples', 'expected', 'sandbox'],
  'sandbox/demos': ['examples', 'expected', 'sandbox'],
  'recordings/format': ['recordings/format'],
  'site/lib': ['expected', 'recordings/format', 'site/lib', 'site'],
  'site/components/deeper': ['expected', 'recordings/format', 'site/lib', 'site'],
  'notebook/protocol': ['recordings/format', 'notebook/protocol'],
  'notebook/client': ['recordings/format', 'notebook/protocol', 'notebook/client'],
  'notebook/server': [
    'examples',
    'expected',
    'sandbox',
    'recordings/format',
    'notebook/protocol',
    'notebook/server',
  ],
  'tests/scenarios/etl': BELOW_TESTS,
  'tests/mistakes': BELOW_TESTS,
  'tests/proof': [...BELOW_TESTS, 'site/lib'],
  'tests/proof/lines': [...BELOW_TESTS, 'site/lib'],
  'tests/site': [...BELOW_TESTS, 'tests/site', 'site/lib', ...NOTEBOOK],
  'tests/notebook': [...BELOW_TESTS, 'tests/site', ...NOTEBOOK],
  'tests/house': [...BELOW_TESTS, 'site/lib', 'tools'],
  tools: Object.keys(TARGETS) as Target[],
};
const ROOMS = [
  'content',
  'examples',
  'notebook',
  'public',
  'recordings',
  'sandbox',
  'site',
  'tests',
  'tools',
];

/** Every form of an import in TypeScript, one a line. */
const FORMS: Record<string, (path: string) => string> = {
  import: (path) => `import { a } from '${path}';`,
  'import for its effects': (path) => `import '${path}';`,
  'import type': (path) => `import type { A } from '${path}';`,
  export: (path) => `export { a } from '${path}';`,
  'export *': (path) => `export * from '${path}';`,
  'export type': (path) => `export type { A } from '${path}';`,
  'import()': (path) => `await import('${path}');`,
};
/** And in Astro: an import always stands in line 2. */
const ASTRO: Record<string, (path: string) => string> = {
  'front matter': (path) => `---\nimport { a } from '${path}';\n---\n<p>{a}</p>\n`,
  script: (path) => `<script>\nimport '${path}';\n</script>\n`,
};

/** Imports whose module the arrows cannot see: they are red everywhere. */
const HIDDEN: Record<string, string> = {
  'type of an import': "export type A = import('./a.ts').A;\n",
  'typeof an import': "export const a = (b: typeof import('./a.ts')) => b;\n",
  require: "export const a = require('./a.ts');\n",
  'template of another room': 'export const a = (b: string) => import(`../site/$' + '{b}.ts`);\n',
  'template that goes up later': 'export const a = (b: string) => import(`./c/../../$' + '{b}.ts`);\n',
  variable: 'export const a = (b: string) => import(b);\n',
};
const OWN_ROOM = 'export const a = (b: string) => import(`./demos/$' + '{b}.ts`);\n';

interface Diagnostic {
  category: string;
  location: { path: string; start: { line: number } };
}

const scratch = mkdtempSync(join(tmpdir(), 'arrows-'));
let red: Set<string>;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(scratch, path)), { recursive: true });
  writeFileSync(join(scratch, path), text);
}

/** The files that hold the imports of one target, and what to look for in each: `<file>:<line>`. */
function probes(folder: string, target: string): { form: string; at: string; file: string; text: string }[] {
  const way = relative(folder, TARGETS[target as Target]);
  const path = way.startsWith('.') ? way : `./${way}`;
  const name = `${folder}/from-${target.replaceAll('/', '-')}`;
  const text = Object.values(FORMS).map((form) => form(path));
  return [
    ...Object.keys(FORMS).map((form, i) => ({
      form,
      at: `${name}.ts:${i + 1}`,
      file: `${name}.ts`,
      text: text.join('\n'),
    })),
    ...Object.entries(ASTRO).map(([form, write]) => {
      const file = `${name}.${form.replace(' ', '-')}.astro`;
      return { form, at: `${file}:2`, file, text: write(path) };
    }),
  ];
}

beforeAll(() => {
  for (const config of ['biome.json', 'arrows.json', 'arrows.grit'])
    cpSync(join(ROOT, config), join(scratch, config));
  for (const folder of Object.keys(ARROWS)) {
    for (const target of Object.keys(TARGETS))
      for (const { file, text } of probes(folder, target)) write(file, text);
  }
  for (const [name, text] of Object.entries(HIDDEN)) write(`sandbox/hidden-${name}.ts`, text);
  write('sandbox/own-room.ts', OWN_ROOM);
  const { stdout, stderr, error } = spawnSync(
    join(ROOT, 'node_modules/.bin/biome'),
    ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none', '--diagnostic-level=error'],
    { cwd: scratch, encoding: 'utf8', maxBuffer: 64 << 20 },
  );
  if (error) throw error;
  if (!stdout) throw new Error(stderr);
  const { diagnostics }: { diagnostics: Diagnostic[] } = JSON.parse(stdout);
  red = new Set(
    diagnostics
      .filter(({ category }) => ['lint/style/noRestrictedImports', 'plugin'].includes(category))
      .map(({ location }) => `${location.path}:${location.start.line}`),
  );
}, 60_000);

afterAll(() => rmSync(scratch, { recursive: true }));

test.each(Object.entries(ARROWS))(
  '%s imports what it may, in every form, and nothing else',
  (folder, allowed) => {
    const redForms = (target: string) =>
      probes(folder, target).flatMap(({ form, at }) => (red.has(at) ? [form] : []));
    const all = [...Object.keys(FORMS), ...Object.keys(ASTRO)];
    const targets = Object.keys(TARGETS) as Target[];
    expect(Object.fromEntries(targets.map((target) => [target, redForms(target)]))).toEqual(
      Object.fromEntries(targets.map((target) => [target, allowed.includes(target) ? [] : all])),
    );
  },
);

test.each(Object.keys(HIDDEN))('an import that the arrows cannot see is red: %s', (name) => {
  expect(red).toContain(`sandbox/hidden-${name}.ts:1`);
});

test('a template that stays in its own room is green', () => {
  expect(red).not.toContain('sandbox/own-room.ts:1');
});

test('every folder is a room that the arrows know', () => {
  const folders = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
  expect(folders.filter((name) => !['node_modules', 'dist'].includes(name)).sort()).toEqual(ROOMS);
});
