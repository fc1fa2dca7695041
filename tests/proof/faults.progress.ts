/** What faults have shown so far, kept outside of git: a long run may be interrupted, and go on. */
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CACHE } from '../../sandbox/processes.ts';
import type { Mutation } from './faults.list.ts';
import type { Digests, Kill } from './faults.report.ts';
import type { End } from './faults.run.ts';

const FILE = `${CACHE}/faults/kept.ndjson`;

interface Kept extends Pick<Mutation, 'pipeline' | 'name' | 'language'>, Pick<End, 'killed_by' | 'how'> {
  digest: string;
}

/** Keeps how a fault ended, and of which sources that is true. */
export async function keep(
  { pipeline, name, language, killed_by, how }: Mutation & End,
  digests: Digests,
  file = FILE,
): Promise<void> {
  const kept: Kept = { pipeline, name, language, killed_by, how, digest: digests[language] };
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, `${JSON.stringify(kept)}\n`);
}

/** The faults of a pipeline that were killed in these sources, as the last run of each has it. */
export function kept(pipeline: string, digests: Digests, file = FILE): Kill[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const last = new Map<string, Kept>();
  for (const one of lines.map((line): Kept => JSON.parse(line))) {
    const mine = one.pipeline === pipeline && one.digest === digests[one.language];
    if (mine) last.set(`${one.language} ${one.name}`, one);
  }
  return [...last.values()].flatMap(({ name, language, killed_by, how }) =>
    killed_by && (how === 'assertion' || how === 'timeout') ? [{ name, language, killed_by, how }] : [],
  );
}
