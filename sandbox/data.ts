/** The flights of January 2013 and what goes with them, as each part of the sandbox has them. */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { ApiRecord } from './api.ts';
import { ROOT } from './processes.ts';

/** The folder of the committed tables. */
export const DATA = `${ROOT}/examples/data`;

/** The path of a committed table, as `planes` for planes.csv. */
export function table(name: string): string {
  return `${DATA}/${name}.csv`;
}

function read(name: string): Record<string, string>[] {
  return parse(readFileSync(table(name)), { columns: true });
}

/** January's 27,004 flights as a database has them: text, as published, under their natural key. */
export function flights(): Record<string, string>[] {
  flown ??= readFlights();
  return flown;
}

let flown: Record<string, string>[] | undefined;

function readFlights(): Record<string, string>[] {
  return read('flights-2013-01').map((row) => {
    const day = [row.year, row.month, row.day].map((part) => String(part).padStart(2, '0')).join('-');
    return { id: `${day}-${row.carrier}-${row.flight}-${row.origin}`, ...row };
  });
}

/** 26,115 hours of weather as an API gives them: typed JSON, null where nothing was measured. */
export function weather(): ApiRecord[] {
  measured ??= readWeather();
  return measured;
}

let measured: ApiRecord[] | undefined;

function readWeather(): ApiRecord[] {
  return read('weather').map(({ origin, time_hour, ...hour }) => ({
    id: `${origin}-${time_hour}`,
    data: {
      origin,
      time_hour,
      ...Object.fromEntries(
        Object.entries(hour).map(([name, value]) => [name, value === 'NA' ? null : Number(value)]),
      ),
    },
  }));
}
