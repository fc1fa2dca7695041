/** Checking input: the same rules and the same words for every pipeline. */
import type { z } from 'zod';

/** What names may look like: they go into file names. */
export const NAME = /^[A-Za-z0-9_-]+$/;

/** The rules that every pipeline has. */
export const COMMON_RULES = {
  name: 'must be letters, digits, "-" or "_"',
  secret: 'must not hold a secret: write ${NAME} for it',
  type: 'has the wrong type',
};

// #region secrets
// #step What a secret in a URL looks like
const PASSWORD = /^[^:]+:\/*[^:/?#]*:([^/?#]*)@/g;
const TOKEN = /^(?:https?|nats):\/*([^:/?#@]*)@/gi;
const WORDS =
  'pass(?:word|wd|phrase)?|pwd|[a-z]*token|[a-z]*secret|' +
  '(?:api|access|auth|private)[-_]?key|sig(?:nature)?|' +
  'auth(?:orization)?|credentials?|jwt';
const NAMED = new RegExp(
  '[?&;](?:key|(?:[^=&;]*[^=&;a-z])?' +
    `(?:${WORDS})(?:[^=&;a-z][^=&;]*)?)=([^&;#]*)`,
  'gi',
);
const OBSCURED = new RegExp(
  '[?&;][^=&;]*%(?:[46][1-9a-f]|[57][0-9a]|2[de]|5f)' +
    '[^=&;]*=([^&;#]*)',
  'gi',
);
const SECRETS = [PASSWORD, TOKEN, NAMED, OBSCURED];
const PLACEHOLDER = /^(\$\{\w+\})?$/;

// #step Only a name may stand where a secret would
export function hidesSecrets(url: string): boolean {
  return SECRETS.every((secret) => {
    const found = [...url.matchAll(secret)];
    return found.every(([, value = '']) =>
      PLACEHOLDER.test(value),
    );
  });
}
// #endregion secrets

/** For a schema: a missing field breaks its own rule, a field of another type has the wrong type. */
export const withRule = (rule: string) => ({
  error: (issue: { code?: string; input?: unknown }) => {
    const { code, input } = issue;
    const unknown =
      code === 'invalid_value' && typeof input === 'string';
    return input === undefined || unknown
      ? rule
      : COMMON_RULES.type;
  },
});

/** `sources[0].source_id: rule`; of a wrong type only the outermost field is named. */
export function messageOf(issue?: z.core.$ZodIssue): string {
  const { path = [], message = '' } = issue ?? {};
  const [top = 'input', ...inner] = path;
  const named = message === COMMON_RULES.type ? [] : inner;
  const field = named.map((key) =>
    typeof key === 'number' ? `[${key}]` : `.${String(key)}`,
  );
  return `${String(top)}${field.join('')}: ${message}`;
}
