/** January 2013: flights from a database, weather from an API, planes from a file, into a database. */
import { pathToFileURL } from 'node:url';
import type { DataSource, ETLInput } from '../../examples/ts/etl/types.ts';
import { table } from '../data.ts';
import type { Demo } from '../demo.ts';
import type { Sandbox } from '../sandbox.ts';

/** The sources of January in a sandbox: 27,004 flights, 26,115 hours of weather, 3,322 planes. */
export function january(sandbox: Sandbox): DataSource[] {
  const planes = pathToFileURL(table('planes')).href;
  return [
    { source_id: 'flights', source_type: 'database', connection_string: sandbox.database.url('flights') },
    { source_id: 'weather', source_type: 'api', connection_string: sandbox.api.url('weather') },
    { source_id: 'planes', source_type: 'file', connection_string: planes },
  ];
}

const TARGET = 'records';

export default {
  workflow: 'ETLPipeline',
  async prepare(sandbox) {
    await sandbox.database.createTarget(TARGET);
    return {
      input: {
        pipeline_id: 'january',
        sources: january(sandbox),
        target: { target_type: 'database', connection_string: sandbox.database.url(TARGET) },
        batch_size: 1000,
      },
      rows: () =>
        sandbox.database.query(
          `SELECT id, data->>'sched_dep_time' AS sched_dep_time, data->>'dep_delay' AS dep_delay, data->>'dest' AS dest
           FROM ${TARGET} WHERE id LIKE 'flights/%' ORDER BY id LIMIT 5`,
        ),
    };
  },
  edge: {
    name: 'API',
    break: ({ api }) => api.failAlways({ kind: 'status', status: 503 }),
    mend: ({ api }) => api.mend(),
  },
} satisfies Demo<ETLInput>;
