/** Text in columns: for a terminal, and for what a test says. */
import Table from 'cli-table3';

export interface TableOptions {
  /** What stands between two columns. */
  between?: '│' | '';
  /** The columns whose text stands right. */
  right?: boolean[];
}

/** A table with a line under its heads. */
export function table(heads: string[], rows: string[][], { between = '', right }: TableOptions = {}): string {
  const none = { left: '', right: '', 'left-mid': '', 'right-mid': '' };
  const top = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '' };
  const bottom = { bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' };
  const chars = between ? { middle: ' │ ', 'mid-mid': '─┼─' } : { middle: '  ', 'mid-mid': '  ' };
  const drawn = new Table({
    head: heads,
    chars: { ...none, ...top, ...bottom, ...chars },
    // Without colours. Compact: no line but the one under the heads.
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    colAligns: heads.map((_, i) => (right?.[i] ? 'right' : 'left')),
  });
  drawn.push(...rows);
  return drawn.toString().replace(/ +$/gm, '');
}
