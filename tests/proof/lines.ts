/** The lines that pages show, and which of them the scenarios executed. */
import { existsSync } from 'node:fs';
import type { Language } from '../../sandbox/languages.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { findCompares } from '../../site/lib/compare-references.ts';
import { LANGS, type Lang, proofOf, readTwins } from '../../site/lib/examples.ts';
import type { FileLines, Group, Reader } from './lines/counts.ts';
import { readGo } from './lines/go.ts';
import { readRust } from './lines/rust.ts';
import { readTypeScript } from './lines/ts.ts';
import { coverageOf, runsOf } from './runs.ts';

/** A region that pages show, in one language. */
export interface Shown {
  language: Language['id'];
  /** The folder of the example: a pipeline, `connectors` or `domain`. */
  pipeline: string;
  /** Path from the root. */
  file: string;
  region: string;
  lines: number[];
  /** The pages, as paths from the root. */
  pages: string[];
}

const READERS: Record<Language['id'], Reader> = { ts: readTypeScript, go: readGo, rust: readRust };

/** Every region that is shown and that scenarios must prove, in every language, in the order of the pages. */
export function shownRegions(): Shown[] {
  const shown = new Map<string, Shown>();
  for (const { page, pipeline, file, region } of findCompares(ROOT).found) {
    if (proofOf(pipeline) !== 'scenarios') continue;
    const twins = readTwins(pipeline, file, region, ROOT);
    for (const language of LANGS as readonly Lang[]) {
      const { file: path, lines } = twins[language];
      const key = `${path}#${region}`;
      const known = shown.get(key) ?? { language, pipeline, file: path, region, lines, pages: [] };
      if (!known.pages.includes(page)) known.pages.push(page);
      shown.set(key, known);
    }
  }
  return [...shown.values()];
}

/** What the runs of scenarios executed of files (paths from the root), in one language. */
export function executed(
  language: Language['id'],
  files: string[],
  groups: Group[],
): Promise<Map<string, FileLines>> {
  return READERS[language](
    groups.map(({ name, folders }) => ({ name, folders: folders.filter((folder) => existsSync(folder)) })),
    files,
  );
}

/** The counts of a language, a group for each scenario of these pipelines: there when recordings are made. */
export function groupsOf(language: Language['id'], pipelines: string[]): Group[] {
  return pipelines.flatMap((pipeline) =>
    runsOf(language, pipeline).map(({ scenario }) => {
      return { name: scenario, folders: [coverageOf({ language, pipeline, scenario })] };
    }),
  );
}

/** The lines that are shown and were not executed, with their pages; and the files of which nothing was counted. */
export function unproven(shown: Shown[], found: Map<string, FileLines>): string[] {
  const files = [...new Set(shown.map(({ file }) => file))];
  const uncounted = files.filter((file) => !found.get(file)?.hits.size);
  const open = shown.flatMap(({ file, lines, pages }) =>
    lines
      .filter((line) => found.get(file)?.hits.get(line) === 0)
      .map((line) => `${file}:${line} is shown by ${pages.join(', ')}, and no scenario executes it`),
  );
  return [...uncounted.map((file) => `${file} is shown, and no worker counted anything of it`), ...open];
}
