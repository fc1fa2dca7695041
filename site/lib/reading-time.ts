/** How long a page takes to read: by its words, and by its lines of code in one language. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCompares } from './compare-references.ts';
import { pathOf } from './languages.ts';
import { readRegion } from './regions.ts';

const WORDS_A_MINUTE = 200;
const LINES_A_MINUTE = 20;

/** Minutes for a page of content/docs, rounded up. */
export function readingMinutes(page: string, root = process.cwd()): number {
  const shown = findCompares(root).found.filter((one) => one.page === page);
  const lines = shown.reduce((sum, { pipeline, file, region }) => {
    const { code } = readRegion(root, pathOf('ts', pipeline, file), region);
    return sum + code.split('\n').filter((line) => line.trim()).length;
  }, 0);
  return Math.ceil(wordsOf(readFileSync(join(root, page), 'utf8')) / WORDS_A_MINUTE + lines / LINES_A_MINUTE);
}

/** The words of the prose: no front matter, no tags, no addresses of links. */
function wordsOf(text: string): number {
  const prose = text
    .replace(/^---\n[\s\S]*?\n---\n/, '')
    .replace(/^(?:import|export) [\s\S]*?;\n/gm, '')
    .replace(/<[A-Z]\w*[^>]*?(?:\{`[\s\S]*?`\}[^>]*?)?\/>/g, '')
    .replace(/<\/?\w[^>]*>/g, '')
    .replace(/\]\([^)]*\)/g, ']');
  return prose.match(/[\p{L}\p{N}][^\s|]*/gu)?.length ?? 0;
}
