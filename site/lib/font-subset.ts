/**
 * Cuts fonts from npm down to the characters and weights that are used, without ligatures and
 * alternates. A character that is not among them falls back to the reader's own fonts.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import subset from 'subset-font';

const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
const CHARACTERS = `${ASCII}\u00a0–—‘’“”…·×≤≥≈−←→↑↓›éèêëáàâãåäçíìîïñóòôõøöúùûüßÉÖÜ§°µ½€`;

/** A cut is made once. */
const CACHE = '.cache/fonts';

export interface Cut {
  /** The font's own name, such as `Source Serif 4`. */
  family: string;
  style: 'normal' | 'italic';
  /** Lightest and boldest; one weight alone when they are the same. */
  weights: [number, number];
  format: 'woff2' | 'truetype';
}

/** The path of a font file that has nothing else in it. */
export async function cut({ family, style, weights: [min, max], format }: Cut): Promise<string> {
  const name = family.toLowerCase().replaceAll(' ', '-');
  const source = readFileSync(
    `node_modules/@fontsource-variable/${name}/files/${name}-latin-wght-${style}.woff2`,
  );
  const key = createHash('sha256').update(source).update(`${min} ${max} ${CHARACTERS}`).digest('hex');
  const end = format === 'woff2' ? 'woff2' : 'ttf';
  const path = `${CACHE}/${name}-${style}-${key.slice(0, 12)}.${end}`;
  if (!existsSync(path)) {
    const variationAxes = { wght: min === max ? min : { min, max } };
    const options = { targetFormat: format, variationAxes, noLayoutClosure: true };
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(path, await subset(source, CHARACTERS, options));
  }
  return path;
}
