/** A warehouse: a folder of Parquet parts, one a batch. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { type Parts, writePart } from './folder.ts';
import type { TransformedRecord } from './records.ts';

/** Writes one Parquet part: id, data (JSON), processed_at, version. */
// #region write
export async function writeParquet(
  parts: Parts,
  part: string,
  records: TransformedRecord[],
): Promise<number> {
  // #step The same four columns for every source
  const column = (
    name: string,
    value: (record: TransformedRecord) => string,
  ) => ({
    name,
    data: records.map(value),
    type: 'STRING' as const,
  });
  const body = parquetWriteBuffer({
    columnData: [
      column('id', (r) => r.id),
      column('data', (r) => JSON.stringify(r.data)),
      column('processed_at', (r) => r.metadata.processed_at),
      column('version', (r) => r.metadata.version),
    ],
  });

  // #step One file a batch
  const file = `${part}.parquet`;
  await writePart(parts, file, new Uint8Array(body));
  return records.length;
}
// #endregion write
