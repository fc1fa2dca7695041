/** Connection strings: URLs in which `${NAME}` stands for a secret that only the worker knows. */
import { isIPv4, isIPv6 } from 'node:net';
import { fileURLToPath } from 'node:url';
import {
  checkHost,
  checkPath,
  checkVariables,
  variable,
} from './allowlist.ts';
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

/** A connection, and the names of the variables that went into it. */
export interface Resolved extends Connection {
  variables: string[];
}

/** The port where there is none in a URL. */
const PORTS: Record<string, number> = {
  postgres: 5432,
  postgresql: 5432,
  http: 80,
  https: 443,
  nats: 4222,
};

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
 * Puts the worker's environment into a connection string, and checks that the worker may go there.
 *
 * A name stands for one part of the URL (a password, a host, a token), so its value is
 * percent-encoded. Throws `InvalidInput` that names a variable or a list of the worker, or says
 * that the URL is none; no message holds a value. With `folder`, a root of the worker's is a place to go, too.
 */
// #region resolve
export function resolve(
  connection: string,
  schemes: string[],
  folder = false,
): Resolved {
  // #step Secrets come from the worker's environment
  const variables: string[] = [];
  const filled = connection.replace(
    /\$\{(\w+)\}/g,
    (_, name) => {
      variables.push(name);
      return encoded(variable(name));
    },
  );

  // #step A connection string is a URL of a known scheme
  const url = { ...partsOf(filled, schemes), variables };

  // #step Its worker decides where it may lead
  checkAccess(url, folder);
  return url;
}
// #endregion resolve

/** The parts of a URL of one of these schemes. Throws `InvalidInput` where it is none. */
export function partsOf(
  url: string,
  schemes: string[],
): Connection {
  const legal = url.length <= MAX_LENGTH && LEGAL.test(url);
  const parts = legal ? split(url) : undefined;
  if (!parts || !schemes.includes(parts.scheme)) {
    const known = schemes.join(' or ');
    throw invalidInput(
      `connection_string: must be a ${known} URL`,
    );
  }
  return parts;
}

/** Throws `InvalidInput` where the lists of the worker do not let a connection go. */
export function checkAccess(
  url: Resolved,
  folder = false,
): void {
  const { scheme, variables } = url;
  const local = scheme === 'file';
  const host = local ? '' : url.host;
  const port = url.port ?? PORTS[scheme] ?? 0;
  if (local) checkPath(pathOf(url), folder);
  else checkHost(host, port);
  checkVariables(variables, host, port);
}

/** The path in the file system that a `file://` connection string names. */
export function fileOf(connection: string): string {
  return pathOf(resolve(connection, ['file']));
}

/** The same, where it is a folder, to read and write within. */
export function folderOf(connection: string): string {
  return pathOf(resolve(connection, ['file'], true));
}

/** The path in the file system of a `file://` connection. */
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
