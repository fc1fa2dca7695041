/** Files of recordings/ that are not recordings: JSON, held against its shape. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';

/** The file, of this shape; throws an error that names the file and the place in it. `made` writes it. */
export function readChecked<T extends z.ZodType>(
  root: string,
  file: string,
  shape: T,
  made: string,
): z.infer<T> {
  if (!existsSync(join(root, file))) {
    throw new Error(`${file}: there is no such file: ${made} writes it`);
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(root, file), 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
  const checked = shape.safeParse(json);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new Error(`${file}: ${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}
