/**
 * What a seeded fault is: a small edit of a pipeline, of the kind that people really make, and the
 * scenario that must go red for it. The lists: tests/scenarios/<pipeline>/faults.ts, one a pipeline.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { LANGUAGES, type Language } from '../../sandbox/languages.ts';
import { ROOT } from '../../sandbox/processes.ts';

export interface Fault extends Record<Language['id'], Edit | Edit[] | Impossible> {
  /** What people do, in words. */
  name: string;
  /** The scenario that is expected to kill it: its name, whole. */
  killer: string;
  /** What it removes is a guard against attacks. */
  guard?: true;
}

/** One change in one file. */
export interface Edit {
  /** From the root of the repository. */
  file: string;
  /** Stands there exactly once. Any white space matches any other. */
  find: string;
  replace: string;
}

/** In this language the fault cannot be made: why. */
export interface Impossible {
  impossible: string;
}

/** A fault as it is run: in one language. */
export interface Mutation {
  pipeline: string;
  name: string;
  killer: string;
  language: Language['id'];
  edits: Edit[];
}

const FOLDER = `${ROOT}/tests/scenarios`;

/** The pipelines that have a list of faults. */
export function pipelinesWithFaults(folder = FOLDER): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => existsSync(`${folder}/${name}/faults.ts`)).sort();
}

export async function faultsOf(pipeline: string): Promise<Fault[]> {
  // biome-ignore lint/plugin: a list of faults, in tests/scenarios.
  const { default: faults }: { default: Fault[] } = await import(`${FOLDER}/${pipeline}/faults.ts`);
  return faults;
}

/** The faults of a pipeline in one language, without those that cannot be made in it. */
export function mutationsOf(pipeline: string, faults: Fault[], language: Language['id']): Mutation[] {
  return faults.flatMap((fault) => {
    const edits = fault[language];
    if ('impossible' in edits) return [];
    const { name, killer } = fault;
    return [{ pipeline, name, killer, language, edits: [edits].flat() }];
  });
}

/**
 * A few of many, the same ones each time: at least one a language, and another one in each where the
 * list is long enough.
 */
export function sampleOf(pipeline: string, faults: Fault[], each = 1): Mutation[] {
  return LANGUAGES.flatMap(({ id }, turn) => {
    const all = mutationsOf(pipeline, faults, id);
    const step = LANGUAGES.length;
    const some = all.filter((_, i) => i % step === turn % Math.min(step, all.length));
    return some.slice(0, each);
  });
}

/** A text as a regular expression that matches it alone. */
export const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A file's text with the edit made. Throws an error that names the file when `find` is not there once. */
export function edited(text: string, { file, find, replace }: Edit): string {
  const words = find.trim().split(/\s+/);
  const found = [...text.matchAll(new RegExp(words.map(literally).join('\\s+'), 'g'))];
  const [one] = found;
  if (!one || found.length > 1) {
    throw new Error(`${file}: stands there ${found.length} times, not once: ${find.trim()}`);
  }
  const changed = text.slice(0, one.index) + replace + text.slice(one.index + one[0].length);
  if (changed === text) throw new Error(`${file}: the edit changes nothing: ${find.trim()}`);
  return changed;
}

/** The files of a mutation after its edits, by path from `root`. */
export function mutated({ name, edits }: Mutation, root = ROOT): Record<string, string> {
  const files: Record<string, string> = {};
  try {
    for (const edit of edits) {
      const path = `${root}/${edit.file}`;
      if (!existsSync(path)) throw new Error(`${edit.file}: there is no such file`);
      files[edit.file] = edited(files[edit.file] ?? readFileSync(path, 'utf8'), edit);
    }
  } catch (error) {
    throw new Error(`fault "${name}": ${(error as Error).message}`);
  }
  return files;
}
