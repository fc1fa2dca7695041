/** The weather API: paged JSON over HTTP, and how an API misbehaves. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { newSecret } from './secrets.ts';

/** One way to answer wrongly. */
export type Fault =
  | { kind: 'status'; status: number; headers?: Record<string, string> }
  | { kind: 'truncated' }
  | { kind: 'half a gzip' }
  | { kind: 'wrong shape' }
  | { kind: 'same page' }
  | { kind: 'held'; until: Promise<void> };

export interface ApiRecord {
  id: string;
  data: Record<string, unknown>;
}

/** What the API has, by name; read when it is asked for. */
export type Lists = Record<string, () => ApiRecord[]>;

/** `GET /<name>?token=…&after=<id>&limit=<n>` answers `{records: [{id, data}], has_more}`. */
export class Api {
  /** The token that a request must bring: must never be seen in a history. */
  readonly token = newSecret();
  /** The `after` of each page asked for, in the order of asking. */
  asked: string[] = [];
  /** How many requests their clients have closed before they were answered. */
  givenUp = 0;
  #lists: Lists;
  #server: Server;
  #next: Fault[] = [];
  #always: Fault | undefined;

  private constructor(lists: Lists) {
    this.#lists = lists;
    this.#server = createServer((request, response) => {
      response.on('close', () => {
        if (!response.writableEnded) this.givenUp++;
      });
      this.#answer(request, response).catch((error) => response.destroy(error));
    });
  }

  static async start(lists: Lists): Promise<Api> {
    const api = new Api(lists);
    await new Promise<void>((ready) => api.#server.listen(0, '127.0.0.1', ready));
    return api;
  }

  /** The connection string of a list, with the token left out as pipelines want it. */
  url(name: string): string {
    return `http://${this.host}/${name}?token=\${API_TOKEN}`;
  }

  /** Where it listens, with the port. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next requests meet these faults, one each; `undefined` is a request that goes well. */
  fail(...faults: (Fault | undefined)[]): void {
    this.#next.push(...(faults as Fault[]));
  }

  /** Every request meets this fault, until `mend`. */
  failAlways(fault: Fault): void {
    this.#always = fault;
  }

  /** Forgets all faults, and what was asked. */
  mend(): void {
    this.givenUp = 0;
    this.#next = [];
    this.#always = undefined;
    this.asked = [];
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://api');
    const list = this.#lists[url.pathname.slice(1)]?.();
    const after = url.searchParams.get('after') ?? '';
    const limit = Number(url.searchParams.get('limit') ?? 100);
    if (url.searchParams.get('token') !== this.token) return void response.writeHead(401).end();
    if (!list) return void response.writeHead(404).end();

    this.asked.push(after);
    const fault = this.#next.shift() ?? this.#always;
    if (fault?.kind === 'status') return void response.writeHead(fault.status, fault.headers).end();
    if (fault?.kind === 'held') await fault.until;

    const same = fault?.kind === 'same page';
    const from = after && !same ? list.findIndex((record) => record.id === after) + 1 : 0;
    const records = list.slice(from, from + limit);
    const body = JSON.stringify({ records, has_more: same || from + limit < list.length });
    response.setHeader('content-type', 'application/json');
    if (fault?.kind === 'wrong shape') return void response.end('{"message":"welcome"}');
    if (fault?.kind === 'truncated') return void response.end(body.slice(0, body.length / 2));
    if (fault?.kind === 'half a gzip') {
      const zipped = gzipSync(body);
      response.setHeader('content-encoding', 'gzip');
      return void response.end(zipped.subarray(0, zipped.length / 2));
    }
    response.end(body);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
