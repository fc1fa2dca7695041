/** Whether the tests still have what a page promises: names, looked up in the file that the tests run. */
import { readSource } from './regions.ts';

/** Lists of tests that are not where a lesson's are: their file, and the part of a page that has them. */
const ELSEWHERE: Record<string, { file?: string; page: string } | undefined> = {
  handover: {
    file: 'tests/scenarios/handover.test.ts',
    page: 'lessons/one-workflow-three-languages/#prove-it',
  },
  mistakes: { file: 'tests/mistakes/mistakes.test.ts', page: 'reference/mistakes/' },
  tour: { page: 'reference/three-languages/#prove-it' },
};

/** `etl` → tests/scenarios/etl/scenarios.ts */
export function scenarioFile(pipeline: string): string {
  return ELSEWHERE[pipeline]?.file ?? `tests/scenarios/${pipeline}/scenarios.ts`;
}

/** Where the site lists the tests of a pipeline, from its root. */
export function proofPath(pipeline: string): string {
  return ELSEWHERE[pipeline]?.page ?? `lessons/${pipeline}/#prove-it`;
}

/**
 * Throws when the tests do not have one of the names: a page must not promise it then. A name may
 * leave out the ` (${broker})` at its end.
 */
export function checkNames(file: string, names: string[], root = process.cwd()): void {
  const source = readSource(root, file);
  const unknown = names.filter((name) => {
    const quoted = ["'", '"', '`'].map((quote) => quote + name.replaceAll(quote, `\\${quote}`) + quote);
    const written = [...quoted, `\`${name} (\${broker})\``];
    return !written.some((text) => source.includes(text));
  });
  if (unknown.length === 0) return;
  throw new Error(`${file} has no test ${unknown.map((name) => `"${name}"`).join(', ')}`);
}
