/** January's flights of three carriers, and of a fourth that a signal adds. */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { TourInput } from '../../examples/ts/tour/types.ts';
import { table } from '../data.ts';
import type { Demo } from '../demo.ts';

export default {
  workflow: 'Tour',
  async prepare({ folder }) {
    const report = `${folder}/report.ndjson`;
    let asked = false;
    return {
      input: {
        tour_id: 'january',
        connection_string: pathToFileURL(table('flights-2013-01')).href,
        report_url: pathToFileURL(report).href,
        carriers: ['UA', 'B6', 'EV'],
        pause_seconds: 2,
      },
      async onProgress({ processed }, handle) {
        if (processed < 1 || asked) return;
        asked = true;
        await handle.signal('add_carrier', 'DL');
        await handle.executeUpdate('set_pause', { args: [1] });
      },
      rows: async () => {
        const lines = (await readFile(report, 'utf8')).split('\n').filter(Boolean);
        return lines.map((line) => JSON.parse(line));
      },
    };
  },
} satisfies Demo<TourInput>;
