/** CSV files: read, and each of their records typed. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { judged, type Kind } from './kind.ts';
import { newYork } from './new-york.ts';
import { NUMBERS, text, torn } from './texts.ts';

/** The bytes, and the rows that they were made of, where nothing was torn. */
export interface CsvCase {
  base64: string;
  size: number;
  rows?: string[][];
}

const END = fc.constantFrom('\n', '\r\n', '\r');
const NAMES = [
  'id',
  '1960',
  '1961',
  'year',
  'month',
  'day',
  'sched_dep_time',
  'dep_delay',
  'seats',
  'name',
  '',
  'a b',
  '__proto__',
  'é',
];
const names = fc.oneof(
  fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 6 }),
  fc.constant<string[]>(['id', 'year', 'month', 'day', 'sched_dep_time', 'dep_delay']),
  fc.array(text, { minLength: 1, maxLength: 3 }),
);
/** A value that fits its column, or does not. */
function fieldOf(name: string): fc.Arbitrary<string> {
  const fitting: Record<string, fc.Arbitrary<string>> = {
    year: fc.constantFrom('2013', '2013', '1', '0', '10000'),
    month: fc.integer({ min: 0, max: 13 }).map(String),
    day: fc.integer({ min: 0, max: 32 }).map(String),
    sched_dep_time: fc.oneof(
      fc.integer({ min: -5, max: 2405 }).map(String),
      fc.constantFrom('130', '230', '100', '200', '300'),
    ),
    dep_delay: fc.oneof(
      fc.integer({ min: -60, max: 1500 }).map(String),
      fc.constantFrom('NA', '100001', '0.5'),
    ),
  };
  const fits = Object.hasOwn(fitting, name) && fitting[name];
  return fits
    ? fc.oneof({ weight: 5, arbitrary: fits }, { weight: 1, arbitrary: fc.constantFrom(...NUMBERS) })
    : text;
}
/** The two nights on which the clock is changed. */
const night = fc
  .tuple(
    fc.constantFrom(['3', '10'], ['11', '3'], ['3', '11'], ['11', '2']),
    fc.integer({ min: 0, max: 400 }),
    fc.constantFrom('0', '-70', '70', 'NA'),
  )
  .map(([[month = '', day = ''], clock, delay]) => ['k', '2013', month, day, String(clock), delay]);

function quoted(field: string, always: boolean): string {
  return always || /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
const table = names.chain((header) => {
  const row = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(...header.map(fieldOf)) as fc.Arbitrary<string[]> },
    { weight: header.length === 6 ? 2 : 0, arbitrary: night },
    { weight: 1, arbitrary: fc.array(text, { maxLength: 4 }) },
  );
  return fc
    .tuple(
      fc.array(row, { maxLength: 6 }),
      END,
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom('', '\ufeff'),
      fc.boolean(),
    )
    .map(([rows, end, always, last, mark, mixed]): Omit<CsvCase, 'size'> => {
      const lines = [header, ...rows].map((fields, i) =>
        fields.map((field, j) => quoted(field, always || (mixed && (i + j) % 3 === 0))).join(),
      );
      const ends = lines.map((_, i) => (i < lines.length - 1 || last ? (mixed && i % 2 ? '\n' : end) : ''));
      const base64 = Buffer.from(`${mark}${lines.map((line, i) => line + ends[i]).join('')}`).toString(
        'base64',
      );
      const whole = [header, ...rows];
      const plain =
        new Set(header).size === header.length &&
        whole.every((fields) => fields.length === header.length && !fields.join().includes('\0')) &&
        lines.every(Boolean) &&
        !lines[0]?.startsWith('\ufeff') &&
        rows.every(([id]) => id);
      return plain ? { base64, rows: whole } : { base64 };
    });
});
const tornTable = fc.oneof(
  table,
  torn(table.map(({ base64 }) => Buffer.from(base64, 'base64'))).map((bytes) => ({
    base64: bytes.toString('base64'),
  })),
) as fc.Arbitrary<Omit<CsvCase, 'size'>>;

const LINE = /line (\d+)/;

interface Read {
  records: { id: string; data: Record<string, string>; typed: Record<string, unknown> }[];
  pages: number[];
}

export const csv: Kind<CsvCase> = {
  name: 'csv',
  cases: fc
    .record({ file: tornTable, size: fc.integer({ min: 1, max: 4 }) })
    .map(({ file, size }) => ({ ...file, size })),
  given: ({ base64, size }) => ({ kind: 'csv', base64, size }),
  comparable: (verdict) => judged(verdict, (message) => LINE.exec(message)?.[1] ?? message),
  complaint({ rows, size }, verdict) {
    const read = 'ok' in verdict ? (verdict.ok as Read) : undefined;
    for (const { data, typed } of read?.records ?? []) {
      const right = scheduled(data);
      if (right && typed.sched_dep_time && typed.sched_dep_time !== right)
        return `the clock of New York: ${right}`;
    }
    if (!rows) return undefined;
    const [header = [], ...records] = rows;
    const expected = records.map(([id = '', ...fields]) => [
      id,
      ...fields.map((field, i) => [header[i + 1], field]),
    ]);
    const found = read?.records.map(({ id, data }) => [
      id,
      ...header.slice(1).map((name) => [name, data[name]]),
    ]);
    if (!isDeepStrictEqual(found, expected)) return `it was made of ${JSON.stringify(rows)}`;
    const pages = Array.from({ length: Math.ceil(records.length / size) }, (_, i) =>
      Math.min(size, records.length - i * size),
    );
    return isDeepStrictEqual(read?.pages, pages) ? undefined : `pages of ${pages}`;
  },
};

/** What the clock on the wall says in New York, where it is plainly written. */
function scheduled({ year, month, day, sched_dep_time }: Record<string, string>): string | undefined {
  const plain = [year, month, day, sched_dep_time].map((one) =>
    /^[1-9]\d{0,3}$/.test(one ?? '') ? Number(one) : Number.NaN,
  );
  const [y = 0, m = 0, d = 0, clock = 0] = plain;
  if (plain.some(Number.isNaN) || y < 1970) return undefined;
  return newYork(y, m, d, Math.floor(clock / 100), clock % 100);
}
