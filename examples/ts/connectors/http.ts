/** A paged JSON API: `GET …[?query]&after=<key>&limit=<n>` answers `{records: [{id, data}], has_more}`. */
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Context } from '@temporalio/activity';
import { DateTime } from 'luxon';
import { Agent, type Dispatcher } from 'undici';
import {
  checkAccess,
  encoded,
  type Resolved,
  resolve,
} from './connection.ts';
import {
  malformed,
  rateLimited,
  unavailable,
  validationError,
} from './failures.ts';
import { isObject, parseJson, tokenOf } from './json.ts';
import type { Page, RawRecord } from './records.ts';

const REQUEST_TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
const DAY_SECONDS = 86_400;

/** Keeps connections open between pages; follows no redirect by itself. */
const agent = new Agent();

/** Pages of at most `size` records after the key `cursor`. */
// #region read
export async function* readApi(
  connection: string,
  cursor: string,
  size: number,
): AsyncGenerator<Page> {
  const api = resolve(connection, ['http', 'https']);
  const used = new Set([cursor]);
  while (true) {
    // #step Ask for the page behind the cursor
    const { records, has_more } = await getPage(
      requestOf(api, cursor, size),
    );

    // #step A cursor that stands still never ends
    const last = records.at(-1);
    if (last ? used.has(last.id) : has_more) {
      throw validationError('API: the cursor stands still');
    }

    // #step The API says whether more follow
    if (!last) return;
    cursor = last.id;
    used.add(cursor);
    yield { records, cursor };
    if (!has_more) return;
  }
}
// #endregion read

/** One page of the API, or the failure that says what to do next. */
// #region page
async function getPage(request: ApiRequest): Promise<ApiPage> {
  const { cancellationSignal } = Context.current();
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const signal = AbortSignal.any([cancellationSignal, timeout]);

  // #step No answer: try again
  const response = await follow(request, signal);
  const status = response.statusCode;
  const again = response.headers['retry-after'];
  if (status < 200 || status > 299) {
    await drop(response);
  }

  // #step 429: come back when the API says
  if (status === 429) {
    throw rateLimited('API answered 429', secondsOf(again));
  }

  // #step Server errors may pass; client errors do not
  if (status >= 500 || status === 408) {
    const told = status === 503 && again !== undefined;
    throw unavailable(
      `API answered ${status}`,
      told ? secondsOf(again) : undefined,
    );
  }
  if (status < 200 || status > 299) {
    throw validationError(`API answered ${status}`);
  }

  // #step Half a JSON text may be whole next time
  const bytes = await bodyOf(response);
  const body = parsed(bytes);

  // #step JSON of another shape will not mend itself
  const page = pageOf(body);
  if (!page) {
    throw validationError('API answered JSON without records');
  }
  return page;
}
// #endregion page

interface ApiRequest {
  api: Resolved;
  origin: string;
  path: string;
  headers: Record<string, string>;
}

interface ApiPage {
  records: RawRecord[];
  has_more: boolean;
}

function requestOf(
  api: Resolved,
  cursor: string,
  size: number,
): ApiRequest {
  const { scheme, host, port, path, query, user, password } =
    api;
  const name = host.includes(':') ? `[${host}]` : host;
  const own = query ? `${query}&` : '';
  const page = `after=${encoded(cursor)}&limit=${size}`;
  const secret = Buffer.from(`${user}:${password}`);
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'gzip',
  };
  const known = {
    ...headers,
    authorization: `Basic ${secret.toString('base64')}`,
  };
  return {
    api,
    origin: `${scheme}://${name}${port ? `:${port}` : ''}`,
    path: `${path || '/'}?${own}${page}`,
    headers: user || password ? known : headers,
  };
}

/** The answer to a request, through redirects that stay at home. */
async function follow(
  request: ApiRequest,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  let next = request;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const { origin, path, headers } = next;
    const asked = { origin, path, headers, signal };
    const response = await agent
      .request({ ...asked, method: 'GET' })
      .catch(() => {
        throw unavailable('API did not answer');
      });
    if (!REDIRECTS.includes(response.statusCode))
      return response;
    await drop(response);
    next = redirected(next, response.headers.location);
  }
  throw validationError('API redirects elsewhere');
}

