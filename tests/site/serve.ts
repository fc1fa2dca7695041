/** Serves a built site on 127.0.0.1, as a static host would: compressed, with its 404 page. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { fileFor } from '../../notebook/server/static-files.ts';

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
