/** ETL under chaos: a source that changes, runs that overtake each other or are cancelled, three kinds of target. */
import { pathToFileURL } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import type { ETLInput, ETLOutput } from '../../examples/ts/etl/types.ts';
import { duck, manifestOf, partsOf } from '../../sandbox/warehouse.ts';
import { type End, endOf, moment, oneOf, type Subject, type World, whole } from './subject.ts';

/** The records of a source as the model has them: a value for each key. */
type Rows = Map<string, number>;

interface Run {
  handle: WorkflowHandle;
  rows: Rows;
  cancelled: boolean;
  end: End;
}

const WEATHER = 500;
/** When the last run starts, in seconds. */
const LATEST = 75;

export async function etl(world: World): Promise<Subject> {
  const { sandbox, chance, name } = world;
  const into = oneOf(chance, ['database', 'warehouse', 'file'] as const);
  const withApi = chance() < 0.4;
  const versions = whole(chance, 1, 3);
  const folder = await sandbox.newFolder(name);
  await sandbox.database.createTarget(name);
  const runs: Run[] = [];

  async function inputOf(rows: Rows, version: number): Promise<ETLInput> {
    const lines = [...rows].map(([key, value]) => `${key},${value}\n`);
    const url = await sandbox.write(`${name}-${version}.csv`, `tailnum,year\n${lines.join('')}`);
    const weather = {
      source_id: 'weather',
      source_type: 'api' as const,
      connection_string: sandbox.api.url('weather_sample'),
    };
    return {
      pipeline_id: name,
      sources: [
        { source_id: 'planes', source_type: 'file', connection_string: url },
        ...(withApi ? [weather] : []),
      ],
      target: {
        target_type: into,
        connection_string: into === 'database' ? sandbox.database.url(name) : pathToFileURL(folder).href,
      },
      batch_size: withApi ? whole(chance, 40, 100) : whole(chance, 3, 20),
    };
  }

  async function play(version: number, time: number): Promise<void> {
    const keys = Array.from({ length: whole(chance, 0, 60) }, (_, i) => `N${4 * i + whole(chance, 0, 3)}`);
    const rows: Rows = new Map(keys.map((key) => [key, 2000 + version]));
    const input = await inputOf(rows, version);
    const cancelAfter = chance() < 0.25 ? chance() * 20 : undefined;
    await world.at(time);
    const { taskQueue } = world;
    const workflowId = `${name}-${version}`;
    const handle = await world.client.workflow.start('ETLPipeline', { taskQueue, workflowId, args: [input] });
    if (cancelAfter !== undefined) {
      await world.at(time + cancelAfter);
      // It may be over by then.
      await handle.cancel().catch(() => {});
    }
    runs.push({ handle, rows, cancelled: cancelAfter !== undefined, end: await endOf(handle) });
  }

  return {
    about: `ETL into ${into}, ${versions} runs${withApi ? ' with an API' : ''}`,
    async play() {
      const times = Array.from({ length: versions }, () => moment(chance, LATEST)).sort((a, b) => a - b);
      await Promise.all(times.map((time, version) => play(version, time)));
    },
    async faults() {
      const ordered = await inOrder(runs);
      const faults = ordered.flatMap((run, index) => endFaults(run, ordered.slice(index + 1), withApi));
      const found =
        into === 'database'
          ? await inDatabase(world, ordered, withApi)
          : await inFolder(folder, into === 'file' ? 'ndjson' : 'parquet', name, ordered, withApi);
      return [...faults, ...found];
    },
  };
}

/** By the time that each run writes into its records: when its first task was begun. */
async function inOrder(runs: Run[]): Promise<Run[]> {
  const timed = await Promise.all(
    runs.map(async (run) => {
      const { events = [] } = await run.handle.fetchHistory();
      const done = events?.find((event) => event.workflowTaskCompletedEventAttributes);
      const begun = done?.workflowTaskCompletedEventAttributes?.startedEventId;
      const time = events?.find((event) => String(event.eventId) === String(begun))?.eventTime;
      return { run, time: Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6) };
    }),
  );
  return timed.sort((a, b) => a.time - b.time).map(({ run }) => run);
}

