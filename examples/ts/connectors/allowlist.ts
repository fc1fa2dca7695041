/**
 * What callers may reach through this worker: lists in its environment, which its operator alone writes.
 *
 * `PIPELINE_HOSTS`: hosts, each with a port or for any, as in `db.example.com:5432,api.example.com`.
 * `PIPELINE_VARIABLES`: the hosts that may see a variable, as in `PG_PASSWORD=db.example.com:5432,TOKEN=api.example.com`.
 * `PIPELINE_ROOTS`: folders, written as in `PATH`, below which files may be read and written.
 * A list that is not set is empty; `*` is any host.
 */
import { lstatSync, realpathSync } from 'node:fs';
import {
  resolve as absolute,
  basename,
  delimiter,
  dirname,
  join,
  sep,
} from 'node:path';
import { invalidInput } from './failures.ts';

/** The value of an environment variable that callers may name. Throws `InvalidInput` that names it. */
// #region variable
export function variable(name: string): string {
  // #step A name that is not listed stands for nothing
  if (!pairs().some(([listed]) => listed === name)) {
    const why = 'is not in PIPELINE_VARIABLES';
    throw invalidInput(`environment variable ${name} ${why}`);
  }
  const value = process.env[name];
  if (value === undefined) {
    const why = 'is not set';
    throw invalidInput(`environment variable ${name} ${why}`);
  }
  return value;
}
// #endregion variable

/** Throws `InvalidInput` where a host may not see one of the variables; a file has none. */
export function checkVariables(
  names: string[],
  host: string,
  port: number,
): void {
  for (const name of names) {
    const hosts = pairs()
      .filter(([listed]) => listed === name)
      .map(([, seenBy]) => seenBy);
    if (!isAmong(hosts, host, port)) {
      throw invalidInput(
        `environment variable ${name} may not go there: see PIPELINE_VARIABLES`,
      );
    }
  }
}

/** Throws `InvalidInput` where the worker may not talk to a host; an IPv6 address is without its brackets. */
export function checkHost(host: string, port: number): void {
  if (!isAmong(listOf('PIPELINE_HOSTS'), host, port))
    throw invalidInput('host is not in PIPELINE_HOSTS');
}

/**
 * Throws `InvalidInput` where a path leads out of the roots, links followed. A file is below one of them; a folder may
 * be one.
 */
// #region path
export function checkPath(path: string, folder: boolean): void {
  // #step Where it leads, whatever links are on the way
  const real = realOf(absolute(path));
  const inner = real && (folder ? real : dirname(real));

  // #step Below a folder that the operator has named
  const inside = roots()
    .map(realOf)
    .some((root) => root && inner && isWithin(root, inner));
  if (!inside) {
    throw invalidInput('path is not under PIPELINE_ROOTS');
  }
}
// #endregion path

function listOf(name: string): string[] {
  const list = process.env[name] ?? '';
  return list.split(/[\s,]+/).filter(Boolean);
}

function roots(): string[] {
  const list = process.env.PIPELINE_ROOTS ?? '';
  return list.split(delimiter).filter(Boolean);
}

/** Names, and a host that may see each: a name may be there more than once. */
function pairs(): [string, string][] {
  return listOf('PIPELINE_VARIABLES').map((pair) => {
    const [name = '', ...host] = pair.split('=');
    return [name, host.join('=')];
  });
}

function isAmong(
  listed: string[],
  host: string,
  port: number,
): boolean {
  const name = host.includes(':') ? `[${host}]` : host;
  const names = name ? ['*', name, `${name}:${port}`] : ['*'];
  return listed.some((one) =>
    names.includes(one.toLowerCase()),
  );
}

/** A path without links; what is not there yet is where its folder is. None for a link that leads nowhere. */
function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    if (isLink(path) || folder === path) return undefined;
    const real = realOf(folder);
    return real && join(real, basename(path));
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function isWithin(root: string, path: string): boolean {
  const start = root.endsWith(sep) ? root : `${root}${sep}`;
  return `${path}${sep}`.startsWith(start);
}
