/** Files of recordings/ that are not recordings: JSON, held against its shape. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { memoByMtime } from './memo-by-mtime.ts';

/** The file, of this shape; throws an error that names the file and the place in it. `made` writes it. */
export function readJson<T extends z.ZodType>(
  root: string,
  file: string,
  shape: T,
  made: string,
): z.infer<T> {
  if (!existsSync(join(root, file))) {
    throw new Error(`${file}: there is no such file: ${made} writes it`);
  }
  return memoByMtime('json', join(root, file), (text) => check(file, text, shape));
}

function check<T extends z.ZodType>(file: string, text: string, shape: T): z.infer<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
  const checked = shape.safeParse(json);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new Error(`${file}: ${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}
