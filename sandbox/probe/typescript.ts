/**
 * Asks the connectors of the TypeScript twin: one JSON case a line in, one verdict a line out.
 *
 * Go and Rust have the same probe, so that a fuzzer can compare what the three make of an input.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { resolve } from '../../examples/ts/connectors/connection.ts';
import { readCsv } from '../../examples/ts/connectors/csv.ts';
import { readApi } from '../../examples/ts/connectors/http.ts';
import type { Page, RawRecord } from '../../examples/ts/connectors/records.ts';
import { type Message, readTopic } from '../../examples/ts/connectors/topic.ts';
import { typed } from '../../examples/ts/domain/flights.ts';
import { validate as validateEtl } from '../../examples/ts/etl/types.ts';
import { validate as validateStream } from '../../examples/ts/streaming/types.ts';
import { type SortInput, sortEvents } from '../../examples/ts/streaming/windows.ts';
import { validate as validateTour } from '../../examples/ts/tour/types.ts';

type Case =
  | { n: unknown; kind: 'csv'; base64: string; size: number }
  | { n: unknown; kind: 'json'; url: string; size: number }
  | ({ n: unknown; kind: 'events'; messages: Message[]; latest?: number } & Omit<SortInput, 'latest'>)
  | { n: unknown; kind: 'input'; pipeline: keyof typeof VALIDATE; input: unknown }
  | { n: unknown; kind: 'url'; url: string; schemes: string[] }
  | { n: unknown; kind: 'topic'; base64: string; cursor: number; limit: number };

interface Failure {
  type: string;
  message: string;
  delay_seconds?: number;
}

/** 2100, in seconds since the epoch: later than any instant of a case that says nothing of it. */
const END_OF_TIME = 4_102_444_800;

const VALIDATE = { etl: validateEtl, streaming: validateStream, tour: validateTour };

async function answer(asked: Case): Promise<unknown> {
  switch (asked.kind) {
    case 'csv':
      return withFile(asked.base64, (url) => allPages(readCsv(url, '', asked.size)));
    case 'json':
      return allPages(readApi(asked.url, '', asked.size));
    case 'events':
      return sortEvents(asked.messages, { ...asked, latest: asked.latest ?? END_OF_TIME });
    case 'input':
      VALIDATE[asked.pipeline](asked.input);
      return null;
    case 'url':
      return partsOf(asked.url, asked.schemes);
    case 'topic':
      return withFile(asked.base64, (url) => readTopic(url, asked.cursor, asked.limit));
    default:
      throw new Error('unknown kind');
  }
}

async function allPages(pages: AsyncIterable<Page>): Promise<unknown> {
  const records: unknown[] = [];
  const counts: number[] = [];
  for await (const page of pages) {
    counts.push(page.records.length);
    records.push(...page.records.map(({ id, data }) => ({ id, data, typed: typedOrFailure({ id, data }) })));
  }
  return { records, pages: counts };
}

function typedOrFailure(record: RawRecord): unknown {
  try {
    return typed(record).data;
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function partsOf(text: string, schemes: string[]): unknown {
  const { scheme, user, password, host, port, path, query } = resolve(text, schemes);
  return {
    scheme,
    user,
    password,
    host,
    port: port ?? null,
    path: decodeURIComponent(path),
    query: query ?? '',
  };
}

async function withFile<T>(base64: string, use: (url: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'probe-'));
  try {
    const file = join(folder, 'input');
    await writeFile(file, Buffer.from(base64, 'base64'));
    return await use(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof ApplicationFailure)) return { type: 'Crash', message: String(error) };
  const { type, message, nextRetryDelay } = error;
  const delay =
    nextRetryDelay === undefined || nextRetryDelay === null ? undefined : Number(nextRetryDelay) / 1000;
  return { type: type ?? '', message, delay_seconds: delay };
}

async function verdict(asked: Case): Promise<unknown> {
  try {
    return { ok: await answer(asked) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

/** What the connectors ask of an activity's context. */
const environment = new MockActivityEnvironment();

for await (const line of linesOf(process.stdin)) {
  const asked = JSON.parse(line) as Case;
  const found = await environment.run(() => verdict(asked));
  const text = `${JSON.stringify({ n: asked.n, verdict: found })}\n`;
  await new Promise((written) => process.stdout.write(text, written));
}

/** Not readline: it takes U+2028, which JSON may hold, for the end of a line. */
async function* linesOf(input: NodeJS.ReadStream): AsyncGenerator<string> {
  let begun = '';
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = (begun + chunk).split('\n');
    begun = lines.pop() ?? '';
    yield* lines;
  }
}