/** What is wrong with how a run ended. */
function endFaults({ handle, rows, cancelled, end }: Run, newer: Run[], withApi: boolean): string[] {
  const { workflowId } = handle;
  if ('cancelled' in end) return cancelled ? [] : [`${workflowId} is cancelled, though nobody asked`];
  if ('failed' in end) {
    const overtaken = end.failed === 'target: folder holds a newer run' && newer.some(mayBeShown);
    return overtaken ? [] : [`${workflowId} failed: ${end.failed}`];
  }
  const output = end.completed as ETLOutput;
  const all = rows.size + (withApi ? WEATHER : 0);
  return output.total_records === all && output.successful_records === all
    ? []
    : [`${workflowId} completed with ${JSON.stringify(output)}, of ${all} records`];
}

/** A run may be cancelled when it has shown its parts already. */
const mayBeShown = ({ end }: Run): boolean => 'completed' in end || 'cancelled' in end;
const completed = ({ end }: Run): boolean => 'completed' in end;

/** A row has the value of the newest run that completed with it, or of a newer one that did not complete. */
async function inDatabase({ sandbox, name }: World, runs: Run[], withApi: boolean): Promise<string[]> {
  const found = await sandbox.database.query<{ id: string; year: number | null }>(
    `SELECT id, (data->>'year')::int AS year FROM ${name}`,
  );
  const rows = new Map(found.map(({ id, year }) => [id, year]));
  const faults: string[] = [];
  const keys = new Set(runs.flatMap((run) => [...run.rows.keys()]));
  for (const key of keys) {
    const having = runs.filter((run) => run.rows.has(key));
    const last = having.findLastIndex(completed);
    const allowed = having.slice(Math.max(last, 0)).map((run) => run.rows.get(key));
    const value = rows.get(`planes/${key}`);
    if (value === undefined ? last >= 0 : !allowed.includes(value ?? undefined))
      faults.push(`${key} is ${value}, not ${allowed}`);
  }
  const weather = [...rows.keys()].filter((id) => id.startsWith('weather/')).length;
  if (withApi && runs.some(completed) && weather !== WEATHER)
    faults.push(`${weather} readings of the weather`);
  const strange = [...rows.keys()].filter((id) => !/^weather\//.test(id) && !keys.has(id.slice(7)));
  return [...faults, ...strange.map((id) => `${id} came from nowhere`)];
}

/** A folder has the records of the newest run that completed, or of a newer one, and no others. */
async function inFolder(
  folder: string,
  kind: 'ndjson' | 'parquet',
  name: string,
  runs: Run[],
  withApi: boolean,
): Promise<string[]> {
  const last = runs.findLastIndex(completed);
  const manifest = await manifestOf(folder, name).catch(() => undefined);
  if (!manifest) return last < 0 ? [] : ['a run completed, and there is no manifest'];
  const shown = await duck<{ file: string }>(`SELECT file FROM glob('${folder}/${name}.*.${kind}')`);
  const names = shown.map(({ file }) => file.split('/').at(-1)).sort();
  const faults =
    JSON.stringify(names) === JSON.stringify(manifest.parts)
      ? []
      : [`the manifest names ${manifest.parts}, there are ${names}`];
  if (manifest.parts.length === 0) {
    const empty = runs.slice(Math.max(last, 0)).some((run) => run.rows.size === 0 && !withApi);
    return empty ? faults : [...faults, 'the manifest names no part'];
  }
  const rows = await duck<{ id: string; year: string | null }>(
    `SELECT id, data::JSON->>'$.year' AS year FROM ${partsOf(folder, kind)} ORDER BY id`,
  );
  const text = JSON.stringify(
    rows.filter(({ id }) => id.startsWith('planes/')).map(({ id, year }) => [id, Number(year)]),
  );
  const right = runs.slice(Math.max(last, 0)).some((run) => {
    const want = [...run.rows].map(([key, value]) => [`planes/${key}`, value] as const);
    return JSON.stringify(want.sort(([a], [b]) => (a < b ? -1 : 1))) === text;
  });
  if (!right) faults.push(`the folder holds ${text}`);
  const weather = rows.filter(({ id }) => id.startsWith('weather/')).length;
  if (withApi && weather !== WEATHER) faults.push(`${weather} readings of the weather`);
  return faults;
}
