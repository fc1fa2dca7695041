/**
 * The site's letters: variable fonts from npm, cut down to the characters and weights that pages use,
 * without ligatures and alternates. A character that is not among them falls back to the reader's own fonts.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fontProviders } from 'astro/config';
import subset from 'subset-font';

const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
const PROSE = `${ASCII}\u00a0–—‘’“”…·×≤≥≈−←→↑↓›éèêëáàâãåäçíìîïñóòôõøöúùûüßÉÖÜ§°µ½€`;

/** A cut is made once. */
const CACHE = '.cache/fonts';

interface Cut {
  style: 'normal' | 'italic';
  /** Lightest and boldest. */
  weights: [number, number];
  characters: string;
}

/** An entry of `fonts` in astro.config.mjs. */
async function font(name: string, cssVariable: `--${string}`, fallback: string, cuts: Cut[]) {
  const variants = cuts.map(async (cut) => ({
    weight: cut.weights.join(' '),
    style: cut.style,
    src: [await cutOut(name.toLowerCase().replaceAll(' ', '-'), cut)] as [string],
  }));
  return {
    name,
    cssVariable,
    provider: fontProviders.local(),
    fallbacks: [fallback],
    options: { variants: (await Promise.all(variants)) as [Awaited<(typeof variants)[number]>] },
  };
}

/** The path of a font file with nothing else in it. */
async function cutOut(family: string, { style, weights: [min, max], characters }: Cut): Promise<string> {
  const source = readFileSync(
    `node_modules/@fontsource-variable/${family}/files/${family}-latin-wght-${style}.woff2`,
  );
  const key = createHash('sha256').update(source).update(`${min} ${max} ${characters} no closure`);
  const path = `${CACHE}/${family}-${style}-${key.digest('hex').slice(0, 12)}.woff2`;
  if (!existsSync(path)) {
    const variationAxes = { wght: min === max ? min : { min, max } };
    const options = { targetFormat: 'woff2', variationAxes, noLayoutClosure: true } as const;
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(path, await subset(source, characters, options));
  }
  return `./${path}`;
}

export const fonts = await Promise.all([
  font('Inter', '--font-sans', 'sans-serif', [
    { style: 'normal', weights: [400, 700], characters: PROSE },
    { style: 'italic', weights: [400, 400], characters: PROSE },
  ]),
  font('Source Serif 4', '--font-serif', 'serif', [
    { style: 'normal', weights: [400, 620], characters: PROSE },
  ]),
  font('JetBrains Mono', '--font-mono', 'monospace', [
    { style: 'normal', weights: [400, 400], characters: PROSE },
  ]),
]);
