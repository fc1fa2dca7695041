/** The rules of the flight data (and its weather and planes), which every pipeline shares. */
import { DateTime, IANAZone } from 'luxon';
import { validationError } from '../connectors/failures.ts';
import { tokenOf } from '../connectors/json.ts';
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
  // In the order of their names, so that the first fault is the same one everywhere.
  const fields = Object.keys(data).sort();
  const values = fields.map((field) => {
    const value = data[field];
    // #step "NA" is how the data says nothing
    if (value === 'NA' || value === null) return [field, null];
    // #step Numbers may come as text
    if (NUMBERS.has(field))
      return [field, toNumber(id, field, value)];
    // #step Everything else stays as it is
    return [field, value];
  });
  const out: RawRecord['data'] = Object.fromEntries(values);

  // #step Clock times become instants
  if (Object.hasOwn(out, 'sched_dep_time'))
    departuresToUtc(id, out);
  return { id, data: out };
}
// #endregion typed

/** A decimal number, as JSON or a CSV writes it. */
const NUMBER =
  /^[ \t]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[ \t]*$/;

function toNumber(
  id: string,
  field: string,
  value: unknown,
): number {
  const text = tokenOf(value) ?? value;
  const known = typeof text === 'string' && NUMBER.test(text);
  // Adding 0 makes -0 a plain 0.
  const number = known ? Number(text) + 0 : Number.NaN;
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
    toNumber(id, name, flight[name]);
  const [year, month, day] = [
    part('year'),
    part('month'),
    part('day'),
  ];
  const clock = part('sched_dep_time');
  const wall = wallClock(year, month, day, clock);
  const scheduled = wall && instant(inNewYork(wall));
  if (!scheduled) {
    throw validationError(
      `${id}: sched_dep_time is not a time`,
    );
  }

  // #step A delay may cross midnight: add it to the instant
  const departed = departure(id, scheduled, flight.dep_delay);

  // #step Write RFC 3339, to the second
  flight.sched_dep_time = scheduled;
  flight.dep_time = departed;
}
// #endregion clock

const MAX_DELAY_MINUTES = 100_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const NEW_YORK = IANAZone.create('America/New_York');

/** A date and a clock time as if in UTC; 2400 is the midnight that ends the day. */
function wallClock(
  year: number,
  month: number,
  day: number,
  clock: number,
): DateTime | undefined {
  const minute = clock % 100;
  const numbers = [year, month, day, clock];
  const known =
    numbers.every(Number.isInteger) &&
    year >= 1 &&
    year <= 9999 &&
    clock >= 0 &&
    clock <= 2400 &&
    minute < 60;
  const date = DateTime.utc(year, month, day);
  return known && date.isValid
    ? date.plus({ hours: Math.floor(clock / 100), minute })
    : undefined;
}

/** RFC 5545: a time that is there twice is the first, one that is not has the offset before the gap. */
function inNewYork(wall: DateTime): number {
  const local = wall.toMillis();
  const at = (offset: number) =>
    Math.round(local - offset * MINUTE_MS);
  const before = NEW_YORK.offset(local - DAY_MS);
  const after = NEW_YORK.offset(local + DAY_MS);
  const changed =
    NEW_YORK.offset(at(before)) !== before &&
    NEW_YORK.offset(at(after)) === after;
  return at(changed ? after : before);
}

function departure(
  id: string,
  scheduled: string,
  delay: unknown,
): string | null {
  if (delay === undefined || delay === null) return null;
  const minutes = Number(delay);
  if (
    !Number.isInteger(minutes) ||
    Math.abs(minutes) > MAX_DELAY_MINUTES
  )
    throw validationError(`${id}: dep_delay is not a delay`);
  const left = Date.parse(scheduled) + minutes * MINUTE_MS;
  const departed = instant(left);
  if (departed) return departed;
  throw validationError(`${id}: sched_dep_time is not a time`);
}

/** RFC 3339 to the second; none of a year that it cannot write. */
function instant(ms: number): string | undefined {
  const text = DateTime.fromMillis(ms, { zone: 'utc' });
  return text.year >= 1 && text.year <= 9999
    ? text.toFormat("yyyy-MM-dd'T'HH:mm:ss'Z'")
    : undefined;
}
