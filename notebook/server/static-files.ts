/** The files of a built site, as a static host gives them. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

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

/** What a static host answers for a path inside of `folder`. */
export async function fileFor(
  folder: string,
  path: string,
): Promise<{ status: number; type: string; body: Buffer }> {
  const wanted = await fileAt(join(folder, decoded(path)), await realpath(folder));
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

/** The file at a path, or that of a folder; none where dots or links lead out of `root`. */
async function fileAt(path: string, root: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return fileAt(join(path, 'index.html'), root);
  const inside = found?.isFile() && (await realpath(path)).startsWith(root + sep);
  return inside ? path : null;
}
