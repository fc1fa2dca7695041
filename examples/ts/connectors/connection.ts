/** Connection strings: URLs in which `${NAME}` stands for a secret that only the worker knows. */
import { isIPv4, isIPv6 } from 'node:net';
import { fileURLToPath } from 'node:url';
import { invalidInput } from './failures.ts';

/** The parts of a URL as RFC 3986 has them: nothing is normalised that the other side may read. */
export interface Connection {
  scheme: string;
  /** Percent-decoded; empty when there is none. */
  user: string;
  password: string;
  /** In lower case; an IPv6 address without its brackets. */
  host: string;
  port: number | undefined;
  /** As it was written. */
  path: string;
  /** As it was written, without the question mark. */
  query: string | undefined;
}

const MAX_LENGTH = 2048;
/** What a URL may hold; every percent sign begins an escape. */
const LEGAL =
  /^(?:[\w.~:/?#[\]@!$&'()*+,;=-]|%(?!00)[\dA-Fa-f]{2})*$/;
/** RFC 3986, appendix B, without a fragment. */
const SHAPE =
  /^([^:/?#]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?$/;
const AUTHORITY =
  /^(?:([^@[\]]*)@)?(\[[^\]]*\]|[^:@[\]]*)(?::(\d{1,5}))?$/;
const LABELS = /^[\w-]+(?:\.[\w-]+)*$/;
const NUMERIC = /(?:^|\.)(?:\d+|0x[^.]*)$/;
const MAX_SUBJECT = 200;

/**
 * Puts the worker's environment into a connection string.
 *
 * A name stands for one part of the URL (a password, a host, a token), so its value is
 * percent-encoded. Throws `InvalidInput` that names an unset variable, or a URL that is none;
 * neither message holds a value.
 */
// #region resolve
export function resolve(
  connection: string,
  schemes: string[],
): Connection {
  // #step Secrets come from the worker's environment
  const filled = connection.replace(
    /\$\{(\w+)\}/g,
    (_, name) => {
      const known = Object.hasOwn(process.env, name);
      const value = known ? process.env[name] : undefined;
      if (value === undefined) {
        throw invalidInput(
          `environment variable ${name} is not set`,
        );
      }
      return encoded(value);
    },
  );

  // #step A URL holds only what RFC 3986 allows
  const legal =
    filled.length <= MAX_LENGTH && LEGAL.test(filled);
  const parts = legal ? split(filled) : undefined;

  // #step A connection string is a URL of a known scheme
  if (!parts || !schemes.includes(parts.scheme)) {
    const known = schemes.join(' or ');
    throw invalidInput(
      `connection_string: must be a ${known} URL`,
    );
  }
  return parts;
}
// #endregion resolve

/** The path in the file system that a `file://` connection string names. */
export function fileOf(connection: string): string {
  return pathOf(resolve(connection, ['file']));
}

/** The path in the file system of a resolved `file://` connection. */
export function pathOf({ path }: Connection): string {
  return fileURLToPath(`file://${path}`);
}

/** A value as one part of a URL. */
export function encoded(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (mark) =>
      `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function split(url: string): Connection | undefined {
  const [, name = '', authority = '', path = '', query] =
    SHAPE.exec(url) ?? [];
  const scheme = name.toLowerCase();
  const [, userinfo = '', written = '', digits] =
    AUTHORITY.exec(authority) ?? [];
  const port = digits === undefined ? 1 : Number(digits);
  const host = written.toLowerCase().replace(/^\[|\]$/g, '');
  const known =
    scheme === 'file'
      ? isFile(authority, path, query)
      : AUTHORITY.test(authority) &&
        isHost(written.toLowerCase(), host) &&
        port >= 1 &&
        port <= 65_535;
  const [user, password] = userinfoOf(userinfo);
  if (
    !known ||
    user === undefined ||
    !isText(path) ||
    !isText(query ?? '') ||
    (scheme === 'nats' && !isSubject(path, query))
  )
    return undefined;
  return {
    scheme,
    user,
    password: password ?? '',
    host,
    port: digits === undefined ? undefined : port,
    path,
    query,
  };
}

function isFile(
  authority: string,
  path: string,
  query: string | undefined,
): boolean {
  return (
    /^(?:localhost)?$/i.test(authority) &&
    /^\/+[^/]/.test(path) &&
    !/%2f|%5c/i.test(path) &&
    query === undefined
  );
}

/** A number at the end makes it an IPv4 address, which has one way to be written. */
function isHost(written: string, host: string): boolean {
  if (written.startsWith('['))
    return isIPv6(host) && !host.includes('%');
  return (
    LABELS.test(host) && (!NUMERIC.test(host) || isIPv4(host))
  );
}

function isSubject(
  path: string,
  query: string | undefined,
): boolean {
  const subject = path.slice(1);
  return (
    LABELS.test(subject) &&
    subject.length <= MAX_SUBJECT &&
    query === undefined
  );
}

function isText(escaped: string): boolean {
  try {
    decodeURIComponent(escaped);
    return true;
  } catch {
    return false;
  }
}

function userinfoOf(userinfo: string): string[] {
  if (!isText(userinfo)) return [];
  const [user = '', ...password] = userinfo.split(':');
  return [user, password.join(':')].map(decodeURIComponent);
}
