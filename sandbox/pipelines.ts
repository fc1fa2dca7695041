/** Which pipelines there are: the folders of examples/ts that hold a workflow.ts. */
import { existsSync, readdirSync } from 'node:fs';
import { ROOT } from './processes.ts';

export const PIPELINES: string[] = readdirSync(`${ROOT}/examples/ts`)
  .filter((name) => existsSync(`${ROOT}/examples/ts/${name}/workflow.ts`))
  .sort();
