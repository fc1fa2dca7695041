/** January's departures by hours, on topics that are files. */
import type { StreamInput } from '../../examples/ts/streaming/types.ts';
import type { Demo } from '../demo.ts';
import { departures } from '../departures.ts';

export default {
  workflow: 'StreamProcessing',
  async prepare({ topics }) {
    const source_topic = await topics.url('file', 'departures');
    const target_topic = await topics.url('file', 'delays');
    const events = departures();
    await topics.publish(source_topic, events);
    return {
      input: { stream_id: 'january', source_topic, target_topic, window_size_seconds: 3600 },
      async onProgress({ processed }, handle) {
        if (processed >= events.length) await handle.signal('stop_streaming');
      },
      rows: async () => (await topics.read(target_topic)).slice(0, 5).map(({ body }) => JSON.parse(body)),
    };
  },
  edge: {
    name: 'broker',
    break: ({ topics }, { source_topic }) => topics.interrupt(source_topic),
    mend: ({ topics }, { source_topic }) => topics.resume(source_topic),
  },
} satisfies Demo<StreamInput>;
