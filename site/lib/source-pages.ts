/** The pages that show an example's file whole. */

import { findCompares } from './compare-references.ts';
import { LANGS, type Lang, parted, pathOf } from './languages.ts';
import { isMarker, readRegions, readSource } from './regions.ts';
import { linkTo } from './site-url.ts';

/** A file to show, and its twins to switch to. */
export interface SourceFile {
  lang: Lang;
  path: string;
  twins: { lang: Lang; path: string }[];
}

/** A file without its marker lines, and where its regions begin. */
export interface Listing {
  code: string;
  /** For each line that is shown its 1-based line in the file. */
  lines: number[];
  /** Where regions begin, in lines that are shown. */
  anchors: { line: number; id: string }[];
}

/** The address of the page of a file, under the site's base path. */
export function sourceUrl(path: string): string {
  return linkTo(`source/${path}/`);
}

/** Every file that some page cuts from, in every language. */
export function sourceFiles(root = process.cwd()): SourceFile[] {
  const names = new Set(findCompares(root).found.map((ref) => `${ref.pipeline}/${ref.file}`));
  return [...names].flatMap((name) => {
    const { pipeline, file } = parted(name);
    const twins = LANGS.map((lang) => ({ lang, path: pathOf(lang, pipeline, file) }));
    return twins.map((twin) => ({ ...twin, twins }));
  });
}

/** The file as it is shown. */
export function listing(path: string, root = process.cwd()): Listing {
  const lines = readSource(root, path).trimEnd().split(/\r?\n/);
  const shownBefore = (line: number) => lines.slice(0, line).filter((l) => !isMarker(l)).length;
  return {
    code: lines.filter((line) => !isMarker(line)).join('\n'),
    lines: lines.flatMap((line, i) => (isMarker(line) ? [] : [i + 1])),
    anchors: readRegions(root, path).map(({ name, from }) => ({
      id: name,
      line: shownBefore(from) + 1,
    })),
  };
}
