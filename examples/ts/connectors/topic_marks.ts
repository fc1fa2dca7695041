/**
 * Which messages a file topic holds: beside it, an empty file for each of their ids. So to publish costs the same
 * whatever the topic holds. All languages use the same marks.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Lock, writeAtomically } from './files.ts';

/** How far a topic is marked: its last line that is, in bytes, with its end, and the SHA-256 of it in hex. */
export interface Upto {
  from: number;
  to: number;
  sha256: string;
}

/** Whether the topic holds a message of this id, as far as it is marked. */
export function isMarked(file: string, id: string): boolean {
  return existsSync(markOf(file, id));
}

/** Marks that the topic holds a message of this id. */
export function mark(file: string, id: string): void {
  writeFileSync(markOf(file, id), '');
}

/** How far the topic is marked; undefined where nobody knows. */
export async function readUpto(
  file: string,
): Promise<Upto | undefined> {
  try {
    const text = await readFile(uptoOf(file), 'utf8');
    const upto = JSON.parse(text);
    return Number.isInteger(upto.to) ? upto : undefined;
  } catch {
    return undefined;
  }
}

/** Says how far the topic is marked: a crash before it makes no harm, what is marked again is as it was. */
export function writeUpto(
  file: string,
  upto: Upto,
): Promise<void> {
  return writeAtomically(uptoOf(file), JSON.stringify(upto));
}

/** Begins anew: the marks are of another topic, which had this name. */
export function unmark(file: string, lock: Lock): void {
  lock.check();
  rmSync(folderOf(file), { recursive: true, force: true });
  mkdirSync(folderOf(file), { recursive: true });
}

/** SHA-256 in hex. */
export function digest(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

const folderOf = (file: string) => `${file}.ids`;
const uptoOf = (file: string) => `${folderOf(file)}/upto.json`;
const markOf = (file: string, id: string) =>
  `${folderOf(file)}/${digest(id)}`;
