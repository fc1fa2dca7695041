/** The guards of the notebook's server, each with the edit that removes it, and the test that must go red then. */
import type { Edit } from './faults.list.ts';

export interface Guard extends Edit {
  /** What is left out. */
  name: string;
  /** The test of tests/notebook/server.test.ts, below "the server". */
  killer: string;
}

const SERVER = 'notebook/server/server.ts';
const GUARD = 'notebook/server/guard.ts';
const FILES = 'notebook/server/static-files.ts';
const RUN = 'notebook/server/run.ts';
const told = '/ comes with all that a browser must be told';

const header = (name: string, line: string): Guard => ({
  name: `no ${name}`,
  killer: told,
  file: SERVER,
  find: line,
  replace: '',
});

export default [
  {
    name: 'listens everywhere',
    killer: 'listens on 127.0.0.1 alone',
    file: SERVER,
    find: "server.listen(port, '127.0.0.1', ready);",
    replace: "server.listen(port, '::', ready);",
  },
  header('cache-control', "'cache-control': 'no-store',"),
  header('frame-ancestors', `'content-security-policy': "frame-ancestors 'none'",`),
  header('opener policy', "'cross-origin-opener-policy': 'same-origin',"),
  header('resource policy', "'cross-origin-resource-policy': 'same-origin',"),
  header('referrer policy', "'referrer-policy': 'no-referrer',"),
  header('nosniff', "'x-content-type-options': 'nosniff',"),
  header('frame options', "'x-frame-options': 'DENY',"),
  {
    name: 'any Host',
    killer: 'no page is served by another name',
    file: SERVER,
    find: 'checkHost(request, this.port);',
    replace: '',
  },
  {
    name: 'any caller',
    killer: 'refuses no token',
    file: SERVER,
    find: 'checkCaller(request, this.#token);',
    replace: 'void [checkCaller, this.#token];',
  },
  {
    name: 'any origin',
    killer: 'a plain GET from a page of another origin gets nothing either',
    file: GUARD,
    find: "if (origin !== undefined ? origin !== `http://${host}` : method !== 'GET') {",
    replace: "if (origin === 'never' + host + method) {",
  },
  {
    name: 'any site, whatever the browser says',
    killer: 'refuses another site, as the browser says',
    file: GUARD,
    find: "if (site !== undefined && site !== 'same-origin')",
    replace: "if (site === 'never')",
  },
  {
    name: 'any token of the right length',
    killer: 'refuses a wrong token',
    file: GUARD,
    find: 'if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {',
    replace: 'if (given.length !== wanted.length) {',
  },
  {
    name: 'a token that is compared byte by byte',
    killer: 'the token is compared whole, and in constant time',
    file: GUARD,
    find: 'if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {',
    replace: 'if (!given.equals(wanted)) {',
  },
  {
    name: 'a short token',
    killer: 'a token has 192 bits, and each start another',
    file: GUARD,
    find: 'randomBytes(24)',
    replace: 'randomBytes(2)',
  },
  {
    name: 'a form will do',
    killer: 'refuses a form instead of JSON',
    file: GUARD,
    find: "if (!/^application\\/json\\b/.test(request.headers['content-type'] ?? '')) {",
    replace: 'if (request.headers.host === undefined) {',
  },
  {
    name: 'a body of any length',
    killer: 'refuses what is no JSON, and more than anybody needs',
    file: GUARD,
    find: 'if (bytes > MOST_BYTES)',
    replace: 'if (bytes > 1000 * MOST_BYTES)',
  },
  {
    name: 'a head or a body may take for ever',
    killer: 'a head that never ends is cut off',
    file: SERVER,
    find: 'headersTimeout: SENDING_MS, requestTimeout: SENDING_MS, connectionsCheckingInterval: 1000,',
    replace: 'headersTimeout: 0, requestTimeout: 0, keepAlive: Boolean(SENDING_MS),',
  },
  {
    name: 'a body may take for ever',
    killer: 'a body that never ends is cut off',
    file: SERVER,
    find: 'requestTimeout: SENDING_MS, connectionsCheckingInterval: 1000,',
    replace: 'requestTimeout: 0, connectionsCheckingInterval: 1000,',
  },
  {
    name: 'any target of a request',
    killer: 'a path of slashes is a page that is not there, and a target that is no path is refused',
    file: SERVER,
    find: "if (!pathname.startsWith('/'))",
    replace: "if (pathname === 'never')",
  },
  {
    name: 'a path with dots leads out of the site',
    killer: '/..%2f..%2f..%2f..%2f..%2f..%2fetc/hosts leads to no file outside',
    file: FILES,
    find: '(await realpath(path)).startsWith(root + sep)',
    replace: '(await realpath(root + sep)).startsWith(root)',
  },
  {
    name: 'a link leads out of the site',
    killer: '/hosts.txt leads to no file outside',
    file: FILES,
    find: '(await realpath(path)).startsWith(root + sep)',
    replace: '(path + (await realpath(root))).startsWith(root + sep)',
  },
  {
    name: 'any file beside the scripts',
    killer: '/notebook/live/..%2f..%2fpackage.json leads to no file outside',
    file: SERVER,
    find: 'if (!/^[\\w-]+\\.(ts|css)$/.test(name)) throw new Refusal(404, `no ${name}`);',
    replace: 'name = decodeURIComponent(name);',
  },
  {
    name: 'any pipeline',
    killer: 'refuses to run a pipeline that is not there',
    file: SERVER,
    find: "if (typeof name !== 'string' || !PIPELINES.includes(name)) {",
    replace: "if (typeof name !== 'string' || !PIPELINES) {",
  },
  {
    name: 'any field',
    killer: 'refuses to run a field that is none',
    file: SERVER,
    find: '|| Object.keys(more).length',
    replace: '|| !more',
  },
  {
    name: 'any input',
    killer: 'one run at a time; its input is held against the contract; stopped, it is gone',
    file: SERVER,
    find: 'contractOf(pipeline).input(input);',
    replace: 'contractOf(pipeline);',
  },
  {
    name: 'many runs at a time',
    killer: 'one run at a time; its input is held against the contract; stopped, it is gone',
    file: SERVER,
    find: 'if (this.#run && !this.#run.ended) {',
    replace: 'if (this.#run?.ended) {',
  },
  {
    name: 'any id is that of the run',
    killer: 'one run at a time; its input is held against the contract; stopped, it is gone',
    file: SERVER,
    find: 'if (this.#run?.id === id) return this.#run;',
    replace: 'if (this.#run && id) return this.#run;',
  },
  {
    name: 'the id of a run can be guessed',
    killer: 'one run at a time; its input is held against the contract; stopped, it is gone',
    file: RUN,
    find: 'readonly id = randomUUID();',
    replace: 'readonly id = `${randomUUID().length}`;',
  },
] satisfies Guard[];