/** Reads a body for nothing: its connection can be used again, or is lost. */
async function drop({
  body,
}: Dispatcher.ResponseData): Promise<void> {
  await body.dump().catch(() => {});
}

/** The same request of where `location` points: at home, or at home with TLS. */
function redirected(
  request: ApiRequest,
  location: string | string[] | undefined,
): ApiRequest {
  const from = new URL(request.path, request.origin);
  const to =
    typeof location === 'string' &&
    location &&
    !/%(?![0-9A-Fa-f]{2})/.test(location)
      ? URL.parse(location, from.href)
      : null;
  const safer =
    from.protocol === 'http:' &&
    to?.protocol === 'https:' &&
    from.hostname === to.hostname;
  if (!to || !(safer || from.origin === to.origin))
    throw validationError('API redirects elsewhere');
  if (safer) {
    const port = to.port ? Number(to.port) : undefined;
    checkAccess({ ...request.api, scheme: 'https', port });
  }
  return {
    ...request,
    origin: to.origin,
    path: `${to.pathname}${to.search}`,
  };
}

/** Retry-After (RFC 9110, 10.2.3) in seconds: from one, for what is none, to a day. */
function secondsOf(
  header: string | string[] | undefined,
): number {
  const text = typeof header === 'string' ? header.trim() : '';
  const left = dateOf(text)?.diffNow('seconds').seconds;
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : Math.ceil(left ?? 1);
  return Math.min(Math.max(seconds, 1), DAY_SECONDS);
}

const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;
const DATES = [
  "dd MMM yyyy HH:mm:ss 'GMT'",
  "dd-MMM-yy HH:mm:ss 'GMT'",
  'MMM d HH:mm:ss yyyy',
];

/** An HTTP date in one of its three forms, whatever it takes for the day of the week. */
function dateOf(text: string): DateTime | undefined {
  const known = WEEKDAY.test(text) && !text.includes(' 24:');
  if (!known) return undefined;
  const date = text.replace(WEEKDAY, '').replace('  ', ' ');
  const zone = { zone: 'utc', locale: 'en' };
  return DATES.map((form) =>
    DateTime.fromFormat(date, form, zone),
  ).find(({ isValid }) => isValid);
}

/** The body with its compression undone, as far as it is held. */
async function bodyOf(
  response: Dispatcher.ResponseData,
): Promise<Buffer> {
  const { headers, body } = response;
  const encoding = headers['content-encoding'] || 'identity';
  const known = /^(gzip|identity)$/i.test(String(encoding));
  if (!known) {
    await drop(response);
    throw malformed('API answered broken JSON');
  }
  const zipped = /^gzip$/i.test(String(encoding));
  try {
    return await (zipped
      ? pipeline(body, createGunzip(), held)
      : pipeline(body, held));
  } catch (error) {
    if (error instanceof TooMuch)
      throw validationError('API answered too much');
    const { code } = error as NodeJS.ErrnoException;
    throw /^Z_/.test(String(code))
      ? malformed('API answered broken JSON')
      : unavailable('API did not answer');
  }
}

class TooMuch extends Error {}

async function held(
  chunks: AsyncIterable<Buffer>,
): Promise<Buffer> {
  const all: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new TooMuch();
    all.push(chunk);
  }
  return Buffer.concat(all);
}

function parsed(bytes: Buffer): unknown {
  try {
    return parseJson(bytes);
  } catch {
    throw malformed('API answered broken JSON');
  }
}

function pageOf(body: unknown): ApiPage | undefined {
  if (!isObject(body)) return undefined;
  const { records, has_more } = body;
  if (typeof has_more !== 'boolean' || !Array.isArray(records))
    return undefined;
  const all = records.map(recordOf);
  return all.every((record) => record !== undefined)
    ? { records: all, has_more }
    : undefined;
}

/** A record of the API; its id may be a whole number, which is kept as it is written. */
function recordOf(record: unknown): RawRecord | undefined {
  if (!isObject(record)) return undefined;
  const { id, data } = record;
  const token = tokenOf(id) ?? '';
  const whole = /^-?(0|[1-9]\d*)$/.test(token);
  const key = whole ? token : id;
  return typeof key === 'string' && key && isObject(data)
    ? { id: key, data }
    : undefined;
}
