/** JSON, read strictly (RFC 8259) and without losing a digit. */

/** A number as its text: what `JSON.stringify` writes as it is. */
interface RawJson {
  rawJSON: string;
}

declare global {
  interface JSON {
    parse(
      text: string,
      reviver: (
        key: string,
        value: unknown,
        context: { source: string },
      ) => unknown,
    ): unknown;
    rawJSON(text: string): RawJson;
    isRawJSON(value: unknown): value is RawJson;
  }
}

const MAX_DEPTH = 100;
const BOM = '\uFEFF';

/**
 * Strict JSON: UTF-8, at most 100 levels deep, no half of a surrogate pair, one byte order mark
 * at most. Throws for all else. A number that a double would not hold is kept as its text.
 */
export function parseJson(json: string | Uint8Array): unknown {
  const text =
    typeof json === 'string'
      ? withoutMark(json)
      : new TextDecoder('utf-8', { fatal: true }).decode(json);
  check(text);
  return parseExact(text);
}

/** JSON of our own: only its numbers need care. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_, value, { source }) =>
    typeof value === 'number' && String(value) !== source
      ? JSON.rawJSON(source)
      : value,
  );
}

/** The text of a JSON number; none for any other value. */
export function tokenOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return JSON.isRawJSON(value) ? value.rawJSON : undefined;
}

/** Whether it is a JSON object. */
export function isObject(
  value: unknown,
): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !JSON.isRawJSON(value)
  );
}

function withoutMark(text: string): string {
  return text.startsWith(BOM) ? text.slice(1) : text;
}

/** What `JSON.parse` lets pass: half a pair (also in a value that a later one replaces), and any depth. */
function check(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at];
    if (mark === '"') at = endOfString(text, at);
    else if (mark === '[' || mark === '{') depth += 1;
    else if (mark === ']' || mark === '}') depth -= 1;
    if (depth > MAX_DEPTH) throw new Error('too deep');
  }
}

function endOfString(text: string, start: number): number {
  let end = start + 1;
  let escapes = false;
  while (end < text.length && text[end] !== '"') {
    const escaped = text[end] === '\\';
    escapes ||= escaped;
    end += escaped ? 2 : 1;
  }
  const token = text.slice(start, end + 1);
  const string = escapes ? JSON.parse(token) : token;
  if (!string.isWellFormed()) throw new Error('half a pair');
  return end;
}
