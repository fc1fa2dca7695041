/** Faults that people make in an ETL pipeline, and the scenario that kills each. */
import type { Fault } from '../proof/faults.list.ts';

const TS = 'examples/ts';
const GO = 'examples/reference/go';
const RUST = 'examples/reference/rust/src';

export default [
  {
    name: 'plain INSERT instead of an upsert',
    killer: 'the same run twice leaves the target as it was',
    ts: {
      file: `${TS}/connectors/postgres.ts`,
      find: `ON CONFLICT (id) DO UPDATE SET data = excluded.data,
         processed_at = excluded.processed_at,
         version = excluded.version`,
      replace: '',
    },
    go: {
      file: `${GO}/connectors/postgres.go`,
      find: `ON CONFLICT (id) DO UPDATE SET data = excluded.data,
			   processed_at = excluded.processed_at,
			   version = excluded.version`,
      replace: '',
    },
    rust: {
      file: `${RUST}/connectors/postgres.rs`,
      find: `ON CONFLICT (id) DO UPDATE SET data = excluded.data,
           processed_at = excluded.processed_at,
           version = excluded.version`,
      replace: '',
    },
  },
] satisfies Fault[];
