/** The notebook's server: the built pages, the script that makes them live, and the API that it calls. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { contractOf } from '../../sandbox/contract.ts';
import { type Demo, demoOf } from '../../sandbox/demo.ts';
import { LANGUAGES, missing } from '../../sandbox/languages.ts';
import { PIPELINES } from '../../sandbox/pipelines.ts';
import { ROOT } from '../../sandbox/processes.ts';
import type { Deed, Wanted } from '../protocol/messages.ts';
import { bodyOf, checkCaller, checkHost, newToken, Refusal } from './guard.ts';
import { type Limits, Run } from './run.ts';
import { fileFor } from './static-files.ts';

/** How long a caller may take to send a request. */
const SENDING_MS = 10_000;
const LIVE = '/notebook/live/';
const API = '/notebook/api/';
const INJECTED = `<link rel="stylesheet" href="${LIVE}live.css"><script type="module" src="${LIVE}live.ts"></script>`;

/** For every answer: nobody frames the pages, or guesses types, or takes them into another page. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export class Notebook {
  readonly port: number;
  /** To be opened in a browser: the token is behind the #, which no browser sends or logs. */
  readonly address: string;
  #server: Server;
  #token: string;
  #limits: Limits;
  #folder: string;
  #run: Run | undefined;

  private constructor(server: Server, folder: string, limits: Limits) {
    this.#server = server;
    this.#token = newToken();
    this.#limits = limits;
    this.#folder = folder;
    this.port = (server.address() as AddressInfo).port;
    this.address = `http://127.0.0.1:${this.port}/#token=${this.#token}`;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** Serves the pages of `folder` on 127.0.0.1; any free port when `port` is 0. */
  static async start(folder: string, port: number, limits: Limits): Promise<Notebook> {
    // Whoever sends a head or a body bit by bit is cut off.
    const server = createServer({
      headersTimeout: SENDING_MS,
      requestTimeout: SENDING_MS,
      connectionsCheckingInterval: 1000,
    });
    await new Promise<void>((ready, refused) => {
      server.once('error', refused);
      server.listen(port, '127.0.0.1', ready);
    });
    return new Notebook(server, folder, limits);
  }

  async stop(): Promise<void> {
    this.#server.close();
    await this.#run?.stop('Stopped: the notebook was closed.');
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    try {
      checkHost(request, this.port);
      const [pathname = ''] = (request.url ?? '').split('?');
      if (!pathname.startsWith('/')) throw new Refusal(400, 'a path is wanted');
      if (pathname.startsWith(API)) await this.#api(pathname.slice(API.length), request, response);
      else if (pathname.startsWith(LIVE)) await live(pathname.slice(LIVE.length), response);
      else await this.#page(pathname, response);
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500;
      if (status === 500) console.error(error);
      if (!response.headersSent) json(response, status, { error: (error as Error).message });
      else response.destroy();
    }
  }

  async #page(path: string, response: ServerResponse): Promise<void> {
    const { status, type, body } = await fileFor(this.#folder, path);
    response.writeHead(status, { 'content-type': type });
    response.end(
      type.startsWith('text/html') ? body.toString('utf8').replace('</head>', `${INJECTED}</head>`) : body,
    );
  }

  async #api(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    checkCaller(request, this.#token);
    const call = `${request.method} ${path}`;
    const [, of] = /^GET pipelines\/([\w-]+)$/.exec(call) ?? [];
    const [, id, deed] = /^(?:GET|POST) run\/([\w-]+)(?:\/(start|crash|break|mend|stop))?$/.exec(call) ?? [];
    if (of) json(response, 200, await aboutPipeline(of));
    else if (call === 'GET run') json(response, 200, this.#current());
    else if (call === 'POST run') json(response, 201, await this.#begin(await bodyOf(request)));
    else if (id && !deed && request.method === 'GET') this.#stream(this.#find(id), response);
    else if (id && deed && request.method === 'POST') {
      const run = this.#find(id);
      const body = await bodyOf(request);
      await run.do(
        deed === 'start'
          ? { do: 'start', input: checkedInput(run.wanted.pipeline, body) }
          : ({ do: deed } as Deed),
      );
      json(response, 200, { phase: run.phase });
    } else throw new Refusal(404, `no ${call}`);
  }

  #current() {
    const run = this.#run;
    return run && !run.ended ? { id: run.id, phase: run.phase, ...run.wanted } : {};
  }

  #find(id: string): Run {
    if (this.#run?.id === id) return this.#run;
    throw new Refusal(404, 'that run is over');
  }

  /** Starts a run, when there is none. */
  async #begin(body: unknown): Promise<{ id: string }> {
    const wanted = await checkedWanted(body);
    if (this.#run && !this.#run.ended) {
      const { pipeline, language } = this.#run.wanted;
      throw new Refusal(409, `one run at a time: ${pipeline} in ${language} is running`);
    }
    const before = this.#run;
    const run = new Run(wanted, this.#limits, before?.over);
    this.#run = run;
    return { id: run.id };
  }

  /** Server-sent events: all that the run has told, and what it will. */
  #stream(run: Run, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    const leave = run.listen((news) => {
      response.write(`data: ${JSON.stringify(news)}\n\n`);
      if (run.ended && news.kind === 'phase') response.end();
    });
    const beat = setInterval(() => response.write(':\n\n'), 10_000);
    response.on('close', () => {
      clearInterval(beat);
      leave();
    });
  }
}

