/**
 * npm run check          types, lint, format and regions, in all languages
 * npm run check -- --fix formats first
 *
 * A missing toolchain is said; with CI=true or --all it is a failure. An audit whose database does not answer is said.
 */
import { parseArgs } from 'node:util';
import { LANGUAGES, type Language, missing } from '../sandbox/languages.ts';
import { CommandError, ROOT, run } from '../sandbox/processes.ts';
import { staleLists } from '../sandbox/worker-lists.ts';
import { checkAllTwins, formatProblem } from '../site/lib/examples.ts';
import { stale } from '../tests/proof/faults.report.ts';
import { staleProof } from '../tests/proof/proof.ts';
import { audits } from './audits.ts';

const { values } = parseArgs({
  options: {
    fix: { type: 'boolean', default: false },
    all: { type: 'boolean', default: process.env.CI === 'true' },
  },
});
const goFolders = [`${ROOT}/examples/reference/go`, `${ROOT}/examples/mistakes`];
const rust = { cwd: `${ROOT}/examples/reference/rust` };

/** One check: what it is called, and what is wrong when it fails. */
type Check = [name: string, check: () => Promise<unknown>];

const house: Check[] = [
  ['Biome', () => run('biome', ['check', '--error-on-warnings', ...(values.fix ? ['--write'] : [])])],
  ['TypeScript', () => run('tsc', ['--project', '.'])],
  [
    'TypeScript of the site',
    async () => {
      // The types of the pages' collections are made from the pages: a fresh clone has none.
      await run('astro', ['sync']);
      await run('tsc', ['--project', 'site']);
    },
  ],
  ['regions', async () => complain(checkAllTwins(ROOT).map(formatProblem))],
  [
    'lists of pipelines',
    async () => complain(staleLists(values.fix).map((path) => `${path}: run npm run registry`)),
  ],
  ['proof', async () => complain(await staleProof(values.fix))],
  ['seeded faults', async () => complain(stale())],
];
const byLanguage: Record<Language['id'], Check[]> = {
  ts: [],
  go: goFolders
    .flatMap((cwd): Check[] => {
      const where = cwd.split('/').at(-1);
      return [
        [`gofmt (${where})`, () => gofmt(cwd)],
        [`go vet (${where})`, () => run('go', ['vet', './...'], { cwd })],
        [`staticcheck (${where})`, () => run('go', ['tool', 'staticcheck', './...'], { cwd })],
      ];
    })
    .concat([['gofmt (coverage)', () => gofmt(`${ROOT}/sandbox/coverage`)]]),
  rust: [
    ['rustfmt', () => run('cargo', ['fmt', '--all', ...(values.fix ? [] : ['--check'])], rust)],
    ['clippy', clippy],
  ],
};

async function gofmt(cwd: string): Promise<void> {
  const told = await run('gofmt', [values.fix ? '-w' : '-l', '.'], { cwd });
  complain(told.split('\n').filter(Boolean));
}

/** Reads our own crates, and what others made of theirs: `cargo clippy` would compile all of it once more. */
async function clippy(): Promise<void> {
  const ours = ['--package', 'durable-pipelines', '--package', 'covered-worker'];
  await run('cargo', ['build', '--locked', '--quiet', '--all-targets', ...ours], {
    ...rust,
    env: {
      RUSTC_WORKSPACE_WRAPPER: `${ROOT}/tools/check.clippy.sh`,
      // This is how cargo-clippy tells clippy-driver its arguments.
      CLIPPY_ARGS: ['-D', 'warnings', ''].join('__CLIPPY_HACKERY__'),
    },
  });
}

function complain(problems: string[]): void {
  if (problems.length) throw new Error(problems.join('\n'));
}

let failed = 0;
async function hold([name, check]: Check): Promise<void> {
  try {
    await check();
    console.log(`✓ ${name}`);
  } catch (error) {
    failed += 1;
    const output = error instanceof CommandError ? error.output : (error as Error).message;
    console.error(`✗ ${name}\n${output || (error as Error).message}\n`);
  }
}

for (const check of house) await hold(check);
for (const language of LANGUAGES) {
  const reason = await missing(language);
  if (!reason) for (const check of byLanguage[language.id]) await hold(check);
  else {
    console.log(`not checked: ${reason}`);
    if (values.all) failed += 1;
  }
}
for (const { name, problems, notRun } of await audits()) {
  if (notRun) console.log(`not run: ${name} (${notRun})`);
  else await hold([name, async () => complain(problems)]);
}
process.exit(failed ? 1 : 0);
