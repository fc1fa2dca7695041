/**
 * Who may talk to the notebook: pages that it served itself, opened with the address that it printed.
 * It starts processes, so other pages of the same browser, and other users of this machine, must not.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What is refused: an HTTP status, and words. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** New at each start. */
export const newToken = (): string => randomBytes(24).toString('base64url');

/** The header that carries it: a page of another origin cannot send it without asking first, in vain. */
export const TOKEN_HEADER = 'x-notebook-token';

/** Only by the names of this machine: another name that leads here is somebody's trick (DNS rebinding). */
export function checkHost({ headers }: IncomingMessage, port: number): void {
  const names = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (names.includes(headers.host ?? '')) return;
  throw new Refusal(403, `this notebook is at http://${names[0]}/ only`);
}

/** A request to the API: from a page of this server, with the token. */
export function checkCaller({ headers, method }: IncomingMessage, token: string): void {
  const { host, origin } = headers;
  if (origin !== undefined ? origin !== `http://${host}` : method !== 'GET') {
    throw new Refusal(403, 'not from another page');
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') throw new Refusal(403, 'not from another page');
  const given = Buffer.from(String(headers[TOKEN_HEADER] ?? ''));
  const wanted = Buffer.from(token);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new Refusal(401, 'open the address that npm start has printed');
  }
}

const MOST_BYTES = 64 * 1024;

/** The JSON that came with a request. */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(415, 'JSON is wanted');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Refusal(413, `more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal(400, 'not JSON');
  }
}
