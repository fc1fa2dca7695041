/** Files that hold a topic: ours, torn, and others'. */
import fc from 'fast-check';
import { judged, type Kind } from './kind.ts';
import { jsonToken, objectToken, text, torn } from './texts.ts';

export interface TopicCase {
  base64: string;
  cursor: number;
  limit: number;
}

const field = fc.oneof(
  { weight: 5, arbitrary: text.map((one) => JSON.stringify(one)) },
  { weight: 1, arbitrary: jsonToken },
);
const line = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(field, field).map(([id, body]) => `{"body":${body},"id":${id}}`) },
  {
    weight: 1,
    arbitrary: fc.tuple(field, field).map(([id, body]) =>
      objectToken([
        ['id', id],
        ['more', '1'],
        ['body', body],
        ['ID', '"x"'],
      ]),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '\r',
      ' ',
      'hello',
      '{}',
      '[]',
      '\ufeff{}',
      '{"id":"a"}',
      '{"id":"a","body":null}',
      '{"id":"a","body":"b"}{"id":"c","body":"d"}',
      ' {"id":"a","body":"b"} ',
      '{"id":"a","body":"b"}\r',
    ),
  },
);
const file = fc
  .tuple(fc.array(line, { maxLength: 5 }), fc.boolean())
  .map(([lines, ended]) => Buffer.from(lines.join('\n') + (ended ? '\n' : '')));

export const topic: Kind<TopicCase> = {
  name: 'topic',
  cases: fc
    .record({
      bytes: fc.oneof(file, torn(file)),
      cursor: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(60) }),
      limit: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ bytes, ...more }) => ({ base64: bytes.toString('base64'), ...more })),
  given: (one) => ({ kind: 'topic', ...one }),
  comparable: (verdict) => judged(verdict, (message) => message),
};
