/** Messages of a topic, sorted into windows; held against SQL. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { judged, type Kind } from './kind.ts';
import { jsonToken, objectToken, text } from './texts.ts';

interface Message {
  id: string;
  body: string;
  fault?: string;
}
export interface EventsCase {
  messages: Message[];
  window_size_seconds: number;
  allowed_lateness_seconds: number;
  watermark: string | null;
  open_windows: Window[];
}
interface Window {
  window_start: string;
  origin: string;
  departures: number;
  cancelled: number;
  delay_sum: number;
  worst_delay: number | null;
}

const instant = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000', '');
const BEGIN = Date.UTC(2013, 0, 1) / 1000;
const at = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.integer({ min: 0, max: 7200 }).map((after) => JSON.stringify(instant(BEGIN + after))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        ...[
          '9999-12-31T23:59:59Z',
          '2099-12-31T23:59:59Z',
          '2100-01-01T00:00:00Z',
          '1970-01-01T00:00:00Z',
          '1969-12-31T23:59:59Z',
          '0001-01-01T00:00:00Z',
        ],
        ...[
          '2013-01-01T00:00:00.500Z',
          '2013-01-01T00:00:00.000Z',
          '2013-01-01T00:00:00+00:00',
          '2013-01-01 00:00:00Z',
          '2013-01-01T00:00:00z',
          '2013-01-01t00:00:00Z',
        ],
        ...[
          '2013-02-29T00:00:00Z',
          '2013-01-01T24:00:00Z',
          '2013-01-01T23:59:60Z',
          '2013-1-1T00:00:00Z',
          '2013-01-01',
          '',
          '+002013-01-01T00:00:00Z',
          ' 2013-01-01T00:00:00Z',
        ],
      )
      .map((one) => JSON.stringify(one)),
  },
  { weight: 1, arbitrary: jsonToken },
);
const origin = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('"EWR"', '"JFK"', '"LGA"') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '""',
      '"a b"',
      '"\\r\\n"',
      '"é"',
      `"${'x'.repeat(32)}"`,
      `"${'x'.repeat(33)}"`,
      '"~"',
      '"/"',
      '"__proto__"',
      '"\\u0041"',
    ),
  },
  { weight: 1, arbitrary: jsonToken },
);
const delay = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -30, max: 600 }).map(String) },
  { weight: 2, arbitrary: fc.constant('null') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '5.0',
      '5e0',
      '-0',
      '-0.0',
      '0.5',
      '100000',
      '100001',
      '-100000',
      '1e5',
      '1e6',
      '1e400',
      '9007199254740993',
      '1E1',
      '0.1e1',
    ),
  },
  { weight: 1, arbitrary: jsonToken },
);
const body = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .tuple(at, origin, delay)
      .map(([a, o, d]) => `{"origin":${o},"departed_at":${a},"delay_minutes":${d}}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        at,
        origin,
        delay,
        fc.constantFrom('flight', 'Origin', 'origin', 'departed_at', 'delay_minutes', 'DELAY_MINUTES'),
        jsonToken,
      )
      .map(([a, o, d, name, token]) =>
        objectToken([
          ['departed_at', a],
          ['delay_minutes', d],
          ['origin', o],
          [name, token],
        ]),
      ),
  },
  { weight: 1, arbitrary: fc.tuple(at, origin).map(([a, o]) => `{"origin":${o},"departed_at":${a}}`) },
  { weight: 1, arbitrary: fc.oneof(jsonToken, text) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(at, origin, delay, fc.nat(80))
      .map(([a, o, d, cut]) =>
        `{"origin":${o},"departed_at":${a},"delay_minutes":${d}}`.slice(0, cut).toWellFormed(),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '\ufeff{}',
      ' {} ',
      '{}x',
      'nul',
      '"',
      "{'origin':1}",
      '{"a":1,}',
      '[1,]',
      '01',
      '1.',
      '.5',
      '+1',
      'NaN',
      'Infinity',
      '\u0000',
      '{"a":"\t"}',
    ),
  },
);
const message: fc.Arbitrary<Message> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ id: fc.constantFrom('a', 'b', '@7', '', 'é'), body }) },
  {
    weight: 1,
    arbitrary: fc.record({
      id: fc.constant('@0'),
      body: text,
      fault: fc.constantFrom('not a message', 'too long'),
    }),
  },
);
const window: fc.Arbitrary<Window> = fc.record({
  window_start: fc.integer({ min: -4, max: 12 }).map((n) => instant(BEGIN + n * 600)),
  origin: fc.constantFrom('EWR', 'JFK'),
  departures: fc.nat(5),
  cancelled: fc.nat(5),
  delay_sum: fc.integer({ min: -100, max: 1000 }),
  worst_delay: fc.option(fc.integer({ min: -30, max: 600 })),
});

interface Sorted {
  open_windows: Window[];
  closed_windows: Window[];
  watermark: string | null;
  late: Message[];
  dead: Message[];
}

export const events: Kind<EventsCase> = {
  name: 'events',
  cases: fc.record({
    messages: fc.array(message, { maxLength: 12 }),
    window_size_seconds: fc.constantFrom(600, 600, 3600, 1, 7),
    allowed_lateness_seconds: fc.constantFrom(0, 60, 600, 3600),
    watermark: fc.oneof(
      fc.constant(null),
      fc.integer({ min: -600, max: 6000 }).map((n) => instant(BEGIN + n)),
    ),
    open_windows: fc.uniqueArray(window, {
      maxLength: 3,
      selector: ({ window_start, origin: from }) => `${window_start}/${from}`,
    }),
  }),
  given: (one) => ({ kind: 'events', ...one }),
  comparable(verdict) {
    if (!('ok' in verdict)) return judged(verdict, (message) => message);
    const { late, dead, ...rest } = verdict.ok as Sorted;
    // How a letter is written is each language's own; what it says is not.
    const read = dead.map(({ id, body }) => ({ id, ...JSON.parse(body) }));
    return { ...rest, late: late.map(({ id, body }) => ({ id, body })), dead: read };
  },
  async complaint(one, verdict) {
    if (!('ok' in verdict)) return 'events never fail';
    const { late, dead, open_windows, closed_windows, watermark } = verdict.ok as Sorted;
    const all = [...open_windows, ...closed_windows];
    const counted = all.reduce((sum, { departures, cancelled }) => sum + departures + cancelled, 0);
    const before = one.open_windows.reduce(
      (sum, { departures, cancelled }) => sum + departures + cancelled,
      0,
    );
    if (counted - before + late.length + dead.length !== one.messages.length)
      return 'every message is counted, late or dead';
    if (one.open_windows.length) return undefined;
    const reasons = new Map<Message, boolean>();
    let next = 0;
    for (const message of one.messages) {
      const letter = dead[next] && (JSON.parse(dead[next]?.body ?? '') as Message);
      const isDead = Boolean(letter && letter.id === message.id && letter.body === message.body);
      if (isDead) next += 1;
      reasons.set(message, isDead);
    }
    const alive = one.messages.filter((message) => !reasons.get(message)).map(({ body }) => JSON.parse(body));
    const right = await bySql(alive, one);
    const found = {
      late: late.length,
      watermark,
      windows: all
        .map(({ window_start, origin, departures, cancelled, delay_sum }) =>
          [window_start, origin, departures, cancelled, delay_sum].join(),
        )
        .sort(),
    };
    return JSON.stringify(found) === JSON.stringify(right) ? undefined : `SQL has ${JSON.stringify(right)}`;
  },
};

let connection: Promise<DuckDBConnection> | undefined;

/** The same by SQL: the watermark before an event is the newest of those before it. */
async function bySql(
  departures: { origin: string; departed_at: string; delay_minutes: number | null }[],
  one: EventsCase,
) {
  connection ??= DuckDBInstance.create(':memory:').then((instance) => instance.connect());
  const size = one.window_size_seconds;
  const first = one.watermark === null ? 'NULL' : String(Date.parse(one.watermark) / 1000);
  const rows = departures.map(
    ({ origin, departed_at, delay_minutes }, i) =>
      `(${i}, '${origin.replaceAll("'", "''")}', ${Date.parse(departed_at) / 1000}::BIGINT, ${delay_minutes === null ? 'NULL' : `${Math.round(delay_minutes)}`}::BIGINT)`,
  );
  if (!rows.length) return { late: 0, watermark: one.watermark, windows: [] };
  const result = await (await connection).runAndReadAll(`
    WITH event(i, origin, t, delay) AS (VALUES ${rows.join()}),
    -- An event that is late is never the newest: it moves nothing.
    marked AS (SELECT *, floor(t / ${size})::BIGINT * ${size} AS start,
      greatest(${first}, max(t - ${one.allowed_lateness_seconds}) OVER (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS mark FROM event),
    judged AS (SELECT *, coalesce(start + ${size} <= mark, false) AS late FROM marked)
    SELECT (SELECT count(*) FROM judged WHERE late)::INT AS late,
      greatest(${first}, (SELECT max(t - ${one.allowed_lateness_seconds}) FROM judged WHERE NOT late))::BIGINT::VARCHAR AS mark,
      (SELECT list(concat_ws(chr(31), start, origin, departures, cancelled, delays)) FROM (
        SELECT start, origin, count(delay) AS departures, count(*) - count(delay) AS cancelled, coalesce(sum(delay), 0)::BIGINT AS delays
        FROM judged WHERE NOT late GROUP BY ALL)) AS windows`);
  const [row] = result.getRowObjectsJson() as {
    late: number;
    mark: string | null;
    windows: string[] | null;
  }[];
  const windows = (row?.windows ?? []).map((line) => {
    const [start, ...rest] = line.split('\x1f');
    return [instant(Number(start)), ...rest].join();
  });
  return {
    late: row?.late,
    watermark: row?.mark == null ? one.watermark : instant(Number(row.mark)),
    windows: windows.sort(),
  };
}
