/** Serves a built site on 127.0.0.1, as a static host would: compressed, with its 404 page. */
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
  '.xml': 'text/xml',
};
const TEXT = /^text|json|xml/;

export interface Served {
  /** With the base path and without a slash at the end. */
  url: string;
  close(): void;
}

/** Serves `folder` under `base`; what does not exist is answered with its 404.html. */
export async function serve(folder: string, base = '/'): Promise<Served> {
  const prefix = `/${base}/`.replace(/\/+/g, '/');
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const inside = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : '404.html';
    const { status, type, body } = await fileFor(folder, inside);
    const small = TEXT.test(type) && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    response.writeHead(status, {
      'content-type': type,
      // Names in _astro tell of their content.
      'cache-control': inside.startsWith('_astro/') ? 'max-age=31536000, immutable' : 'no-cache',
      ...(small ? { 'content-encoding': 'gzip', vary: 'accept-encoding' } : {}),
    });
    response.end(small ? gzipSync(body) : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix.slice(0, -1)}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What a static host answers for a path inside of `folder`. */
export async function fileFor(
  folder: string,
  path: string,
): Promise<{ status: number; type: string; body: Buffer }> {
  const wanted = await fileAt(join(folder, normalize(`/${decoded(path)}`)));
  const file = wanted ?? join(folder, '404.html');
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  return { status: wanted ? 200 : 404, type, body: await readFile(file) };
}

/** What cannot be decoded is the path of nothing. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '\0';
  }
}

async function fileAt(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return fileAt(join(path, 'index.html'));
  return found ? path : null;
}
