/** When a run on the test server may be asked how far it is. */
import { readFileSync } from 'node:fs';
import { ROOT } from '../tests/world/processes.ts';

/**
 * Whether the runs of a pipeline continue as new: by its contract, the input can carry what another run
 * handed on. The test server loses a query that meets a run at that moment, and the run stalls: such a
 * run is to be asked while it sleeps.
 */
export function continuesAsNew(pipeline: string): boolean {
  const { $defs } = JSON.parse(readFileSync(`${ROOT}/examples/contract/${pipeline}.json`, 'utf8'));
  return 'carried' in $defs.input.properties;
}
