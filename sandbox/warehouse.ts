/** Folders that pipelines write into, read back by DuckDB. */
import { readdir, readFile } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Contents } from './postgres.ts';

let engine: Promise<DuckDBInstance> | undefined;

/** Runs SQL in DuckDB; returns rows as plain values. */
export async function duck<Row>(sql: string): Promise<Row[]> {
  engine ??= DuckDBInstance.create(':memory:');
  const connection = await (await engine).connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson() as Row[];
  } finally {
    connection.closeSync();
  }
}

/** The records of a folder of parts, as a table expression with columns id, data, processed_at, version. */
export function partsOf(folder: string, kind: 'parquet' | 'ndjson'): string {
  return kind === 'parquet'
    ? `read_parquet('${folder}/*.parquet')`
    : `(SELECT json->>'$.id' AS id, (json->'$.data')::VARCHAR AS data, json->>'$.metadata.processed_at' AS processed_at,
         json->>'$.metadata.version' AS version FROM read_ndjson_objects('${folder}/*.ndjson'))`;
}

/** What the newest manifest of a pipeline says: its run, and the parts that are the folder's content. */
export async function manifestOf(
  folder: string,
  pipeline: string,
): Promise<{ run: string; parts: string[] }> {
  const names = await readdir(folder);
  const newest = names
    .filter((name) => name.startsWith(`${pipeline}.`) && name.endsWith('.manifest.json'))
    .sort()
    .at(-1);
  return JSON.parse(await readFile(`${folder}/${newest}`, 'utf8'));
}

/** How many records the parts hold, and a digest of what they say (not of when they were processed). */
export async function contentsOf(folder: string, kind: 'parquet' | 'ndjson'): Promise<Contents> {
  const [row] = await duck<{ records: string; digest: string }>(
    `SELECT count(*) AS records, md5(string_agg(id || ' ' || data, chr(10) ORDER BY id)) AS digest
     FROM ${partsOf(folder, kind)}`,
  );
  return { records: Number(row?.records), digest: row?.digest ?? '' };
}
