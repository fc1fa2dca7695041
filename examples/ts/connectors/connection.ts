/** Connection strings: URLs in which `${NAME}` stands for a secret that only the worker knows. */
import { invalidInput } from './failures.ts';

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
): URL {
  // #step Secrets come from the worker's environment
  const filled = connection.replace(
    /\$\{(\w+)\}/g,
    (_, name) => {
      const value = process.env[name];
      if (value === undefined) {
        throw invalidInput(
          `environment variable ${name} is not set`,
        );
      }
      return encodeURIComponent(value);
    },
  );

  // #step A connection string is a URL of a known scheme
  const url = URL.canParse(filled)
    ? new URL(filled)
    : undefined;
  const scheme = url?.protocol.slice(0, -1);
  if (!url || !scheme || !schemes.includes(scheme)) {
    const known = schemes.join(' or ');
    throw invalidInput(
      `connection_string: must be a ${known} URL`,
    );
  }
  return url;
}
// #endregion resolve
