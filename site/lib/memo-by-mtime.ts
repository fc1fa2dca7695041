/** Makes something of a file once, and anew when the file has changed: a build reads many of them often. */
import { readFileSync, statSync } from 'node:fs';

const made = new Map<string, { stamp: string; value: unknown }>();

/** What `make` makes of the file's text. `what` tells apart what is made of one file. Throws as reading does. */
export function memoByMtime<T>(what: string, path: string, make: (text: string) => T): T {
  const { mtimeMs, size } = statSync(path);
  const [key, stamp] = [`${what} ${path}`, `${mtimeMs} ${size}`];
  const known = made.get(key);
  if (known?.stamp === stamp) return known.value as T;
  const value = make(readFileSync(path, 'utf8'));
  made.set(key, { stamp, value });
  return value;
}
