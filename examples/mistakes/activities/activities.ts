/** What the mistakes and their cures call: small work on January's flights. */
import { heartbeat } from '@temporalio/activity';
import { readTable } from '../../ts/connectors/postgres.ts';
import type {
  Batch,
  RawRecord,
} from '../../ts/connectors/records.ts';
import {
  fetchStaged,
  stage,
  stagedAt,
} from '../../ts/connectors/staging.ts';

const PAGE = 100;

/** A carrier, and how often it flew. */
export interface Flown {
  carrier: string;
  flights: number;
}

/** What is to be reported, and when: in milliseconds since 1970. */
export interface Due {
  at: number;
  flown: Flown;
}

/** The first rows of a table. */
export interface Rows {
  connection: string;
  rows: number;
}

/** One line about a carrier. */
export async function Report(flown: Flown): Promise<string> {
  return `${flown.carrier} flew ${flown.flights} times`;
}

/** How many flights a table has. */
// #region count
export async function CountFlights(
  connection: string,
): Promise<number> {
  // #step Work page by page
  let flights = 0;
  const pages = readTable(connection, '', PAGE);
  for await (const page of pages) {
    flights += page.records.length;

    // #step Tell Temporal how far we are
    heartbeat(page.cursor);
  }
  return flights;
}
// #endregion count

/** The rows themselves. */
export async function ReadRows(
  input: Rows,
): Promise<RawRecord[]> {
  const { connection, rows } = input;
  for await (const page of readTable(connection, '', rows)) {
    return page.records;
  }
  return [];
}

/** How many rows there are. */
export async function CountRows(
  rows: RawRecord[],
): Promise<number> {
  return rows.length;
}

/** Stages the rows; answers where. */
export async function StageRows(input: Rows): Promise<Batch> {
  const uri = stagedAt('mistakes/rows.ndjson');
  return stage(uri, await ReadRows(input));
}

/** How many rows are staged there. */
export async function CountStaged(
  batch: Batch,
): Promise<number> {
  const rows = await fetchStaged<RawRecord>(batch);
  return rows.length;
}
