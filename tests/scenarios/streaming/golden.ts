/** What January's stream must publish, by plain SQL: streaming.golden.sql over the events. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { departures } from '../../../sandbox/departures.ts';
import { ROOT } from '../../../sandbox/processes.ts';
import { duck } from '../../../sandbox/warehouse.ts';

export interface Result {
  window_start: string;
  origin: string;
  departures: number;
  cancelled: number;
  mean_delay: number | null;
  worst_delay: number | null;
}

export interface Golden {
  /** How many windows, and how many events came too late for theirs. */
  windows: number;
  late: number;
  digest: string;
}

/** Committed: what the query below gave once, by the size of the window in seconds. */
const GOLDEN: Record<string, Golden> = JSON.parse(
  readFileSync(`${ROOT}/tests/scenarios/streaming/golden.json`, 'utf8'),
);

/** The golden values of January by windows of `size` seconds; throws when the query gives others now. */
export function golden(size: number, folder: string): Promise<Golden> {
  const known = computed.get(size) ?? compute(size, folder);
  computed.set(size, known);
  return known;
}

const computed = new Map<number, Promise<Golden>>();

async function compute(size: number, folder: string): Promise<Golden> {
  const results = await query(size, folder);
  const counted = results.reduce((sum, one) => sum + one.departures + one.cancelled, 0);
  const found = { windows: results.length, late: departures().length - counted, digest: digest(results) };
  assert.deepEqual(found, GOLDEN[size], `golden.json, ${size}`);
  return found;
}

/** A digest of results, whatever their order and their other fields. */
export function digest(results: Result[]): string {
  const lines = results.map(({ window_start, origin, departures, cancelled, mean_delay, worst_delay }) =>
    JSON.stringify([window_start, origin, departures, cancelled, mean_delay, worst_delay]),
  );
  return createHash('md5').update(lines.sort().join('\n')).digest('hex');
}

async function query(size: number, folder: string): Promise<Result[]> {
  const events = `${folder}/events.ndjson`;
  const lines = departures().map(({ body }, seq) => JSON.stringify({ seq, ...JSON.parse(body) }));
  await writeFile(events, lines.join('\n'));
  const columns = `{seq: 'BIGINT', origin: 'VARCHAR', departed_at: 'VARCHAR', delay_minutes: 'INT'}`;
  const sql = readFileSync(`${ROOT}/tests/scenarios/streaming/golden.sql`, 'utf8')
    .replaceAll('$size', String(size))
    .replaceAll('$lateness', String(size))
    .replace('FROM events', `FROM read_ndjson('${events}', columns = ${columns})`);
  return duck<Result>(sql);
}
