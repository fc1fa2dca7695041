/** JSON, read strictly (RFC 8259) and without losing a digit. */

/** A number as its text: what `JSON.stringify` writes as it is. */
interface RawJson {
  rawJSON: string;
}

declare global {
  interface JSON {
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
  return parseExact(text);
}

/** The same of text that has no mark. */
export function parseExact(text: string): unknown {
  const marked = withMarks(text);
  const value: unknown = JSON.parse(marked);
  return marked === text ? value : withoutMarks(value);
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

const NUMBER = /-?\d[\d.eE+-]*/y;
const WHOLE_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** No text of others begins so. */
const MARK = `${crypto.randomUUID()}:`;
const NAME = `${crypto.randomUUID()}:`;
const COLON = /\s*:/y;

/**
 * The text, where each number that a double would not hold is a marked string: a reviver is told a
 * number's text, but not of one whose name was given twice. A name with an escape is marked, too: V8 13.6
 * takes it for another name that it has seen, which has a backslash there. Throws for what `JSON.parse` lets pass: half a
 * pair (also in a value that a later one replaces), and any depth.
 */
function withMarks(text: string): string {
  let depth = 0;
  let from = 0;
  let marked = '';
  for (let at = 0; at < text.length; at += 1) {
    const begin = text[at] ?? '';
    if (begin === '"') {
      const { end, name } = stringAt(text, at);
      if (name) {
        marked += text.slice(from, at) + name;
        from = end + 1;
      }
      at = end;
    } else if (begin === '[' || begin === '{') depth += 1;
    else if (begin === ']' || begin === '}') depth -= 1;
    else if (begin === '-' || (begin >= '0' && begin <= '9')) {
      NUMBER.lastIndex = at;
      const token = NUMBER.exec(text)?.[0] ?? begin;
      const isExact = String(Number(token)) === token;
      if (!isExact && WHOLE_NUMBER.test(token)) {
        marked += `${text.slice(from, at)}"${MARK}${token}"`;
        from = at + token.length;
      }
      at += token.length - 1;
    }
    if (depth > MAX_DEPTH) throw new Error('too deep');
  }
  return marked + text.slice(from);
}

function withoutMarks(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.startsWith(MARK)
      ? JSON.rawJSON(value.slice(MARK.length))
      : value;
  }
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (!isObject(value)) return value;
  const parts = Object.entries(value).map(([name, inner]) => [
    nameOf(name),
    withoutMarks(inner),
  ]);
  return Object.fromEntries(parts);
}

function nameOf(marked: string): string {
  return marked.startsWith(NAME)
    ? decodeURIComponent(marked.slice(NAME.length))
    : marked;
}

/** Where a string ends; and what to write for one that is a name with an escape. */
function stringAt(
  text: string,
  start: number,
): { end: number; name?: string } {
  let end = start + 1;
  let escapes = false;
  while (end < text.length && text[end] !== '"') {
    const escaped = text[end] === '\\';
    escapes ||= escaped;
    end += escaped ? 2 : 1;
  }
  const token = text.slice(start, end + 1);
  if (!escapes && token.isWellFormed()) return { end };
  const string: string = JSON.parse(token);
  if (!string.isWellFormed()) throw new Error('half a pair');
  COLON.lastIndex = end + 1;
  if (!COLON.test(text)) return { end };
  const plain = JSON.stringify(string);
  const name = plain.includes('\\')
    ? `"${NAME}${encodeURIComponent(string)}"`
    : plain;
  return { end, name };
}
