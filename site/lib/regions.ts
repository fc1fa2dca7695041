/**
 * Reads named regions out of the example programs. The one reader of the repository: the site draws
 * with it, and `npm run check` checks with it.
 *
 *   // #region extract           opens a region
 *   // #step Read one page       starts a step inside it: the row that the twins share
 *   // #endregion extract        closes it
 *
 * Marker lines are never shown. Anything wrong throws a `RegionError` with the file, the line and
 * the names that are known, so that a build stops instead of publishing a hole.
 */
import { accessSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { memoByMtime } from './memo-by-mtime.ts';

/** A step of a region: the lines from here to the next step. */
export interface Step {
  title: string;
  /** 1-based first line of the step in `Region.code`. */
  line: number;
  /** 1-based line of its marker in the file. */
  at: number;
}

/** A region, ready to be shown: markers gone, common indentation gone. */
export interface Region {
  name: string;
  /** Path from the repository's root, with forward slashes. */
  file: string;
  code: string;
  /** How many lines of `code` come before the first step; all of them, if there are no steps. */
  lead: number;
  steps: Step[];
  /** 1-based lines of the opening and the closing marker in the file. */
  from: number;
  to: number;
  /** For each line of `code` its 1-based line in the file. */
  lines: number[];
}

/** What is wrong with a region, and where. `message` has all of it. */
export class RegionError extends Error {
  override name = 'RegionError';
  readonly file: string;
  readonly line: number | undefined;
  readonly reason: string;

  constructor(file: string, line: number | undefined, reason: string) {
    super(`${file}${line === undefined ? '' : `:${line}`}: ${reason}`);
    this.file = file;
    this.line = line;
    this.reason = reason;
  }
}

const MARKER = /^\s*\/\/\s*#(region|step|endregion)(?:\s+(.*?))?\s*$/;

/** Whether a line is one of the three markers, which are never shown. */
export function isMarker(line: string): boolean {
  return MARKER.test(line);
}

/** How wide a line is on the page: a tab counts two columns. */
export function columns(line: string): number {
  return [...line.replaceAll('\t', '  ')].length;
}

/** All regions of a source, in the order of the file. */
export function parseRegions(source: string, file: string): Region[] {
  const lines = source.split(/\r?\n/);
  const known = namesIn(lines);
  const regions: Region[] = [];
  let open: Draft | null = null;

  for (const [index, text] of lines.entries()) {
    const at = index + 1;
    const fail: (reason: string) => never = (reason) => {
      throw new RegionError(file, at, `${reason}. ${tell(known)}`);
    };
    const [, kind, words = ''] = MARKER.exec(text) ?? [];
    if (kind === 'region') {
      if (!/^\S+$/.test(words)) fail('#region needs a name of one word');
      if (open) fail(`region "${words}" is opened inside of region "${open.name}" (line ${open.from})`);
      if (regions.some((region) => region.name === words)) fail(`region "${words}" is opened twice`);
      open = { name: words, from: at, body: [], steps: [] };
    } else if (kind === 'endregion') {
      if (!open) fail('#endregion without a #region');
      if (words !== open.name) {
        const found = words ? `#endregion ${words}` : '#endregion without a name';
        fail(`${found} where region "${open.name}" is open (line ${open.from})`);
      }
      regions.push(finish(open, at, file, fail));
      open = null;
    } else if (kind === 'step') {
      if (!words) fail('#step needs a title');
      if (!open) fail(`step "${words}" is outside of any region`);
      if (open.steps.some((step) => step.title === words)) {
        fail(`step "${words}" comes twice in region "${open.name}"`);
      }
      open.steps.push({ title: words, at });
    } else if (open) {
      open.body.push({ text: text.trimEnd(), at });
    }
  }

  if (open) {
    const reason = `region "${open.name}" is never closed. ${tell(known)}`;
    throw new RegionError(file, open.from, reason);
  }
  return regions;
}

/** All regions of a file under `root`. */
export function readRegions(root: string, file: string): Region[] {
  readable(root, file);
  return memoByMtime('regions', join(root, file), (text) => parseRegions(text, file));
}

/** One region of a file under `root`. */
export function readRegion(root: string, file: string, name: string): Region {
  const regions = readRegions(root, file);
  const found = regions.find((region) => region.name === name);
  if (found) return found;
  const known = regions.map((region) => region.name);
  throw new RegionError(file, undefined, `no region "${name}". ${tell(known)}`);
}

/** The text of a file; throws a `RegionError` that tells what else is in its folder. */
export function readSource(root: string, file: string): string {
  readable(root, file);
  return readFileSync(join(root, file), 'utf8');
}

function readable(root: string, file: string): void {
  try {
    accessSync(join(root, file));
  } catch {
    const beside = filesIn(join(root, dirname(file)));
    const has = beside.length ? `Its folder has: ${beside.join(', ')}.` : 'Neither does its folder.';
    throw new RegionError(file, undefined, `the file does not exist. ${has}`);
  }
}

interface Draft {
  name: string;
  from: number;
  body: { text: string; at: number }[];
  steps: { title: string; at: number }[];
}

/** Turns what was collected between two markers into what is shown. */
function finish(draft: Draft, to: number, file: string, fail: (why: string) => never): Region {
  const { name, from, steps } = draft;
  const starts = [from, ...steps.map((step) => step.at)];
  const blocks = starts.map((start, i) => {
    const end = starts[i + 1] ?? to;
    return withoutBlankEnds(draft.body.filter(({ at }) => at > start && at < end));
  });
  const shown = blocks.flat();
  if (!shown.length) fail(`region "${name}" (line ${from}) is empty`);

  const lead = blocks[0]?.length ?? 0;
  let line = lead + 1;
  const placed = steps.map((step, i) => {
    const size = blocks[i + 1]?.length ?? 0;
    if (!size) fail(`step "${step.title}" (line ${step.at}) has no code`);
    line += size;
    return { ...step, line: line - size };
  });
  const indent = commonIndent(shown.map(({ text }) => text));
  return {
    name,
    file,
    code: shown.map(({ text }) => text.slice(indent)).join('\n'),
    lead,
    steps: placed,
    from,
    to,
    lines: shown.map(({ at }) => at),
  };
}

/** Blank lines around a marker are spacing for the reader of the file: the page has its own. */
function withoutBlankEnds<T extends { text: string }>(block: T[]): T[] {
  const first = block.findIndex(({ text }) => text);
  const last = block.findLastIndex(({ text }) => text);
  return first < 0 ? [] : block.slice(first, last + 1);
}

function commonIndent(lines: string[]): number {
  const indents = lines.filter(Boolean).map((line) => line.slice(0, line.search(/[^\t ]/)));
  let common = indents[0] ?? '';
  for (const indent of indents) {
    while (!indent.startsWith(common)) common = common.slice(0, -1);
  }
  return common.length;
}

function namesIn(lines: string[]): string[] {
  const names = lines.flatMap((line) => {
    const [, kind, name] = MARKER.exec(line) ?? [];
    return kind === 'region' && name ? [name] : [];
  });
  return [...new Set(names)];
}

function tell(names: string[]): string {
  return names.length ? `Known regions: ${names.join(', ')}.` : 'The file has no regions.';
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}
