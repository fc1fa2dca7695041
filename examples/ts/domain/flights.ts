/** The rules of the flight data (and its weather and planes), which every pipeline shares. */
import { DateTime } from 'luxon';
import { validationError } from '../connectors/failures.ts';
import type { RawRecord } from '../connectors/records.ts';

/** The key of a record among those of all sources: it is unique in its own source alone. */
export function keyOf(source_id: string, id: string): string {
  return `${source_id}/${id}`;
}

/** The fields that hold numbers. */
const NUMBERS = new Set(
  `year month day dep_delay arr_time sched_arr_time arr_delay flight air_time distance hour minute
   temp dewp humid wind_dir wind_speed wind_gust precip pressure visib engines seats speed`.split(
    /\s+/,
  ),
);

/** A record with its values typed. Throws `ValidationError` that names the record and the field. */
// #region typed
export function typed({ id, data }: RawRecord): RawRecord {
  const out: RawRecord['data'] = {};
  for (const [field, value] of Object.entries(data)) {
    // #step "NA" is how the data says nothing
    if (value === 'NA' || value === null) out[field] = null;
    // #step Numbers may come as text
    else if (NUMBERS.has(field))
      out[field] = toNumber(id, field, value);
    // #step Everything else stays as it is
    else out[field] = value;
  }

  // #step Clock times become instants
  if ('sched_dep_time' in out) departuresToUtc(id, out);
  return { id, data: out };
}
// #endregion typed

function toNumber(
  id: string,
  field: string,
  value: unknown,
): number {
  const number = value === '' ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return number;
  throw validationError(`${id}: ${field} is not a number`);
}

/** `517` in New York, and how late it left, as RFC 3339 UTC. Arrivals are in other zones. */
// #region clock
function departuresToUtc(
  id: string,
  flight: RawRecord['data'],
): void {
  // #step Read the clock on the wall in New York
  const part = (name: string) =>
    toNumber(id, name, flight[name] ?? '');
  const clock = part('sched_dep_time');
  const scheduled = DateTime.fromObject(
    {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: Math.floor(clock / 100),
      minute: clock % 100,
    },
    { zone: 'America/New_York' },
  ).toUTC();
  if (!scheduled.isValid) {
    throw validationError(
      `${id}: sched_dep_time is not a time`,
    );
  }

  // #step A delay may cross midnight: add it to the instant
  const minutes = flight.dep_delay as number | null;
  const departed =
    minutes === null ? null : scheduled.plus({ minutes });

  // #step Write RFC 3339, to the second
  flight.sched_dep_time = instant(scheduled);
  flight.dep_time = departed && instant(departed);
}
// #endregion clock

function instant(time: DateTime): string {
  return time.toFormat("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
