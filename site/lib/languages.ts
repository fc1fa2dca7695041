/** The languages of the notebook: how each is called, and where it keeps a pipeline's files. */

export type Lang = 'ts' | 'go' | 'rust';

export interface Language {
  id: Lang;
  label: string;
  /** The folder of its pipelines, from the repository's root. */
  folder: string;
  /** The end of its files' names, without the dot. */
  extension: string;
}

/** In the order in which the page shows them. TypeScript comes first: twins are held against it. */
export const LANGUAGES: Record<Lang, Language> = {
  ts: { id: 'ts', label: 'TypeScript', folder: 'examples/ts', extension: 'ts' },
  go: { id: 'go', label: 'Go', folder: 'examples/reference/go', extension: 'go' },
  rust: { id: 'rust', label: 'Rust', folder: 'examples/reference/rust/src', extension: 'rs' },
};

export const LANGS: readonly Lang[] = ['ts', 'go', 'rust'];

/** What may stand side by side. */
export const PAIRS: readonly (readonly [Lang, Lang])[] = [
  ['ts', 'go'],
  ['ts', 'rust'],
  ['go', 'rust'],
];

/**
 * Where the gallery of mistakes is: `mistakes/clock` is one mistake, a folder with its files in every
 * language. tests/mistakes proves their lines, by asserting how each fails; no scenario runs them.
 */
export const MISTAKES = 'mistakes';

/** Which tests prove the lines of an example: the scenarios, under coverage, or tests/mistakes. */
export function proofOf(pipeline: string): 'scenarios' | 'mistakes' {
  return pipeline.startsWith(`${MISTAKES}/`) ? 'mistakes' : 'scenarios';
}

/** `('go', 'etl', 'workflow')` → `examples/reference/go/etl/workflow.go` */
export function pathOf(lang: Lang, pipeline: string, file: string): string {
  const { folder, extension } = LANGUAGES[lang];
  const room = proofOf(pipeline) === 'mistakes' ? 'examples' : folder;
  return `${room}/${pipeline}/${file}.${extension}`;
}

/** `etl/workflow` → `{ pipeline: 'etl', file: 'workflow' }` */
export function parted(name: string): { pipeline: string; file: string } {
  const slash = name.lastIndexOf('/');
  return { pipeline: name.slice(0, slash), file: name.slice(slash + 1) };
}
