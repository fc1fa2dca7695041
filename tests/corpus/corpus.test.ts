/** The inputs on which the three languages once did not agree, or other people's programs stumbled: again, each time. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { language } from '../../sandbox/languages.ts';
import { BUILD_LIMIT_MS } from '../scenarios/built.ts';
import { keptCases, Probes } from './fuzz.ts';
import { KINDS } from './kind.ts';
import { LARGE } from './large.ts';

let probes: Probes;
beforeAll(async () => {
  const ids = (process.env.PROVEN_LANGUAGES ?? 'ts,go,rust').split(',').filter(Boolean);
  probes = await Probes.build(ids.map(language));
}, BUILD_LIMIT_MS);
afterAll(() => probes?.end());

describe.each(KINDS)('%s', (kind) => {
  const kept = [...keptCases(kind), ...(LARGE[kind] ?? [])];
  test('has cases', () => expect(kept.length).toBeGreaterThan(0));
  test.each(kept.map((one) => [`${one.why}: ${JSON.stringify(one.case).slice(0, 120)}`, one] as const))(
    '%s',
    async (_, one) => expect(await probes.complaint(kind, one.case, one.right)).toBeUndefined(),
  );
});
