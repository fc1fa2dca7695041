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
  // By name, so that the first fault is the same everywhere.
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
  const scheduled = inNewYork(wall);
  const due = instant(id, scheduled);

  // #step A delay may cross midnight: add it to the instant
  const { dep_delay } = flight;
  const left = departure(id, scheduled, dep_delay);

  // #step Write RFC 3339, to the second
  flight.sched_dep_time = due;
  flight.dep_time = left;
}
// #endregion clock

const MAX_DELAY_MINUTES = 100_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const NEW_YORK = IANAZone.create('America/New_York');

/** A date and a clock time, as if in UTC; 2400 is the midnight that ends the day. NaN for none. */
function wallClock(
  year: number,
  month: number,
  day: number,
  clock: number,
): number {
  const date = DateTime.utc(year, month, day);
  const minute = clock % 100;
  const known =
    date.isValid &&
    year >= 1 &&
    year <= 9999 &&
    Number.isInteger(clock) &&
    clock >= 0 &&
    clock <= 2400 &&
    minute < 60;
  const minutes = Math.floor(clock / 100) * 60 + minute;
  return known
    ? date.toMillis() + minutes * MINUTE_MS
    : Number.NaN;
}

/** RFC 5545: a time that is there twice is the first, one that is not has the offset before the gap. */
function inNewYork(wall: number): number {
  const at = (offset: number) =>
    Math.round(wall - offset * MINUTE_MS);
  const before = NEW_YORK.offset(wall - DAY_MS);
  if (NEW_YORK.offset(at(before)) === before) return at(before);
  const after = NEW_YORK.offset(wall + DAY_MS);
  const changed = NEW_YORK.offset(at(after)) === after;
  return at(changed ? after : before);
}

function departure(
  id: string,
  scheduled: number,
  delay: unknown,
): string | null {
  if (delay === undefined || delay === null) return null;
  const minutes = Number(delay);
  const known =
    Number.isInteger(minutes) &&
    Math.abs(minutes) <= MAX_DELAY_MINUTES;
  if (!known)
    throw validationError(`${id}: dep_delay is not a delay`);
  return instant(id, scheduled + minutes * MINUTE_MS);
}

/** RFC 3339 to the second, which has years of four digits. */
function instant(id: string, ms: number): string {
  const text = Number.isNaN(ms)
    ? ''
    : new Date(ms).toISOString();
  if (/^(?!0000)\d{4}-/.test(text))
    return `${text.slice(0, 19)}Z`;
  throw validationError(`${id}: sched_dep_time is not a time`);
}
