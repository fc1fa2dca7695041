/** The notebook's server: whom it refuses, what it checks, and what is left of a run however it ends. */

import type * as Crypto from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as ask } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkCaller, newToken, TOKEN_HEADER } from '../../notebook/server/guard.ts';
import { Notebook } from '../../notebook/server/server.ts';
import { run, Service } from '../../sandbox/processes.ts';
import { until } from '../scenarios/until.ts';
import { canTell, listening } from './listening.ts';

const MINUTE = 60_000;
const LIMITS = { start: 5 * MINUTE, run: MINUTE, grace: MINUTE };
const PAGE = '<!doctype html><html><head><title>A page</title></head><body></body></html>';

/** Whether two secrets were compared in constant time, and how often. */
const compared = vi.hoisted(() => ({ times: 0 }));
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof Crypto>();
  return {
    ...crypto,
    timingSafeEqual: (...both: Parameters<typeof crypto.timingSafeEqual>) => {
      compared.times += 1;
      return crypto.timingSafeEqual(...both);
    },
  };
});

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}
interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** One request, with any headers: a browser would not let us. */
function http(port: number, path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = ask({ port, host: '127.0.0.1', path, method, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A caller whom nothing is wrong with. */
function goodCaller(address: string) {
  const { port, origin, hash } = new URL(address);
  const headers: Record<string, string> = {
    host: `127.0.0.1:${port}`,
    origin,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
    'x-notebook-token': hash.replace('#token=', ''),
  };
  const call = async (method: string, path: string, value?: unknown, more: Record<string, string> = {}) => {
    const body = value === undefined ? undefined : JSON.stringify(value);
    const all = { method, headers: { ...headers, ...more }, ...(body ? { body } : {}) };
    const answer = await http(Number(port), `/notebook/api/${path}`, all);
    return { status: answer.status, body: answer.body ? JSON.parse(answer.body) : {} };
  };
  return { port: Number(port), headers, call };
}

describe('the server', { timeout: MINUTE }, () => {
  let folder: string;
  let notebook: Notebook;
  let caller: ReturnType<typeof goodCaller>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pages-'));
    writeFileSync(join(folder, 'index.html'), PAGE);
    writeFileSync(join(folder, '404.html'), PAGE);
    symlinkSync('/etc/hosts', join(folder, 'hosts.txt'));
    symlinkSync('/etc', join(folder, 'elsewhere'));
    notebook = await Notebook.start(folder, 0, LIMITS);
    caller = goodCaller(notebook.address);
  });
  afterAll(async () => {
    await notebook?.stop();
    rmSync(folder, { recursive: true });
  });

  test('listens on 127.0.0.1 alone', async () => {
    for (const host of ['127.0.0.2', '::1']) {
      const socket = connect({ host, port: caller.port });
      await expect(once(socket, 'connect'), host).rejects.toThrow();
    }
  });

  test('puts its script into the pages, and says that nobody may frame them', async () => {
    const { status, headers, body } = await http(caller.port, '/', {
      headers: { host: caller.headers.host ?? '' },
    });
    expect(status).toBe(200);
    expect(body).toContain('<script type="module" src="/notebook/live/live.ts"></script></head>');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    const script = await http(caller.port, '/notebook/live/live.ts', { headers: caller.headers });
    expect(script.headers['content-type']).toBe('text/javascript');
    expect(script.body).not.toMatch(/<HTMLElement>/);
  });

  test.each([
    '/',
    '/no-such-page',
    '/notebook/live/live.ts',
    '/notebook/api/run',
    '/notebook/api/no-such-call',
  ])('%s comes with all that a browser must be told', async (path) => {
    const { headers } = await http(caller.port, path, { headers: caller.headers });
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "frame-ancestors 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  });

  test.each([
    ...['/../package.json', '/%2e%2e/package.json', '/..%2f..%2f..%2f..%2f..%2f..%2fetc/hosts', '/%ff'],
    ...[
      '/notebook/live/..%2f..%2fpackage.json',
      '/notebook/live/../../package.json',
      '/notebook/live/live.css.map',
    ],
    ...['/hosts.txt', '/elsewhere/hosts'],
  ])('%s leads to no file outside', async (path) => {
    const { status, body } = await http(caller.port, path, { headers: caller.headers });
    expect(status).toBe(404);
    expect(body).not.toMatch(/durable-pipelines|localhost/);
  });

  test('a path of slashes is a page that is not there, and a target that is no path is refused', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect((await http(caller.port, '//', { headers: caller.headers })).status).toBe(200);
    expect((await http(caller.port, '//evil.example/x', { headers: caller.headers })).status).toBe(404);
    expect((await http(caller.port, 'http://evil.example/', { headers: caller.headers })).status).toBe(400);
    expect(said).not.toHaveBeenCalled();
    said.mockRestore();
  });

  test.each([
    ['a head', 'GET / HTTP/1.1\r\nhost: x'],
    ['a body', 'POST /notebook/api/run HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nx'],
  ])('%s that never ends is cut off', async (_, begun) => {
    // What is refused by its head is not read on: this one is good, as far as it goes.
    const good = Object.entries(caller.headers).map(([name, value]) => `${name}: ${value}`);
    const socket = connect({ host: '127.0.0.1', port: caller.port });
    socket.on('error', () => {});
    socket.write(begun.replace('host: x', good.join('\r\n')));
    const closed = once(socket, 'close').then(() => 'closed');
    const late = new Promise((over) => setTimeout(over, 20_000, 'open'));
    socket.resume();
    expect(await Promise.race([closed, late])).toBe('closed');
  });

  test('the token is compared whole, and in constant time', () => {
    const token = newToken();
    const of = (given: string) =>
      checkCaller({ method: 'GET', headers: { [TOKEN_HEADER]: given } } as never, token);
    compared.times = 0;
    expect(() => of(token)).not.toThrow();
    for (const wrong of [`${token.slice(0, -1)}!`, `!${token.slice(1)}`])
      expect(() => of(wrong)).toThrow('npm start');
    expect(compared.times).toBe(3);
    for (const wrong of ['', token.slice(1), `${token}${token}`])
      expect(() => of(wrong)).toThrow('npm start');
  });

  test('a token has 192 bits, and each start another', () => {
    const tokens = Array.from({ length: 100 }, newToken);
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(24);
  });

  test.each([
    ['another name that leads here', { host: 'evil.example', origin: 'http://evil.example' }, 403],
    ['another port', { host: '127.0.0.1:1', origin: 'http://127.0.0.1:1' }, 403],
    ['another origin', { origin: 'http://evil.example' }, 403],
    ['no origin', { origin: undefined }, 403],
    ['an origin of nowhere, as of a frame in a sandbox', { origin: 'null' }, 403],
    ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another port of this machine, as the browser says', { 'sec-fetch-site': 'same-site' }, 403],
    ['no token', { 'x-notebook-token': undefined }, 401],
    ['a wrong token', { 'x-notebook-token': 'a'.repeat(32) }, 401],
    ['a form instead of JSON', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ])('refuses %s', async (_, changes, status) => {
    const headers = Object.fromEntries(
      Object.entries({ ...caller.headers, ...changes }).filter(([, value]) => value !== undefined),
    ) as Record<string, string>;
    const body = JSON.stringify({ pipeline: 'etl', language: 'ts' });
    const answer = await http(caller.port, '/notebook/api/run', { method: 'POST', headers, body });
    expect(answer.status).toBe(status);
    expect((await caller.call('GET', 'run')).body).toEqual({});
  });

  test('no page is served by another name', async () => {
    const { status, body } = await http(caller.port, '/', { headers: { host: 'evil.example' } });
    expect([status, body.includes('A page')]).toEqual([403, false]);
  });

  test('a plain GET from a page of another origin gets nothing either', async () => {
    const headers = { host: caller.headers.host ?? '', origin: 'http://evil.example' };
    expect((await http(caller.port, '/notebook/api/run', { headers })).status).toBe(403);
    expect((await http(caller.port, '/notebook/api/run', { headers: { host: headers.host } })).status).toBe(
      401,
    );
  });

  test.each([
    ['a pipeline that is not there', { pipeline: '../etl', language: 'ts' }, 404, 'no pipeline "../etl"'],
    ['a language that is not there', { pipeline: 'etl', language: 'perl' }, 422, 'no language "perl"'],
    ['a field that is none', { pipeline: 'etl', language: 'ts', cmd: 'ls' }, 422, 'only pipeline, language'],
    ['a flag that is none', { pipeline: 'etl', language: 'ts', edit: 'yes' }, 422, 'only pipeline, language'],
    ['nothing', null, 404, 'no pipeline "undefined"'],
  ])('refuses to run %s', async (_, wanted, status, words) => {
    const answer = await caller.call('POST', 'run', wanted);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(words);
  });

  test('refuses what is no JSON, and more than anybody needs', async () => {
    const post = (body: string) =>
      http(caller.port, '/notebook/api/run', { method: 'POST', headers: caller.headers, body });
    expect((await post('{')).status).toBe(400);
    expect((await post(`"${'x'.repeat(70_000)}"`)).status).toBe(413);
  });

  test('a run that is over, or never was, cannot be spoken to', async () => {
    const { status, body } = await caller.call('POST', 'run/no-such-run/crash', {});
    expect([status, body.error]).toEqual([404, 'that run is over']);
  });

  test('one run at a time; its input is held against the contract; stopped, it is gone', async () => {
    const wanted = { pipeline: 'etl', language: 'ts', edit: true };
    const { body } = await caller.call('POST', 'run', wanted);
    const second = await caller.call('POST', 'run', wanted);
    expect([second.status, second.body.error]).toEqual([409, 'one run at a time: etl in ts is running']);
    expect((await caller.call('GET', 'run')).body).toMatchObject({ id: body.id, pipeline: 'etl' });
    expect(body.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect((await caller.call('POST', 'run/another/stop', {})).status).toBe(404);
    const bad = { pipeline_id: 'january', sources: [], target: {}, batch_size: 100_000 };
    const refused = await caller.call('POST', `run/${body.id}/start`, bad);
    expect(refused.status).toBe(422);
    expect(refused.body.error).toContain('sources must NOT have fewer than 1 items');
    expect((await caller.call('POST', `run/${body.id}/stop`, {})).body).toEqual({ phase: 'stopped' });
    expect((await caller.call('GET', 'run')).body).toEqual({});
  });
});

describe('however it ends, no process is left', { timeout: 3 * MINUTE }, () => {
  let service: Service | undefined;
  let caller: ReturnType<typeof goodCaller>;

  async function open(...options: string[]): Promise<void> {
    const args = ['--disable-warning=ExperimentalWarning', 'tools/notebook.ts', '--no-build', '--port', '0'];
    service = await Service.start('the notebook', process.execPath, [...args, ...options], {
      ready: '#token=',
    });
    caller = goodCaller(/http:\S+/.exec(service.log)?.[0] ?? '');
  }
  afterEach(async () => {
    await service?.kill();
  });

  /** The processes of the group that the run leads: by its number in the table of all. */
  async function groups(): Promise<Map<number, string[]>> {
    const table = await run('ps', ['-eo', 'pgid=,args=']);
    const found = new Map<number, string[]>();
    for (const line of table.split('\n')) {
      const [, group, command = ''] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
      if (group) found.set(Number(group), [...(found.get(Number(group)) ?? []), command]);
    }
    return found;
  }
  /** The group of the run that our server started: other tests have servers of their own beside. */
  async function leader(): Promise<number> {
    for (const line of (await run('ps', ['-eo', 'pgid=,ppid=,args='])).split('\n')) {
      const [, group, parent, command = ''] = /^\s*(\d+)\s+(\d+) (.*)$/.exec(line) ?? [];
      if (Number(parent) === service?.pid && command.includes('runner.ts {')) return Number(group);
    }
    return 0;
  }

  /** Starts a run and waits until its sandbox is there; the number of its group. */
  async function begun(): Promise<number> {
    const { body } = await caller.call('POST', 'run', { pipeline: 'etl', language: 'ts', edit: true });
    void http(caller.port, `/notebook/api/run/${body.id}`, { headers: caller.headers }).catch(() => {});
    await until(
      'the sandbox is there',
      async () => (await caller.call('GET', 'run')).body.phase === 'ready',
      200,
    );
    const group = await leader();
    expect((await groups()).get(group)?.join('\n')).toMatch(/postgres[\s\S]*server start-dev/);
    return group;
  }
  const gone = (group: number) =>
    until('the group is gone', async () => (await groups()).get(group) === undefined, 200);

  test.skipIf(!canTell)('while it goes on, all that it started listens on loopback alone', async () => {
    await open();
    const group = await begun();
    const pids = (await run('ps', ['-eo', 'pid=,pgid=']))
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .filter(([, pgid]) => pgid === group)
      .map(([pid = 0]) => pid);
    // The database runs as another user in a group of its own.
    const { sockets, beyond } = listening([...pids, service?.pid ?? 0]);
    expect(beyond).toEqual([]);
    // The notebook, the database, the API, the topics' port, Temporal and its Web UI.
    expect(sockets).toBeGreaterThanOrEqual(5);
    await service?.stop();
  });

  test('the server is asked to end (SIGTERM)', async () => {
    await open();
    const group = await begun();
    await service?.stop();
    expect((await groups()).get(group)).toBeUndefined();
  });

  test('the server is killed (SIGKILL)', async () => {
    await open();
    const group = await begun();
    await service?.kill();
    await gone(group);
  });

  test('the process of the run is killed: the reader is told, and another run can begin', async () => {
    await open();
    const group = await begun();
    process.kill(group, 'SIGKILL');
    await gone(group);
    await until('it is told', async () => (await caller.call('GET', 'run')).body.phase === undefined, 200);
    const again = await begun();
    expect(again).not.toBe(group);
  });

  test('nobody listens: after a while the run is stopped', async () => {
    await open('--grace', '3');
    await caller.call('POST', 'run', { pipeline: 'etl', language: 'ts', edit: true });
    await until('it has begun', async () => (await leader()) > 0, 200);
    await gone(await leader());
    expect((await caller.call('GET', 'run')).body).toEqual({});
  });

  test('it takes too long', async () => {
    await open('--limit', '1');
    const group = await begun();
    const { body } = await caller.call('GET', 'run');
    // The broken API holds it up until it has had its time.
    await caller.call('POST', `run/${body.id}/break`, {});
    const input = { ...(await inputOf(body.id)), batch_size: 10 };
    expect((await caller.call('POST', `run/${body.id}/start`, input)).status).toBe(200);
    await gone(group);
  });

  /** What the run would have as its input: told to whoever listens. */
  function inputOf(id: string): Promise<object> {
    return new Promise((resolve, reject) => {
      const path = `/notebook/api/run/${id}`;
      ask({ port: caller.port, host: '127.0.0.1', path, headers: caller.headers }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
          const [, told] = /data: (\{"kind":"input".*\})\n\n/.exec(text) ?? [];
          if (told) resolve(JSON.parse(told).input);
        });
      })
        .on('error', reject)
        .end();
    });
  }
});
