/**
 * A strict content security policy for a static Starlight build, written into each page.
 *
 * Astro's own `security.csp` hashes what Astro bundles, but neither Starlight's `is:inline` scripts
 * nor `style` attributes. So this works on the finished pages: custom properties in style attributes
 * become classes, what is left inline is hashed, and each page gets a <meta> with its own policy.
 */
import { createHash } from 'node:crypto';

const BLOCK = /<(script|style)\b([^>]*)>([\s\S]*?)<\/\1>/gi;
const TAG = /<[a-zA-Z][^\s/>]*(?:\s+[^\s=>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*\s*\/?>/g;
const STYLE = /\sstyle=(?:"([^"]*)"|'([^']*)')/;
const CLASS = /(\sclass=)(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/;
const CHARSET = /<meta charset="utf-8"\s*\/?>/i;

/** Class name to declarations: what was moved out of style attributes. */
export type Rules = Map<string, string>;

interface Hashes {
  script: Set<string>;
  style: Set<string>;
  attribute: Set<string>;
}

/** The page with its policy, and without style attributes that only set custom properties. */
export function harden(html: string, rules: Rules): string {
  const hashes: Hashes = { script: new Set(), style: new Set(), attribute: new Set() };
  const kept: string[] = [];
  // Take scripts and styles out first: what looks like a tag inside of them is none.
  const bare = html.replace(BLOCK, (all, tag: string, attributes: string, body: string) => {
    const kind = tag.toLowerCase() as 'script' | 'style';
    if (body.trim() && runs(kind, attributes)) hashes[kind].add(`'sha256-${sha(body)}'`);
    return `\0${kept.push(all) - 1}\0`;
  });
  const classed = bare.replace(TAG, (tag) => styleToClass(tag, rules, hashes.attribute));
  if (!CHARSET.test(classed)) throw new Error('A page has no <meta charset="utf-8">');
  const policy = `<meta http-equiv="content-security-policy" content="${policyOf(hashes)}">`;
  return classed
    .replace(CHARSET, (charset) => charset + policy)
    .replace(/\0(\d+)\0/g, (_, i) => kept[Number(i)] ?? '');
}

/** Whether the browser would run, or apply, the text between the tags. */
function runs(kind: 'script' | 'style', attributes: string): boolean {
  if (kind === 'style') return true;
  const type = /\stype=["']?([^\s"'>]+)/.exec(attributes)?.[1] ?? 'module';
  return /^module$|javascript|importmap|speculationrules/.test(type) && !/\ssrc=/.test(attributes);
}

function styleToClass(tag: string, rules: Rules, hashes: Set<string>): string {
  const found = STYLE.exec(tag);
  if (!found) return tag;
  const value = decode(found[1] ?? found[2] ?? '');
  const css = value.trim().replace(/;$/, '');
  // Only custom properties move: scripts may set and clear the others (`el.style.display = ''`).
  if (css && !css.startsWith('--')) {
    hashes.add(`'sha256-${sha(value)}'`);
    return tag;
  }
  const rest = tag.replace(STYLE, '');
  if (!css) return rest;
  const name = `x${sha(css, 'hex').slice(0, 5)}`;
  if ((rules.get(name) ?? css) !== css) throw new Error(`Two styles share the class ${name}`);
  rules.set(name, css);
  return CLASS.test(rest)
    ? rest.replace(CLASS, (_, at, a, b, c) => `${at}"${a ?? b ?? c} ${name}"`)
    : rest.replace(/^<[^\s/>]+/, (start) => `${start} class="${name}"`);
}

function policyOf({ script, style, attribute }: Hashes): string {
  const attributes = attribute.size ? `'unsafe-hashes' ${[...attribute].join(' ')}` : `'none'`;
  return [
    `default-src 'none'`,
    ['script-src', `'self'`, ...script].join(' '),
    ['style-src', `'self'`, ...style].join(' '),
    `style-src-attr ${attributes}`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self'`,
    `worker-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
}

/** The rules of the classes that style attributes became. */
export function stylesheet(rules: Rules): string {
  const sorted = [...rules].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, css]) => `.${name}{${css}}`).join('');
}

export function sha(text: string, encoding: 'base64' | 'hex' = 'base64'): string {
  return createHash('sha256').update(text).digest(encoding);
}

function decode(text: string): string {
  return text
    .replace(/&(?:quot|#34);/g, '"')
    .replace(/&#(?:39|x27);/g, "'")
    .replaceAll('&amp;', '&');
}
