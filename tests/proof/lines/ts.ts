/** TypeScript: what V8 counted in the sources that Node ran, and in the bundle of the workflows. */
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { pathToFileURL } from 'node:url';
import { eachMapping, TraceMap } from '@jridgewell/trace-mapping';
import { tokenizer } from 'acorn';
import { language } from '../../../sandbox/languages.ts';
import { ROOT } from '../../../sandbox/processes.ts';
import { Counts, lineStarts, type Part, type Reader } from './counts.ts';

interface V8Script {
  url: string;
  functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[];
}

export const readTypeScript: Reader = async (groups, files) => {
  const counts = new Map<string, Counts>();
  const sources = new Map<string, string>();
  for (const file of files) {
    const text = await readFile(`${ROOT}/${file}`, 'utf8');
    sources.set(file, text);
    counts.set(file, new Counts(text, codeOf(text)));
  }
  const bundle = await Bundle.read(sources);
  const urls = new Map(files.map((file) => [pathToFileURL(`${ROOT}/${file}`).href, file]));
  for (const { name, folders } of groups) {
    for (const script of await scriptsIn(folders)) {
      const file = urls.get(script.url);
      if (file) counts.get(file)?.add(name, partsOf(script));
      if (script.url === bundle.url) {
        for (const [mapped, parts] of bundle.partsIn(script)) counts.get(mapped)?.add(name, parts);
      }
    }
  }
  return new Map([...counts].map(([file, found]) => [file, found.lines()]));
};

async function scriptsIn(folders: string[]): Promise<V8Script[]> {
  const scripts: V8Script[] = [];
  for (const folder of folders) {
    for (const file of await readdir(folder)) {
      const { result }: { result: V8Script[] } = JSON.parse(await readFile(`${folder}/${file}`, 'utf8'));
      scripts.push(...result.filter(({ url }) => url.startsWith('file:') && !url.includes('/node_modules/')));
    }
  }
  return scripts;
}

function partsOf({ functions }: V8Script): Part[] {
  return functions.flatMap(({ ranges }) =>
    ranges.map(({ startOffset, endOffset, count }) => ({ start: startOffset, end: endOffset, count })),
  );
}

/** What is code: every token but brackets, commas and semicolons, once the types are gone. */
function codeOf(text: string): Uint8Array {
  const code = new Uint8Array(text.length);
  for (const token of tokenizer(stripTypeScriptTypes(text), {
    ecmaVersion: 'latest',
    sourceType: 'module',
  })) {
    if (!/^[{}()[\],;]$/.test(token.type.label)) code.fill(1, token.start, token.end);
  }
  return code;
}

/** What stands at one place of the bundle comes from one place of a source. */
interface Piece {
  at: number;
  file: string;
  start: number;
}

/** The bundle of the workflows: where each piece of it comes from. */
class Bundle {
  readonly url: string;
  readonly #pieces: Piece[];

  private constructor(url: string, pieces: Piece[]) {
    this.url = url;
    this.#pieces = pieces;
  }

  static async read(sources: Map<string, string>): Promise<Bundle> {
    const path = language('ts').worker().env?.WORKFLOW_BUNDLE ?? '';
    const text = await readFile(path, 'utf8');
    const map = /sourceMappingURL=data:application\/json;[^,]*base64,(\S+)/.exec(text)?.[1];
    if (!map) throw new Error(`${path} has no source map`);
    const starts = lineStarts(text);
    const originals = new Map([...sources].map(([file, source]) => [file, lineStarts(source)]));
    const pieces: Piece[] = [];
    eachMapping(new TraceMap(Buffer.from(map, 'base64').toString('utf8')), (mapping) => {
      const file = [...originals.keys()].find((one) => mapping.source?.endsWith(`/${one}`));
      if (!file || mapping.originalLine === null) return;
      const start = (originals.get(file)?.[mapping.originalLine - 1] ?? 0) + mapping.originalColumn;
      const at = (starts[mapping.generatedLine - 1] ?? 0) + mapping.generatedColumn;
      pieces.push({ at, file, start });
    });
    return new Bundle(
      pathToFileURL(path).href,
      pieces.sort((a, b) => a.at - b.at),
    );
  }

  /** The counts of a script of this bundle, at the places in the sources that its pieces come from. */
  partsIn(script: V8Script): Map<string, Part[]> {
    const [first, last] = [this.#pieces[0]?.at ?? 0, this.#pieces.at(-1)?.at ?? 0];
    const parts = partsOf(script)
      .filter(({ start, end }) => end > first && start <= last)
      .sort((a, b) => a.start - b.start || b.end - a.end);
    const counts = new Float64Array(last - first + 1);
    for (const { start, end, count } of parts) {
      counts.fill(count, Math.max(0, start - first), Math.min(counts.length, end - first));
    }
    const found = new Map<string, Part[]>();
    for (const { at, file, start } of this.#pieces) {
      const known = found.get(file) ?? [];
      known.push({ start, end: start + 1, count: counts[at - first] ?? 0 });
      found.set(file, known);
    }
    // A piece reaches to where the next one of its file begins.
    for (const parts of found.values()) {
      parts.sort((a, b) => a.start - b.start);
      parts.forEach((part, i) => {
        part.end = Math.max(part.end, parts[i + 1]?.start ?? part.end);
      });
    }
    return found;
  }
}