async function demoNamed(name: unknown): Promise<Demo> {
  if (typeof name !== 'string' || !PIPELINES.includes(name)) {
    throw new Refusal(404, `no pipeline "${name}": there are ${PIPELINES.join(', ')}`);
  }
  return demoOf(name);
}

/** What a page needs to know before it runs a pipeline. */
async function aboutPipeline(name: string) {
  const { edge } = await demoNamed(name);
  const schema = JSON.parse(await readFile(`${ROOT}/examples/contract/${name}.json`, 'utf8'));
  const languages = await Promise.all(
    LANGUAGES.map(async (one) => ({ id: one.id, label: one.label, missing: await missing(one) })),
  );
  return { schema, edge: edge?.name, languages };
}

const FIELDS = ['pipeline', 'language', 'edit', 'broken'];

async function checkedWanted(body: unknown): Promise<Wanted> {
  const {
    pipeline,
    language,
    edit = false,
    broken = false,
    ...more
  } = (body ?? {}) as Record<string, unknown>;
  await demoNamed(pipeline);
  const spoken = LANGUAGES.find(({ id }) => id === language);
  if (!spoken) throw new Refusal(422, `no language "${language}"`);
  if (typeof edit !== 'boolean' || typeof broken !== 'boolean' || Object.keys(more).length) {
    throw new Refusal(422, `only ${FIELDS.join(', ')}`);
  }
  const reason = await missing(spoken);
  if (reason) throw new Refusal(422, reason);
  return { pipeline: pipeline as string, language: spoken.id, edit, broken };
}

/** The input, when the contract has no objection. */
function checkedInput(pipeline: string, input: unknown): unknown {
  try {
    contractOf(pipeline).input(input);
    return input;
  } catch (error) {
    const [, problem = 'refused'] = /, input: (.*?): [[{"\d]/.exec((error as Error).message) ?? [];
    throw new Refusal(422, problem.replaceAll('data/', ''));
  }
}

/** The scripts of the live page: TypeScript without its types, as Node runs it. */
async function live(name: string, response: ServerResponse): Promise<void> {
  if (!/^[\w-]+\.(ts|css)$/.test(name)) throw new Refusal(404, `no ${name}`);
  const text = await readFile(`${ROOT}/notebook/client/${name}`, 'utf8').catch(() => {
    throw new Refusal(404, `no ${name}`);
  });
  const script = name.endsWith('.ts');
  response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/css' });
  response.end(script ? stripTypeScriptTypes(text) : text);
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
