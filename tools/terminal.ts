/** What the commands draw in a terminal. */
import progressBars, { type Options, type Params, type SingleBar } from 'cli-progress';
import { table as drawn } from '../sandbox/table.ts';

/** What every pipeline answers to the query `progress`. */
export interface Progress {
  phase: string;
  processed: number;
  total: number;
  /** A stream's: how many it has closed. */
  windows?: number;
}

/** A progress bar on one line; where that is no terminal, a line as each phase begins, and as it ends. */
export class Bar {
  #stream: NodeJS.WriteStream;
  #bar: SingleBar | undefined;
  #last: Progress | undefined;
  #written = '';

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  draw(progress: Progress): void {
    if (this.#stream.isTTY) {
      this.#bar ??= started(this.#stream, progress);
      this.#bar.setTotal(progress.total);
      this.#bar.update(progress.processed, progress);
    } else if (progress.phase !== this.#last?.phase) {
      this.#write(this.#last);
      this.#write(progress);
    }
    this.#last = progress;
  }

  end(): void {
    if (this.#bar) this.#bar.stop();
    else this.#write(this.#last);
    this.#bar = undefined;
    this.#last = undefined;
  }

  #write(progress: Progress | undefined): void {
    if (!progress) return;
    const line = `${lineOf(progress)}\n`;
    if (line !== this.#written) this.#stream.write(line);
    this.#written = line;
  }
}

function started(stream: NodeJS.WriteStream, first: Progress): SingleBar {
  const format = (options: Options, { progress }: Params, payload: Progress) =>
    lineOf(payload, `${progressBars.Format.BarFormat(progress, options)} `);
  const bar = new progressBars.SingleBar(
    { stream, format, barsize: 30 },
    progressBars.Presets.shades_classic,
  );
  bar.start(first.total, first.processed, first);
  return bar;
}

function lineOf({ phase, processed, total, windows }: Progress, bar = ''): string {
  const part = total > 0 ? `${bar}${grouped(processed)} of ${grouped(total)}` : `${grouped(processed)} read`;
  const closed = windows === undefined ? '' : `, ${grouped(windows)} windows closed`;
  return `${phase.padEnd(10)} ${part}${closed}`;
}

/** Rows as a table; numbers stand right. */
export function table(rows: Record<string, unknown>[]): string {
  const heads = Object.keys(rows[0] ?? {});
  const right = heads.map((head) => rows.every((row) => typeof row[head] === 'number'));
  return drawn(
    heads,
    rows.map((row) => heads.map((head) => shown(row[head]))),
    { right },
  );
}

function shown(value: unknown): string {
  if (typeof value === 'number') return grouped(value);
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const grouped = (value: number): string => value.toLocaleString('en-US');
