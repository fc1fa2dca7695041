/**
 * How often each part of a source file was executed. A coverage tool tells parts and counts; which
 * characters are code, and what that makes of a line, is the same for all of them.
 */

/** Where the counters of one group of runs are, and which runs these were. */
export interface Group {
  /** A scenario's name, or any other name. */
  name: string;
  folders: string[];
}

/** Part of a file by character: from `start` up to `end`, executed `count` times. */
export interface Part {
  start: number;
  end: number;
  count: number;
}

/** What is known of a file's lines; lines without code are not there. */
export interface FileLines {
  /** Line, from 1 → how often its least executed code was executed. */
  hits: Map<number, number>;
  /** Line → the groups that executed some of it. */
  groups: Map<number, Set<string>>;
}

/** Reads the counters that a language's workers left: for each file (a path from the root), its lines. */
export type Reader = (groups: Group[], files: string[]) => Promise<Map<string, FileLines>>;

/** Sums up the parts of a file over groups. */
export class Counts {
  readonly #text: string;
  readonly #code: Uint8Array;
  readonly #total: Float64Array;
  readonly #known: Uint8Array;
  readonly #groups = new Map<number, Set<string>>();
  readonly #lines: Int32Array;

  /** `code` says by character what is code; without it, all that is no space, bracket, comma or semicolon. */
  constructor(text: string, code = codeIn(text)) {
    this.#text = text;
    this.#code = code;
    this.#total = new Float64Array(text.length);
    this.#known = new Uint8Array(text.length);
    this.#lines = linesOf(text);
  }

  /** Adds what a group executed: where parts lie in each other, the inner one counts. */
  add(group: string, parts: Part[]): void {
    const inner = [...parts].sort((a, b) => a.start - b.start || b.end - a.end);
    const counts = new Float64Array(this.#text.length).fill(-1);
    for (const { start, end, count } of inner) counts.fill(count, start, end);
    counts.forEach((count, at) => {
      if (count < 0 || !this.#code[at]) return;
      this.#known[at] = 1;
      this.#total[at] = (this.#total[at] ?? 0) + count;
      if (count > 0) this.#by(this.#lines[at] ?? 0).add(group);
    });
  }

  #by(line: number): Set<string> {
    const known = this.#groups.get(line) ?? new Set<string>();
    this.#groups.set(line, known);
    return known;
  }

  lines(): FileLines {
    const hits = new Map<number, number>();
    this.#known.forEach((known, at) => {
      if (!known) return;
      const line = this.#lines[at] ?? 0;
      const total = this.#total[at] ?? 0;
      hits.set(line, Math.min(hits.get(line) ?? total, total));
    });
    return { hits, groups: this.#groups };
  }
}

/** The offset of each line's first character. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The line of each character, from 1. */
function linesOf(text: string): Int32Array {
  const lines = new Int32Array(text.length);
  let line = 1;
  for (let at = 0; at < text.length; at++) {
    lines[at] = line;
    if (text[at] === '\n') line += 1;
  }
  return lines;
}

/**
 * What is code in Go and Rust: no space, bracket, comma, semicolon or comment; and not Rust's `?`, which has a
 * counter of its own for the error that it hands on.
 */
export function codeIn(text: string): Uint8Array {
  const code = new Uint8Array(text.length);
  const pieces =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"|`[^`]*`|[\s{}()[\],;?]+|[^\s{}()[\],;?"`/]+|[/"`]/g;
  for (const piece of text.matchAll(pieces)) {
    const [words] = piece;
    if (/^(\/\/|\/\*|[\s{}()[\],;?])/.test(words)) continue;
    code.fill(1, piece.index, piece.index + words.length);
  }
  return code;
}
