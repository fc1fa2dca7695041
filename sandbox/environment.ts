/** What a worker's process knows of the world: it starts with nothing, and is told what it needs. */
import { delimiter } from 'node:path';

export type Environment = Record<string, string>;

/** What a process needs to run at all, and to trust whom its machine trusts. */
const BASICS = [
  ...['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LANG', 'LC_ALL', 'TZ'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/** How the entries of each list of a worker are put together: see examples/ts/connectors/allowlist.ts. */
const LISTS = { PIPELINE_HOSTS: ',', PIPELINE_VARIABLES: ',', PIPELINE_ROOTS: delimiter };

/** What every worker is told. */
export function basics(): Environment {
  return pick((name) => BASICS.includes(name));
}

/** Where the user's own Temporal is, and how to get in: what the SDKs read. */
export function temporalSettings(): Environment {
  return pick((name) => name.startsWith('TEMPORAL_'));
}

/** What the user has said that callers of a worker may reach: the lists, the variables that they name, the staging. */
export function usersSettings(): Environment {
  const listed = (process.env.PIPELINE_VARIABLES ?? '')
    .split(/[\s,]+/)
    .map((pair) => pair.split('=')[0] ?? '');
  return pick((name) => name in LISTS || name === 'STAGING_URL' || listed.includes(name));
}

/** Two environments as one: of lists, the entries of both; of what else both have, that of `more`. */
export function joined(environment: Environment, more: Environment): Environment {
  const lists = Object.entries(LISTS).map(([name, separator]) => [
    name,
    [environment[name], more[name]].filter(Boolean).join(separator),
  ]);
  return { ...environment, ...more, ...Object.fromEntries(lists) };
}

function pick(wanted: (name: string) => boolean): Environment {
  const found = Object.entries(process.env).filter(([name, value]) => value !== undefined && wanted(name));
  return Object.fromEntries(found) as Environment;
}
