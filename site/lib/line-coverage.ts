/**
 * What the scenarios executed of the code on a page: recordings/<folder>/lines.json, which `npm run
 * record` writes, cut to what a `<Compare>` shows. A page fetches it when a reader asks.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LANGS, type Lang, pathOf } from './languages.ts';
import { readJson } from './read-json.ts';
import { readRegions } from './regions.ts';

const Lines = z.record(
  z.string(),
  z.record(
    z.string(),
    z.object({
      lines: z.record(z.string(), z.int()),
      regions: z.record(z.string(), z.array(z.string())),
    }),
  ),
);

/** Of a region in one language: how often each of its lines ran, and by which scenarios. */
export interface RegionCoverage {
  /** One a line, as the region is shown; null for what is no code: comments, types, brackets. */
  hits: (number | null)[];
  /** Places in the list of all scenarios. */
  by: number[];
}

/** A file of a pipeline in all languages, as the page fetches it. */
export interface FileCoverage {
  scenarios: string[];
  regions: Record<string, Record<Lang, RegionCoverage>>;
}

/** `undefined` when nothing is recorded of this folder. */
export function lineCoverageOf(folder: string, file: string, root = process.cwd()): FileCoverage | undefined {
  const report = `recordings/${folder}/lines.json`;
  if (!existsSync(join(root, report))) return undefined;
  const lines = readJson(root, report, Lines, 'npm run record');
  const scenarios: string[] = [];
  const indexOf = (name: string) => {
    if (!scenarios.includes(name)) scenarios.push(name);
    return scenarios.indexOf(name);
  };
  const regions: FileCoverage['regions'] = {};
  for (const lang of LANGS) {
    const path = pathOf(lang, folder, file);
    const told = lines[lang]?.[path];
    for (const region of readRegions(root, path)) {
      regions[region.name] = {
        ...(regions[region.name] as Record<Lang, RegionCoverage>),
        [lang]: {
          hits: region.lines.map((line) => told?.lines[line] ?? null),
          by: (told?.regions[region.name] ?? []).map(indexOf),
        },
      };
    }
  }
  return { scenarios, regions };
}

/** How many scenarios executed a region, in any language. */
export function provenBy({ regions }: FileCoverage, region: string): number {
  return new Set(Object.values(regions[region] ?? {}).flatMap(({ by }) => by)).size;
}
