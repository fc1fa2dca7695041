/** Which regions the pages show: every `<Compare>` in content/docs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One `<Compare>` on one page. */
export interface Reference {
  /** Path of the page from the repository's root. */
  page: string;
  line: number;
  pipeline: string;
  file: string;
  region: string;
}

/** A `<Compare>` whose attributes cannot be read without running the page. */
export interface Unreadable {
  page: string;
  line: number;
  missing: string[];
}

const PAGES = 'content/docs';
const ATTRIBUTES = ['pipeline', 'file', 'region'] as const;

/** Every `<Compare>` of every page under `root`, in the order of the pages' names. */
export function findCompares(root: string): { found: Reference[]; unreadable: Unreadable[] } {
  const found: Reference[] = [];
  const unreadable: Unreadable[] = [];
  for (const page of pagesIn(root)) {
    const text = withoutProse(readFileSync(join(root, page), 'utf8'));
    for (const tag of text.matchAll(/<Compare\b([^>]*)>/g)) {
      const line = text.slice(0, tag.index).split('\n').length;
      const given = attributesOf(tag[1] ?? '');
      const missing = ATTRIBUTES.filter((name) => !given.has(name));
      if (missing.length) {
        unreadable.push({ page, line, missing });
      } else {
        const [pipeline = '', file = '', region = ''] = ATTRIBUTES.map((name) => given.get(name));
        found.push({ page, line, pipeline, file, region });
      }
    }
  }
  return { found, unreadable };
}

function pagesIn(root: string): string[] {
  try {
    const names = readdirSync(join(root, PAGES), { recursive: true, encoding: 'utf8' });
    const pages = names.filter((name) => name.endsWith('.mdx'));
    return pages.map((name) => `${PAGES}/${name.replaceAll('\\', '/')}`).sort();
  } catch {
    return [];
  }
}

/** Blanks out fences, comments and inline code, where a `<Compare>` is only talked about. */
function withoutProse(text: string): string {
  const blank = (part: string) => part.replace(/[^\n]/g, ' ');
  return text
    .replace(/^ *(`{3,}|~{3,})[^\n]*\n[\s\S]*?^ *\1 *$/gm, blank)
    .replace(/\{\/\*[\s\S]*?\*\/\}/g, blank)
    .replace(/`[^`\n]*`/g, blank);
}

function attributesOf(text: string): Map<string, string> {
  const pairs = text.matchAll(/(\w+)=(?:"([^"]*)"|'([^']*)')/g);
  return new Map([...pairs].map(([, name = '', a, b]) => [name, a ?? b ?? '']));
}
