/** Secrets of the sandbox. */
import { randomBytes } from 'node:crypto';

/** What a URL minds: a secret that is put into one as it is breaks it, or means another. */
const AWKWARD = '/@:?#&+%41';

/** A new secret: nobody guesses it, and only what is percent-encoded gets through a URL whole. */
export const newSecret = (): string => `${randomBytes(16).toString('hex')}${AWKWARD}`;

/** How a secret may be seen where none should be: its part that no encoding changes. */
export const traceOf = (secret: string): string => secret.replace(AWKWARD, '');
