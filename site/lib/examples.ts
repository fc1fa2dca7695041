/** Twins: the same region of the same file, in every language. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findCompares, type Reference } from './compare-references.ts';
import { LANGS, LANGUAGES, type Lang, MISTAKES, parted, pathOf } from './languages.ts';
import { columns, isMarker, type Region, RegionError, readRegion, readRegions } from './regions.ts';

export {
  LANGS,
  LANGUAGES,
  type Lang,
  type Language,
  PAIRS,
  pathOf,
  proofOf,
} from './languages.ts';

/** How wide a shown line may be, so that two languages fit side by side. A tab counts two. */
export const MAX_COLUMNS = 64;

/** The files that every pipeline has, in every language. */
const PIPELINE_FILES = ['workflow', 'activities', 'types'];

export type Twins = Record<Lang, Region>;

/** What is wrong with the examples or with the pages that show them. */
export interface Problem {
  kind: 'region' | 'twins' | 'width' | 'page' | 'unused';
  file: string;
  line?: number;
  message: string;
}

/** `file:line: message`, as compilers have it. */
export function formatProblem({ file, line, message }: Problem): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${message}`;
}

/**
 * The region in all languages. Throws a `RegionError` that lists everything wrong: a language
 * without the file or the region, or with other steps than TypeScript has.
 */
export function readTwins(pipeline: string, file: string, region: string, root = process.cwd()): Twins {
  const found: Partial<Twins> = {};
  const problems: string[] = [];
  for (const lang of LANGS) {
    try {
      found[lang] = readRegion(root, pathOf(lang, pipeline, file), region);
    } catch (error) {
      if (!(error instanceof RegionError)) throw error;
      problems.push(error.message);
    }
  }
  if (found.ts) problems.push(...stepProblems(found.ts, found).map(formatProblem));
  if (problems.length) {
    const where = `${pipeline}/${file}`;
    throw new RegionError(
      where,
      undefined,
      `region "${region}" is not the same in all languages:\n  ${problems.join('\n  ')}`,
    );
  }
  return found as Twins;
}

/**
 * Everything wrong with the regions under `root`: regions that cannot be read, twins that differ,
 * lines too wide, pages that show what is not there, regions that no page shows.
 */
export function checkAllTwins(root: string): Problem[] {
  const { found: shown, unreadable } = findCompares(root);
  const problems: Problem[] = unreadable.map(({ page, line, missing }) => ({
    kind: 'page',
    file: page,
    line,
    message: `<Compare> needs ${missing.map((name) => `${name}="…"`).join(', ')} as plain text`,
  }));
  const known = new Map<string, Map<string, Region[]>>();
  for (const { pipeline, file } of filesWithRegions(root)) {
    const regions = readAll(root, pipeline, file, problems);
    problems.push(...twinProblems(pipeline, file, regions));
    for (const all of regions.values()) problems.push(...all.flatMap(wideLines));
    known.set(`${pipeline}/${file}`, byName(regions));
  }
  problems.push(...pageProblems(shown, known), ...unusedRegions(shown, known));
  return problems;
}

/** The files to hold against each other: a pipeline's three, and any other that has a region. */
function filesWithRegions(root: string): { pipeline: string; file: string }[] {
  const names = new Set<string>();
  for (const lang of LANGS) {
    const { folder, extension } = LANGUAGES[lang];
    const mistakes = foldersIn(join(root, 'examples', MISTAKES)).map((name) => `${MISTAKES}/${name}`);
    for (const pipeline of [...foldersIn(join(root, folder)), ...mistakes]) {
      const path = join(root, dirname(pathOf(lang, pipeline, '')));
      if (lang === 'ts' && existsSync(join(path, 'workflow.ts'))) {
        for (const file of PIPELINE_FILES) names.add(`${pipeline}/${file}`);
      }
      for (const name of readdirSync(path)) {
        if (!name.endsWith(`.${extension}`)) continue;
        const marked = readFileSync(join(path, name), 'utf8').split('\n').some(isMarker);
        if (marked) names.add(`${pipeline}/${name.slice(0, -extension.length - 1)}`);
      }
    }
  }
  return [...names].sort().map(parted);
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  const hidden = /^\.|^node_modules$|^target$/;
  return entries.filter((e) => e.isDirectory() && !hidden.test(e.name)).map((e) => e.name);
}

/** The regions of one file, language by language; what cannot be read becomes a problem. */
function readAll(root: string, pipeline: string, file: string, problems: Problem[]): Map<Lang, Region[]> {
  const regions = new Map<Lang, Region[]>();
  for (const lang of LANGS) {
    try {
      regions.set(lang, readRegions(root, pathOf(lang, pipeline, file)));
    } catch (error) {
      if (!(error instanceof RegionError)) throw error;
      problems.push({ kind: 'region', file: error.file, ...lineOf(error), message: error.reason });
    }
  }
  return regions;
}

function lineOf({ line }: RegionError): { line?: number } {
  return line === undefined ? {} : { line };
}

/** Where the other languages differ from TypeScript, in the names of regions or of steps. */
function twinProblems(pipeline: string, file: string, regions: Map<Lang, Region[]>): Problem[] {
  const model = regions.get('ts');
  if (!model) return [];
  const problems: Problem[] = [];
  const want = model.map((region) => region.name);
  for (const [lang, twin] of regions) {
    if (lang === 'ts') continue;
    const path = pathOf(lang, pipeline, file);
    const got = twin.map((region) => region.name);
    const lacks = want.filter((name) => !got.includes(name));
    const more = got.filter((name) => !want.includes(name));
    const against = `${pathOf('ts', pipeline, file)} has: ${want.join(', ') || 'none'}`;
    for (const name of lacks) {
      problems.push({ kind: 'twins', file: path, message: `no region "${name}". ${against}` });
    }
    for (const name of more) {
      const at = twin.find((region) => region.name === name)?.from ?? 1;
      problems.push({
        kind: 'twins',
        file: path,
        line: at,
        message: `region "${name}" is here alone. ${against}`,
      });
    }
    if (!lacks.length && !more.length && got.join() !== want.join()) {
      problems.push({
        kind: 'twins',
        file: path,
        message: `regions in another order: ${got.join(', ')}. ${against}`,
      });
    }
    for (const region of model) {
      const other = twin.find(({ name }) => name === region.name);
      if (other) problems.push(...stepProblems(region, { [lang]: other }));
    }
  }
  return problems;
}

/** Where the twins of a region have other step titles than it has. */
function stepProblems(model: Region, twins: Partial<Twins>): Problem[] {
  const want = model.steps.map((step) => step.title);
  return Object.values(twins).flatMap((twin): Problem[] => {
    const got = twin.steps.map((step) => step.title);
    if (got.join('\n') === want.join('\n')) return [];
    const step = got.findIndex((title, i) => title !== want[i]);
    const at = twin.steps[step]?.at ?? twin.from;
    const message = `region "${twin.name}" has the steps ${list(got)}, but ${model.file} has ${list(want)}`;
    return [{ kind: 'twins', file: twin.file, line: at, message }];
  });
}

function list(titles: string[]): string {
  return `[${titles.join(' | ')}]`;
}

function wideLines(region: Region): Problem[] {
  return region.code.split('\n').flatMap((text, i): Problem[] => {
    const width = columns(text);
    if (width <= MAX_COLUMNS) return [];
    const message = `${width} columns where a page has room for ${MAX_COLUMNS}: ${text.trim()}`;
    return [{ kind: 'width', file: region.file, line: region.lines[i] ?? region.from, message }];
  });
}

/** A file's regions by name, each with its languages. */
function byName(regions: Map<Lang, Region[]>): Map<string, Region[]> {
  const names = new Map<string, Region[]>();
  for (const region of [...regions.values()].flat()) {
    names.set(region.name, [...(names.get(region.name) ?? []), region]);
  }
  return names;
}

function pageProblems(shown: Reference[], known: Map<string, Map<string, Region[]>>): Problem[] {
  return shown.flatMap(({ page, line, pipeline, file, region }): Problem[] => {
    const names = known.get(`${pipeline}/${file}`);
    if (names?.has(region)) return [];
    const has = names
      ? `Known regions: ${[...names.keys()].join(', ') || 'none'}.`
      : `Known files: ${[...known.keys()].join(', ') || 'none'}.`;
    const message = `<Compare> shows ${pipeline}/${file} "${region}", which does not exist. ${has}`;
    return [{ kind: 'page', file: page, line, message }];
  });
}

function unusedRegions(shown: Reference[], known: Map<string, Map<string, Region[]>>): Problem[] {
  const used = new Set(shown.map((ref) => `${ref.pipeline}/${ref.file}#${ref.region}`));
  return [...known].flatMap(([path, names]) =>
    [...names].flatMap(([name, [region]]): Problem[] => {
      if (!region || used.has(`${path}#${name}`)) return [];
      const message = `no page shows region "${name}" of ${path}`;
      return [{ kind: 'unused', file: region.file, line: region.from, message }];
    }),
  );
}
