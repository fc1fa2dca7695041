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

/** `('go', 'etl', 'workflow')` → `examples/reference/go/etl/workflow.go` */
export function pathOf(lang: Lang, pipeline: string, file: string): string {
  const { folder, extension } = LANGUAGES[lang];
  return `${folder}/${pipeline}/${file}.${extension}`;
}
