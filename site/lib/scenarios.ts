/** The names of a pipeline's scenarios, read from the file that the tests run. */
import { readSource } from './regions.ts';

/** `etl` → tests/twins/etl.scenarios.ts */
export function scenarioFile(pipeline: string): string {
  return `tests/twins/${pipeline}.scenarios.ts`;
}

/** Every name that is written out in the pipeline's list. */
export function scenarioNames(pipeline: string, root = process.cwd()): string[] {
  const source = readSource(root, scenarioFile(pipeline));
  const found = source.matchAll(/\bname: '((?:[^'\\]|\\.)*)'/g);
  return [...found].map(([, name = '']) => name.replaceAll("\\'", "'"));
}

/** Throws when the list does not have one of the names: a page must not promise it then. */
export function checkNames(pipeline: string, names: string[], root = process.cwd()): void {
  const known = scenarioNames(pipeline, root);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const missing = unknown.map((name) => `"${name}"`).join(', ');
  throw new Error(`${scenarioFile(pipeline)} has no scenario ${missing}. It has:\n  ${known.join('\n  ')}`);
}
