/** The two activities of the tour: all that touches files. */
import { ApplicationFailure } from '@temporalio/common';
import { fileOf } from '../connectors/connection.ts';
import { readCsv } from '../connectors/csv.ts';
import { writeAtomically } from '../connectors/files.ts';
import { toNdjson } from '../connectors/ndjson.ts';
import type { ReportInput, WriteInput } from './types.ts';

const PAGE = 5000;

/** Counts the flights of one carrier. */
// #region activity
// #step An activity may do what a workflow may not
export async function CountFlights(
  input: ReportInput,
): Promise<number> {
  let flights = 0;
  const pages = readCsv(input.connection_string, '', PAGE);
  for await (const { records } of pages) {
    for (const { data } of records) {
      if (data.carrier === input.carrier) flights += 1;
    }
  }

  // #step Its failure has a type, for the retry policy
  if (flights === 0) {
    throw ApplicationFailure.create({
      type: 'NoSuchCarrier',
      message: 'none in the file',
    });
  }

  // #step What it returns goes into the history
  return flights;
}
// #endregion activity

/** Writes the reports, one a line, in place of what was there. */
export async function WriteReport(
  input: WriteInput,
): Promise<void> {
  const file = fileOf(input.report_url);
  await writeAtomically(file, toNdjson(input.reports));
}
