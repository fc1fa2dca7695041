/** What an API may answer: bodies, codes, headers, pages that never end. A server of our own says it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { judged, type Kind } from './kind.ts';
import { jsonToken, objectToken, text, torn } from './texts.ts';

/** No language asks so often: then it never ends. */
const MANY = 1000;

interface Answer {
  status: number;
  headers: Record<string, string>;
  base64: string;
  /** What is there is sent, and the rest never comes. */
  never?: true;
}
export interface JsonCase {
  /** The answers in their order; the last is given for ever. */
  answers: Answer[];
  query: string;
  user: string;
  size: number;
}

const id = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[a-c]{1,2}$/).map((one) => JSON.stringify(one)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '1',
      '0',
      '-1',
      '9007199254740993',
      '9007199254740994',
      '1.0',
      '1e3',
      '""',
      'null',
      'true',
      '" "',
      '"a&b=c"',
      '"é"',
    ),
  },
  { weight: 1, arbitrary: jsonToken },
);
const data = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(
        fc.tuple(fc.oneof(fc.constantFrom('year', 'dep_delay', 'seats', 'name', 'x'), text), jsonToken),
        { maxLength: 4 },
      )
      .map(objectToken),
  },
  { weight: 1, arbitrary: jsonToken },
);
const record = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(id, data).map(([i, d]) => `{"id":${i},"data":${d}}`) },
  { weight: 1, arbitrary: fc.tuple(id, data).map(([i, d]) => `{"ID":${i},"Data":${d}}`) },
  { weight: 1, arbitrary: fc.tuple(id, data).map(([i, d]) => `{"data":${d},"more":1,"id":"z","id":${i}}`) },
  { weight: 1, arbitrary: jsonToken },
);
const page = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.array(record, { maxLength: 4 }).map((list) => `[${list.join()}]`) },
      { weight: 1, arbitrary: jsonToken },
    ),
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('true', 'false', 'false') },
      { weight: 1, arbitrary: jsonToken },
    ),
    fc.constantFrom('', '', '', '', '\ufeff', ' ', '\u00a0'),
    fc.constantFrom('records', 'records', 'records', 'records', 'Records', 'RECORDS'),
  )
  .map(([records, more, mark, name]) => Buffer.from(`${mark}{"${name}":${records},"has_more":${more}}`));
const deep = fc
  .integer({ min: 90, max: 130 })
  .map((n) =>
    Buffer.from(`{"records":[{"id":"a","data":{"x":${'['.repeat(n)}${']'.repeat(n)}}}],"has_more":false}`),
  );
const body = fc.oneof(
  { weight: 12, arbitrary: torn(page) },
  { weight: 4, arbitrary: page },
  { weight: 1, arbitrary: deep },
);

const AFTER = [
  '120',
  '0',
  '-1',
  '2.7',
  '1e308',
  'Infinity',
  'soon',
  '',
  '86400',
  '86401',
  '99999999999999999999',
  ' 5 ',
  '5, 6',
  '+5',
  '0x10',
  '-1484742195',
];
const DATES = [
  'Wed, 21 Oct 2015 07:28:00 GMT',
  'Fri, 31 Dec 2100 23:59:59 GMT',
  'Friday, 31-Dec-60 23:59:59 GMT',
  'Fri Dec 31 23:59:59 2100',
  'Fri, 31 Dec 2100 23:59:59',
  '2100-12-31T23:59:59Z',
];
const headers = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.constantFrom(...AFTER, ...DATES).map((after) => ({ 'retry-after': after })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('gzip', 'br', 'identity', 'x-gzip', 'deflate', 'GZIP')
      .map((coding) => ({ 'content-encoding': coding })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('latin1', 'utf-16', 'utf-8')
      .map((charset) => ({ 'content-type': `application/json; charset=${charset}` })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        '/moved?x=1',
        '?y=2',
        '',
        'http://127.0.0.1:9/elsewhere',
        '//127.0.0.1:9/x',
        'ftp://127.0.0.1/x',
        '/%zz',
      )
      .map((location) => ({ location })),
  },
) as fc.Arbitrary<Record<string, string>>;
const status = fc.oneof(
  { weight: 12, arbitrary: fc.constant(200) },
  { weight: 3, arbitrary: fc.constantFrom(429, 503, 500, 408, 404, 401, 400, 201, 206) },
  { weight: 1, arbitrary: fc.constantFrom(301, 302, 303, 307, 308, 300, 304) },
);
const answer = fc.record({ status, headers, body }).map(({ status, headers, body }) => {
  const packed = /^gzip$/i.test(headers['content-encoding'] ?? '') ? gzipSync(body) : body;
  return { status, headers, base64: packed.toString('base64') };
});

/** A server that gives one language the answers of its case, and notes what it was asked for. */
class Api {
  answers: Answer[] = [];
  asked: string[] = [];
  readonly #server: Server;
  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Api> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    const api = new Api(server);
    server.on('request', ({ url, headers }, response) => {
      const { answers, asked } = api;
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(`${url} ${headers.authorization ?? ''}`);
      if (!answer || asked.length > MANY) return void response.writeHead(410).end();
      response.writeHead(answer.status, answer.headers);
      const body = Buffer.from(answer.base64, 'base64');
      if (answer.never) response.write(body);
      else response.end(body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return api;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const apis = new Map<string, Promise<Api>>();

export const json: Kind<JsonCase> = {
  name: 'json',
  cases: fc.record({
    answers: fc.array(answer, { minLength: 1, maxLength: 3 }),
    query: fc.constantFrom('', '', '?filter=a;b&x=1', '?a', '?a=%20b+c', '?after=1'),
    user: fc.constantFrom('', '', 'bob:${PROBE_SECRET}@', 'bob@'),
    size: fc.integer({ min: 1, max: 3 }),
  }),
  async given({ answers, query, user, size }, language) {
    const started = apis.get(language) ?? Api.start();
    apis.set(language, started);
    const api = await started;
    Object.assign(api, { answers, asked: [] });
    return { kind: 'json', url: `http://${user}127.0.0.1:${api.port}/records${query}`, size };
  },
  async comparable(verdict, _, language) {
    const { asked } = (await apis.get(language)) as Api;
    return { ...(judged(rounded(verdict), (message) => message) as object), asked };
  },
  async close() {
    for (const api of apis.values()) (await api).close();
    apis.clear();
  },
};

/** A date is some seconds nearer for the language that is asked later. */
function rounded(verdict: Parameters<typeof judged>[0]): typeof verdict {
  if ('ok' in verdict || !verdict.failure.delay_seconds) return verdict;
  const { delay_seconds } = verdict.failure;
  return {
    failure: {
      ...verdict.failure,
      delay_seconds: delay_seconds > 600 ? Math.round(delay_seconds / 60) * 60 : delay_seconds,
    },
  };
}
