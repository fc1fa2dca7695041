/** One workflow, in TypeScript, whose activities run in other languages: a task queue is all it takes. */
import {
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type * as etl from '../ts/etl/activities.ts';
import type { ETLInput } from '../ts/etl/types.ts';

const startToCloseTimeout = '300 seconds';

// #region mixed
// #step Extract in Go
const { ExtractData } = proxyActivities<typeof etl>({
  taskQueue: 'pipelines-go',
  startToCloseTimeout,
});

// #step Transform in Rust
const { TransformData } = proxyActivities<typeof etl>({
  taskQueue: 'pipelines-rust',
  startToCloseTimeout,
});

// #step Load in Go again
const { LoadData } = proxyActivities<typeof etl>({
  taskQueue: 'pipelines-go',
  startToCloseTimeout,
});

// #step Decide in TypeScript
export async function MixedPipeline(
  input: ETLInput,
): Promise<number> {
  const { pipeline_id, sources, target, batch_size } = input;
  const processed_at = new Date().toISOString();
  const run_id = workflowInfo().runId;
  let loaded = 0;
  for (const source of sources) {
    const { batches } = await ExtractData({
      source,
      batch_size,
    });
    for (const raw of batches) {
      const { batch } = await TransformData({
        batch: raw,
        processed_at,
      });
      const load = await LoadData({
        pipeline_id,
        run_id,
        target,
        batch,
        processed_at,
      });
      loaded += load.loaded_count;
    }
  }
  return loaded;
}
// #endregion mixed
