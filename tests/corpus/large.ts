/** Cases that are too large to be kept as text, or take too long to be made by chance. */
import { gzipSync } from 'node:zlib';
import type { Kept } from './fuzz.ts';
import type { KindName } from './kind.ts';

const MIB = 1024 * 1024;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const message = (id: string, length: number) => `${JSON.stringify({ body: 'x'.repeat(length), id })}\n`;
const topic = (text: string, limit: number) => ({ base64: base64(text), cursor: 0, limit });

export const LARGE: Partial<Record<KindName, Kept[]>> = {
  csv: [
    {
      why: 'a record over 1 MiB',
      case: { base64: base64(`id,name\n1,${'x'.repeat(MIB)}\n`), size: 100 },
      right: { failure: { type: 'ValidationError', told: '2' } },
    },
    {
      why: 'a record of nearly 1 MiB',
      case: { base64: base64(`id,name\n1,${'x'.repeat(MIB - 100)}\n`), size: 100 },
      right: { ok: { pages: [1] } },
    },
  ],
  topic: [
    {
      why: 'a line over 1 MiB, behind another',
      case: topic(message('a', 1) + message('b', MIB) + message('c', 1), 1),
      right: { ok: { messages: [{ id: 'a' }] } },
    },
    {
      why: 'a line over 1 MiB at the cursor',
      case: topic(message('b', MIB) + message('c', 1), 1),
      right: { ok: { messages: [{ id: '@0', fault: 'too long' }], cursor: message('b', MIB).length } },
    },
    {
      why: 'a line over 1 MiB that has no end yet',
      case: topic(message('b', MIB).trimEnd(), 1),
      right: { ok: { messages: [], cursor: 0 } },
    },
  ],
  json: [
    {
      why: 'a bomb in gzip',
      // 70 MiB of blanks before a page: packed, 70 kB.
      case: {
        answers: [{ status: 200, headers: { 'content-encoding': 'gzip' }, base64: bomb() }],
        ...{ query: '', user: '', size: 1 },
      },
      right: { failure: { type: 'ValidationError', told: 'API answered too much' } },
    },
    {
      why: 'half an answer, and nothing more for ever: it is given up after half a minute',
      case: {
        answers: [{ status: 200, headers: {}, base64: base64('{"records":['), never: true }],
        ...{ query: '', user: '', size: 1 },
      },
      right: { failure: { type: 'Unavailable', told: 'API did not answer' } },
    },
  ],
};

function bomb(): string {
  return gzipSync(Buffer.alloc(70 * MIB, ' ')).toString('base64');
}
