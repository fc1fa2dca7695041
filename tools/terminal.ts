/** What the commands draw in a terminal. */

/** What every pipeline answers to the query `progress`. */
export interface Progress {
  phase: string;
  processed: number;
  total: number;
  /** A stream's: how many it has closed. */
  windows?: number;
}

const WIDTH = 30;
let drawn = '';

/** A progress bar on one line of stderr; where that is no terminal, a line whenever the phase changes. */
export const bar = {
  draw({ phase, processed, total, windows }: Progress): void {
    const full = total > 0 ? Math.round((processed / total) * WIDTH) : 0;
    const part = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${grouped(processed)} of ${grouped(total)}`;
    const closed = windows === undefined ? '' : `, ${grouped(windows)} windows closed`;
    const line = `${phase.padEnd(10)} ${total > 0 ? part : `${grouped(processed)} read`}${closed}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line}`);
    else if (!drawn.startsWith(phase)) process.stderr.write(`${line}\n`);
    drawn = line;
  },
  end(): void {
    if (drawn && process.stderr.isTTY) process.stderr.write('\n');
    drawn = '';
  },
};

/** Rows as a table with a line under its heads; numbers stand right. */
export function table(rows: Record<string, unknown>[]): string {
  const heads = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => heads.map((head) => shown(row[head])));
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const right = heads.map((head) => rows.every((row) => typeof row[head] === 'number'));
  const line = (texts: string[]) =>
    texts
      .map((text, i) => (right[i] ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(heads), widths.map((width) => '─'.repeat(width)).join('  '), ...cells.map(line)].join('\n');
}

function shown(value: unknown): string {
  if (typeof value === 'number') return grouped(value);
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const grouped = (value: number): string => value.toLocaleString('en-US');
