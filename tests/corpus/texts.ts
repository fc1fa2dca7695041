/** Texts that other people's programs stumbled over. */
import fc from 'fast-check';

export const NUMBERS = [
  ...[
    '0',
    '-0',
    '1',
    '-1',
    '517',
    '2400',
    '2013',
    '9999',
    '10000',
    '1.5',
    '515.5',
    '.5',
    '5.',
    '1e3',
    '1E-2',
    '+7',
  ],
  ...[
    '9007199254740993',
    '1533947986218845197',
    '1e308',
    '1e309',
    '-1e400',
    '1e-400',
    '1e12',
    '100001',
    '20130',
  ],
  ...[
    '0x10',
    '0b1',
    '0o7',
    '1_000',
    '1,000',
    'Infinity',
    '-inf',
    'NaN',
    'nan',
    '٣',
    '',
    ' ',
    '   ',
    ' 12 ',
    '\t3',
    '3\n',
  ],
  ...[
    '--1',
    '1e',
    'e1',
    '.',
    '+',
    '1.2.3',
    '00012',
    'NA',
    'NULL',
    'null',
    'true',
    'soon',
    '1f',
    '1d',
    '12\u00a0',
    '\u20031',
  ],
];
export const TEXTS = [
  ...[
    '',
    'a',
    'NA',
    'null',
    '1960',
    '-1',
    '0',
    'id',
    'constructor',
    '__proto__',
    'toString',
    'é',
    'ß',
    'ſ',
    '日本',
    '😀',
  ],
  ...[
    '"',
    '""',
    'a"b',
    "'",
    ',',
    'a,b',
    ';',
    '\t',
    ' ',
    '  a ',
    '\n',
    '\r',
    '\r\n',
    'x\r\ny',
    'x\ny',
    '\\',
    '\\n',
    '#',
    '=1+1',
  ],
  ...[
    '\ufeff',
    '\ufeffa',
    '\u2028',
    '\u0000',
    '\u0007',
    '\u0085',
    '\u00a0',
    '<b>&amp;</b>',
    '${HOME}',
    '%00',
    '%',
    '100%',
    'a/b',
    '../x',
  ],
];
export const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.string({ maxLength: 8 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);

/** Bytes that end, begin or tear things. */
const EDGES = [
  0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x3b, 0x5c, 0x7b, 0x7d, 0x80, 0xc3, 0xe2, 0xed, 0xef, 0xbb, 0xbf,
  0xf4, 0xff,
];

type Change = { at: number; drop: number; put: number[] };
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(4096),
  drop: fc.nat(3),
  put: fc.array(fc.oneof(fc.constantFrom(...EDGES), fc.nat(255)), { maxLength: 3 }),
});

/** Bytes as they are, mostly; else changed in a place or two. */
export function torn(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const changes = fc.oneof(
    { weight: 2, arbitrary: fc.constant<Change[]>([]) },
    { weight: 3, arbitrary: fc.array(change, { minLength: 1, maxLength: 3 }) },
  );
  return fc.tuple(bytes, changes).map(([whole, list]) => {
    let now = whole;
    for (const { at, drop, put } of list) {
      const from = now.length ? at % (now.length + 1) : 0;
      now = Buffer.concat([now.subarray(0, from), Buffer.from(put), now.subarray(from + drop)]);
    }
    return now;
  });
}

/** The token of a JSON value: any at all, small. */
export const jsonToken: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 4, arbitrary: text.map((one) => JSON.stringify(one)) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        ...NUMBERS.filter((one) => /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(one)),
        '1.0',
        '5e0',
        '-0.0',
        '1.50',
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'null',
        'true',
        'false',
        '{}',
        '[]',
        '"\\ud800"',
        '"\\udc00x"',
        '"\\ud83d\\ude00"',
        '"\\u0000"',
        '"\\/"',
      ),
    },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }).map((list) => `[${list.join()}]`) },
    { weight: 1, arbitrary: fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map(objectToken) },
  ),
})).value;

/**
 * `{"name":token,…}`, names given twice included. No name holds a backslash: once it has read such a name, V8 13.6 (Node 24)
 * takes another that begins with an escape for it.
 */
export function objectToken(fields: [string, string][]): string {
  return `{${fields
    .filter(([name]) => !name.includes('\\'))
    .map(([name, token]) => `${JSON.stringify(name)}:${token}`)
    .join()}}`;
}
