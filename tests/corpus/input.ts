/** Inputs of the workflows: good ones, changed in a place or two. */
import fc from 'fast-check';
import { judged, type Kind } from './kind.ts';
import { jsonToken } from './texts.ts';

export interface InputCase {
  pipeline: 'etl' | 'streaming' | 'tour';
  /** JSON. */
  input: string;
  /** How many faults it may have: of two, each language may name its first. */
  changes?: number;
}

const FLIGHTS = {
  source_id: 'flights',
  source_type: 'database',
  connection_string: 'postgres://etl:${PG_PASSWORD}@db/nyc?table=flights',
};
const PLANES = { source_id: 'planes', source_type: 'file', connection_string: 'file:///data/planes.csv' };
const WINDOW = {
  window_start: '2013-01-01T00:00:00Z',
  origin: 'EWR',
  departures: 1,
  cancelled: 0,
  delay_sum: 5,
  worst_delay: 5,
};
const GOOD: Record<InputCase['pipeline'], object[]> = {
  etl: [
    {
      pipeline_id: 'january',
      sources: [FLIGHTS, PLANES],
      target: { target_type: 'warehouse', connection_string: 'file:///data/out' },
      batch_size: 100,
      keep_staging: true,
    },
    {
      pipeline_id: 'january',
      sources: [PLANES],
      target: { target_type: 'file', connection_string: 'file:///data/out' },
      batch_size: 100,
      retry: {
        run_id: '01234567-89ab-cdef-0123-456789abcdef',
        processed_at: '2013-01-01T00:00:00.000Z',
        loaded_parts: 1,
        batches: [{ uri: 'file:///a/b.ndjson', count: 1, sha256: '0'.repeat(64) }],
      },
    },
  ],
  streaming: [
    {
      stream_id: 's',
      source_topic: 'nats://u:${NATS_PASSWORD}@host/a',
      target_topic: 'file:///data/b',
      window_size_seconds: 600,
    },
    {
      ...{
        stream_id: 's',
        source_topic: 'file:///a/a',
        target_topic: 'file:///a/b',
        window_size_seconds: 600,
        allowed_lateness_seconds: 0,
        idle_timeout_seconds: 3600,
      },
      carried: {
        ...{
          total_events: 1,
          processed_windows: 0,
          late_events: 0,
          dead_events: 0,
          cursor: 10,
          watermark: '2013-01-01T00:00:00Z',
          idle_seconds: 0,
        },
        open_windows: [WINDOW],
      },
    },
  ],
  tour: [{ report_id: 'r', airports: ['EWR'] }],
};

/** Every place of a value, as a path. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  const inner =
    value && typeof value === 'object'
      ? Object.entries(value).flatMap(([key, part]) =>
          places(part, [...path, Array.isArray(value) ? Number(key) : key]),
        )
      : [];
  return [path, ...inner];
}

const ODD = fc.oneof(
  // Half a surrogate is no text at all to Rust's payloads.
  { weight: 3, arbitrary: jsonToken.filter((token) => !token.includes('\\ud8') && !token.includes('\\udc')) },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ...[
        'null',
        '""',
        '0',
        '-1',
        '1',
        '1.0',
        '1e2',
        '1.5',
        '10000',
        '10001',
        '1e400',
        '9007199254740993',
        '604800',
        '604801',
        'true',
        '[]',
        '{}',
        '[null]',
      ],
      ...[
        '"a b"',
        '"a/b"',
        '"é"',
        '"a\\n"',
        `"${'a'.repeat(64)}"`,
        `"${'a'.repeat(65)}"`,
        '"database"',
        '"DATABASE"',
        '"ftp"',
        '"file"',
        '"file:///a/b"',
        '"nats://h/s"',
        '"ftp://h/s"',
      ],
      ...[
        '"postgres://u:secret@h/d?table=t"',
        '"postgres://u:${P}@h/d?table=t"',
        '"http://h/?token=x"',
        '"http://h/?token=${T}&password="',
        '"http://h/?Token=x"',
        '"http://u:${P}x@h/"',
        '"http://h/?access_token=x"',
        '"http://h/?X-Api-Key=x&region=eu"',
        '"http://h/?%74oken=x"',
        '"http://h/?filter%5Bs%5D=x&keyword=y"',
        '"http:u:p@h"',
        '"nats://x@h/s"',
      ],
    ),
  },
);
interface Change {
  place: number;
  token: string;
  how: 'put' | 'drop' | 'add';
}
const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(60),
  token: ODD,
  how: fc.constantFrom('put', 'put', 'put', 'drop', 'add'),
});

/** JSON of a value, with a token, or nothing, in some places. */
function changed(value: unknown, changes: Map<string, Change>, path: (string | number)[] = []): string {
  const here = changes.get(path.join('/'));
  if (here?.how === 'put') return here.token;
  if (Array.isArray(value)) {
    const parts = value.map((part, i) => changed(part, changes, [...path, i])).filter(Boolean);
    if (here?.how === 'add') parts.push(here.token);
    return `[${parts.join()}]`;
  }
  if (value && typeof value === 'object') {
    const parts = Object.entries(value).flatMap(([key, part]) => {
      if (changes.get([...path, key].join('/'))?.how === 'drop') return [];
      return [`${JSON.stringify(key)}:${changed(part, changes, [...path, key])}`];
    });
    if (here?.how === 'add') parts.push(`"unknown":${here.token}`);
    return `{${parts.join()}}`;
  }
  return JSON.stringify(value);
}

export const input: Kind<InputCase> = {
  name: 'input',
  cases: fc
    .tuple(
      fc.constantFrom('etl', 'etl', 'streaming', 'streaming', 'tour'),
      fc.nat(1),
      fc.array(change, { maxLength: 2 }),
    )
    .map(([name, which, changes]) => {
      const pipeline = name as InputCase['pipeline'];
      const good = GOOD[pipeline][which % GOOD[pipeline].length];
      const all = places(good);
      const at = new Map(changes.map((one) => [(all[one.place % all.length] ?? []).join('/'), one]));
      // A list or an object may have several faults of its own.
      const faults = [...at.values()].map(({ token }) => (/^[[{]/.test(token) ? 2 : 1));
      return { pipeline, input: changed(good, at), changes: faults.reduce((sum, one) => sum + one, 0) };
    }),
  given: ({ pipeline, input: json }) => `{"kind":"input","pipeline":"${pipeline}","input":${json}}`,
  // The field that is named, in whatever words.
  comparable: (verdict, { changes = 1 }) =>
    judged(verdict, (message) => (changes > 1 ? undefined : message.split(': ')[0])),
};
