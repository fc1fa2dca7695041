/** Names with escapes: V8 13.6's own JSON.parse takes one for another that it has seen, by what was read before. */
import { expect, test } from 'vitest';
import { parseJson } from '../../examples/ts/connectors/json.ts';
import { fromNdjson } from '../../examples/ts/connectors/ndjson.ts';

const ESCAPED = [
  '\\"',
  '\\\\',
  '\\n',
  '\\u00e9',
  '\\u0041',
  '\\/',
  'a\\nb',
  'a\\\\',
  '\\ud83d\\ude00',
  '\\u0000',
];

test.each(ESCAPED)('the name "%s" is read as it is, whatever was read before', (escaped) => {
  const name = JSON.parse(`"${escaped}"`);
  for (let i = 0; i < 3000; i++) {
    for (const other of ESCAPED.slice(0, 3)) JSON.parse(`{"k${i % 7}":"","%":"","${other}":1}`);
    const line = `{"k${i % 7}":"","%":"","${escaped}":"${escaped}"}`;
    const want = { [`k${i % 7}`]: '', '%': '', [name]: name };
    expect(parseJson(line)).toEqual(want);
    expect(fromNdjson(`${line}\n`)).toEqual([want]);
  }
});

test('of a name that is there twice, in other letters, the last counts', () => {
  expect(parseJson('{"\\u0061":1,"a":2,"\\u0061":3,"\\n":4,"\\u000a":5}')).toEqual({ a: 3, '\n': 5 });
});
