/** Where the runs of one scenario differ, as a table with a column for each of them. */
import type { RecordedEvent } from '../../recordings/format/recording.ts';
import { table } from '../../sandbox/table.ts';

/** The runs that are held against each other, by the name of their column. */
export type Columns = Record<string, RecordedEvent[]>;

const MOST_ROWS = 12;
const MOST_COLUMNS = 48;

/** A readable table of what differs; undefined when nothing does. */
export function difference(columns: Columns): string | undefined {
  const names = Object.keys(columns);
  const rows: string[][] = [];
  const length = Math.max(...Object.values(columns).map((events) => events.length));
  for (let i = 0; i < length && rows.length <= MOST_ROWS; i++) {
    const events = names.map((name) => columns[name]?.[i]);
    const titles = events.map(title);
    if (new Set(titles).size > 1) {
      rows.push([`${i}`, ...titles]);
      // What follows is another story in each.
      break;
    }
    const flat = events.map((event) => new Map(leaves(event)));
    for (const path of new Set(flat.flatMap((fields) => [...fields.keys()]))) {
      const values = flat.map((fields) => fields.get(path) ?? 'nothing');
      if (new Set(values).size > 1) rows.push([`${i} ${titles[0]}: ${path}`, ...values]);
    }
  }
  if (!rows.length) return undefined;
  const more = rows.length > MOST_ROWS ? `\n… and more` : '';
  const shown = rows.slice(0, MOST_ROWS).map(([event = '', ...values]) => [event, ...values.map(cut)]);
  return table(['event', ...names], shown, { between: '│' }) + more;
}

function title(event: RecordedEvent | undefined): string {
  if (!event) return 'nothing';
  return [`run ${event.run}:`, event.type, event.name].filter(Boolean).join(' ');
}

/** Every value of an event that is no object, with the path to it. */
function leaves(value: unknown, path = ''): [string, string][] {
  if (!value || typeof value !== 'object') return [[path, JSON.stringify(value)]];
  const inner = Object.entries(value).flatMap(([key, field]) => leaves(field, path ? `${path}.${key}` : key));
  return inner.length ? inner : [[path, JSON.stringify(value)]];
}

const cut = (text: string) => (text.length > MOST_COLUMNS ? `${text.slice(0, MOST_COLUMNS - 1)}…` : text);
