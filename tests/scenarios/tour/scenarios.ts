/** The scenarios of the tour: one list, every language. */

import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Progress, Report, TourInput, TourOutput } from '../../../examples/ts/tour/types.ts';
import { contractOf } from '../../../sandbox/contract.ts';
import { table } from '../../../sandbox/data.ts';
import { sleeps } from '../../../sandbox/history.ts';
import { TASK_QUEUE } from '../../../sandbox/test-bed.ts';
import { duck } from '../../../sandbox/warehouse.ts';
import type { Expected, Pipeline, Run, Scenario } from '../scenario.ts';

/** The files of a run, named after it. */
interface Files {
  flights: string;
  report: string;
}
type TourScenario = Scenario<TourInput, TourOutput, Files>;

const contract = contractOf('tour');
const HOUR = 3600;
const DAY = 24 * HOUR;

// ---- What the tour reads and writes

const JANUARY = table('flights-2013-01');
const FEW = 'year,carrier\n2013,UA\n2013,UA\n2013,UA\n2013,B6\n2013,B6\n2013,DL\n';
/** Seven carriers: more than one run counts. */
const SEVEN = 'year,carrier\n2013,9E\n2013,AA\n2013,B6\n2013,DL\n2013,EV\n2013,MQ\n2013,UA\n';

interface Options {
  carriers?: string[];
  pause?: number;
  /** The text of the file of flights; `null`: it is not there. */
  file?: string | null;
}

/** A file of flights of the run's own, and an input that counts them. */
function tour({ carriers = ['UA', 'B6'], pause = HOUR, file = FEW }: Options = {}): TourScenario['given'] {
  return async (sandbox, run) => {
    const flights = `${sandbox.folder}/${run}.csv`;
    const report = `${sandbox.folder}/${run}/report.ndjson`;
    if (file !== null) await sandbox.write(`${run}.csv`, file);
    const input: TourInput = {
      tour_id: 'january',
      connection_string: pathToFileURL(flights).href,
      report_url: pathToFileURL(report).href,
      carriers,
      pause_seconds: pause,
    };
    contract.input(input);
    return { input, flights, report };
  };
}

/** The same, of the whole of January. */
const january =
  (carriers: string[], pause: number): TourScenario['given'] =>
  async (sandbox, run) => {
    const given = await tour({ carriers, pause })(sandbox, run);
    return { ...given, input: { ...given.input, connection_string: pathToFileURL(JANUARY).href } };
  };

/** Puts a file where the folder of the report would be. */
const unwritable =
  (given: TourScenario['given']): TourScenario['given'] =>
  async (sandbox, run) => {
    const files = await given(sandbox, run);
    await sandbox.write(run, '');
    return files;
  };

/** `['UA', 3], ['B6', 2]`: what the tour counted. */
type Counts = [carrier: string, flights: number][];

const reportsOf = (counts: Counts): Report[] => counts.map(([carrier, flights]) => ({ carrier, flights }));

function counted(...counts: Counts): Expected<TourOutput> {
  const total = counts.reduce((sum, [, flights]) => sum + flights, 0);
  return { output: { tour_id: 'january', reports: reportsOf(counts), total } };
}

async function written({ report }: Files): Promise<Report[]> {
  const lines = (await readFile(report, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

const holds =
  (...counts: Counts): TourScenario['after'] =>
  async (_, files) =>
    assert.deepEqual(await written(files), reportsOf(counts));

// ---- What happens meanwhile

const asleep = (run: Run, handle: WorkflowHandle = run.handle) =>
  run.until('it sleeps', () => sleeps(handle));

/** Waits until the tour sleeps after its `count`th carrier. Asked earlier, the run may be about to end. */
const asleepAfter = (run: Run, count: number) =>
  run.until(`it sleeps after ${count} carriers`, async () => {
    return (await run.sleeps()) && (await run.progress<Progress>()).processed === count;
  });

/** The workflow that reports on a carrier. */
const child = ({ temporal, handle }: Run, carrier: string) =>
  temporal.client.workflow.getHandle(`${handle.workflowId}/${carrier}`);

/** The attempt that the count of a carrier is in; 0 when there is none. */
async function attempt(run: Run, carrier: string): Promise<number> {
  const description = await child(run, carrier)
    .describe()
    .catch(() => undefined);
  return description?.raw.pendingActivities?.[0]?.attempt ?? 0;
}

/** How many attempts the count of a carrier took. */
async function attempts(run: Run, carrier: string): Promise<number> {
  const { events } = await child(run, carrier).fetchHistory();
  const started = events?.flatMap((event) => event.activityTaskStartedEventAttributes ?? []);
  return started?.at(-1)?.attempt ?? 0;
}

/** The timers of a workflow's last run, in seconds. */
async function timers(handle: WorkflowHandle): Promise<number[]> {
  const { events } = await handle.fetchHistory();
  const started = events?.flatMap((event) => event.timerStartedEventAttributes ?? []) ?? [];
  return started.map((timer) => Number(timer.startToFireTimeout?.seconds));
}

/** How long the run took by its own clock, in seconds. */
async function took({ handle }: Run): Promise<number> {
  const { startTime, closeTime } = await handle.describe();
  return (Number(closeTime) - Number(startTime)) / 1000;
}

const setPause = (run: Run, seconds: unknown) =>
  run.handle.executeUpdate<number, [unknown]>('set_pause', { args: [seconds] });

/** Sends an update that must be refused, in these words. */
async function refusedPause(run: Run, seconds: unknown): Promise<string> {
  const refused = await setPause(run, seconds).catch((error: unknown) => error);
  assert.ok(refused instanceof WorkflowUpdateFailedError, `${seconds} is refused: ${refused}`);
  return refused.cause?.message ?? '';
}

// ---- What succeeds

const PAUSE_RULE = 'must be a whole number from 1 to 31536000';

const working: TourScenario[] = [
  {
    name: "January's flights of four carriers, each counted by a child of its own",
    given: january(['UA', 'B6', 'EV', 'DL'], 7 * DAY),
    expected: counted(['UA', 4637], ['B6', 4427], ['EV', 4171], ['DL', 3690]),
    async after(run, files) {
      const sql = `SELECT carrier, count(*)::INT AS flights FROM '${JANUARY}' WHERE carrier IN
        ('UA', 'B6', 'EV', 'DL') GROUP BY carrier ORDER BY flights DESC`;
      assert.deepEqual(await written(files), await duck<Report>(sql));
      for (const { carrier } of await written(files)) {
        assert.equal((await child(run, carrier).describe()).type, 'CarrierReport');
      }
      const { phase, processed, total } = await run.progress<Progress>();
      assert.deepEqual([phase, processed, total], ['done', 4, 4]);
    },
  },
  // #region test
  // #step What is proven, in words: the name of the test
  {
    name: 'a pause of 30 days takes no time in a test',

    // #step What it is given: files of its own, an input
    given: tour({ carriers: ['UA', 'B6'], pause: 30 * DAY }),

    // #step What happens meanwhile
    async during(run) {
      await asleep(run);
      const { processed } = await run.progress<Progress>();
      assert.equal(processed, 1);
    },

    // #step How it must end, in every language
    expected: counted(['UA', 3], ['B6', 2]),

    // #step What must be true of the world after it
    async after(run, files) {
      assert.ok((await took(run)) >= 30 * DAY);
      assert.equal((await written(files)).length, 2);
    },
  },
  // #endregion test
  {
    name: 'asked while it sleeps: the query answers how far it is',
    given: tour({ carriers: ['UA', 'B6', 'DL'] }),
    async during(run) {
      await asleep(run);
      const progress = await run.progress<Progress>();
      assert.deepEqual(progress, { phase: 'pausing', processed: 1, total: 3 });
    },
    expected: counted(['UA', 3], ['B6', 2], ['DL', 1]),
  },
  {
    name: 'a signal in a pause adds a carrier',
    given: tour({ carriers: ['UA', 'B6'] }),
    async during(run) {
      await asleep(run);
      await run.handle.signal('add_carrier', 'DL');
      await run.until('the carrier is added', async () => (await run.progress<Progress>()).total === 3);
    },
    expected: counted(['UA', 3], ['B6', 2], ['DL', 1]),
    after: holds(['UA', 3], ['B6', 2], ['DL', 1]),
  },
  {
    name: 'signals that bring no carrier are ignored: the tour goes on',
    given: tour({ carriers: ['UA', 'B6'] }),
    async during(run) {
      await asleep(run);
      await run.handle.signal('add_carrier', 'United');
      await run.handle.signal('add_carrier', 42);
      await run.handle.signal('add_carrier', 'DL');
      await run.handle.signal('add_carrier');
    },
    expected: counted(['UA', 3], ['B6', 2], ['DL', 1]),
  },
  {
    name: 'a signal while the last carrier is counted adds another',
    given: tour({ carriers: ['UA'], file: null }),
    async during(run, { flights }) {
      await run.until('a count is tried again', async () => (await attempt(run, 'UA')) >= 2);
      await run.handle.signal('add_carrier', 'DL');
      await writeFile(flights, FEW);
    },
    expected: counted(['UA', 3], ['DL', 1]),
  },
  {
    name: 'a signal that comes with the start is not lost',
    given: tour({ carriers: ['UA'] }),
    async during(run, { input }) {
      const handle = await run.temporal.client.workflow.signalWithStart('Tour', {
        taskQueue: TASK_QUEUE,
        workflowId: `${run.handle.workflowId}_signalled`,
        args: [{ ...input, report_url: input.report_url.replace('report', 'signalled') }],
        signal: 'add_carrier',
        signalArgs: ['DL'],
      });
      const output: TourOutput = await run.temporal.settle(() => handle.result());
      const both: Counts = [
        ['UA', 3],
        ['DL', 1],
      ];
      assert.deepEqual(output.reports, reportsOf(both));
    },
    expected: counted(['UA', 3]),
  },
  {
    name: 'an update changes the pauses to come, and answers the one before',
    given: tour({ carriers: ['UA', 'B6', 'DL'] }),
    async during(run) {
      await asleep(run);
      assert.equal(await setPause(run, 60), HOUR);
      assert.equal(await setPause(run, 90), 60);
    },
    expected: counted(['UA', 3], ['B6', 2], ['DL', 1]),
    async after(run) {
      assert.deepEqual(await timers(run.handle), [HOUR, 90]);
    },
  },
  {
    name: 'an update of a negative pause is refused: nothing is changed, and nothing is in the history',
    given: tour({ carriers: ['UA', 'B6', 'DL'] }),
    async during(run) {
      await asleep(run);
      assert.equal(await refusedPause(run, -1), `pause_seconds: ${PAUSE_RULE}`);
      assert.equal(await refusedPause(run, 0), `pause_seconds: ${PAUSE_RULE}`);
      await refusedPause(run, 'long');
    },
    expected: counted(['UA', 3], ['B6', 2], ['DL', 1]),
    async after(run) {
      assert.deepEqual(await timers(run.handle), [HOUR, HOUR]);
      for (const { text } of await run.histories()) assert.ok(!text.includes('set_pause'));
    },
  },
  {
    name: 'seven carriers: continued as new after five, nothing is lost and nothing counted twice',
    alone: true,
    given: tour({ carriers: ['9E', 'AA', 'B6', 'DL', 'EV', 'MQ'], file: SEVEN }),
    async during(run) {
      for (const count of [1, 2, 3, 4]) {
        await asleepAfter(run, count);
        await run.temporal.advance(`${HOUR} seconds`);
      }
      await asleepAfter(run, 5);
      await run.handle.signal('add_carrier', 'UA');
      assert.equal(await setPause(run, 60), HOUR);
    },
    expected: counted(['9E', 1], ['AA', 1], ['B6', 1], ['DL', 1], ['EV', 1], ['MQ', 1], ['UA', 1]),
    async after(run, files) {
      assert.equal((await run.histories()).length, 2);
      assert.deepEqual(await timers(run.handle), [60], 'the pause is carried too');
      assert.equal((await written(files)).length, 7);
      assert.deepEqual(await run.progress<Progress>(), { phase: 'done', processed: 7, total: 7 });
    },
  },
  {
    name: 'a signal while the report is written: one more carrier is counted, and the report written anew',
    given: unwritable(tour({ carriers: ['UA'] })),
    async during(run, { report }) {
      await run.until('a write is tried again', async () => (await run.attempt('WriteReport')) >= 2);
      await run.handle.signal('add_carrier', 'DL');
      await rm(dirname(report));
    },
    expected: counted(['UA', 3], ['DL', 1]),
    after: holds(['UA', 3], ['DL', 1]),
  },
  {
    name: 'the file comes late: the count is tried again',
    given: tour({ carriers: ['UA'], file: null }),
    async during(run, { flights }) {
      await run.until('a count is tried again', async () => (await attempt(run, 'UA')) >= 2);
      await writeFile(flights, FEW);
    },
    expected: counted(['UA', 3]),
    async after(run) {
      assert.ok((await attempts(run, 'UA')) >= 2);
    },
  },
];

// ---- What fails, and what is cancelled

const ending: TourScenario[] = [
  {
    name: 'a carrier that is not in the file: final at once, and the tour says which',
    given: tour({ carriers: ['UA', 'ZZ'] }),
    expected: { failure: { type: 'NoSuchCarrier', message: 'carrier ZZ: flights: none in the file' } },
    async after(run) {
      assert.equal(await attempts(run, 'ZZ'), 1);
    },
  },
  {
    name: 'the file never comes: after five attempts the tour fails',
    given: tour({ carriers: ['UA'], file: null }),
    expected: { failure: { type: 'Unavailable', message: 'carrier UA: flights: file cannot be read' } },
    async after(run) {
      assert.equal(await attempts(run, 'UA'), 5);
    },
  },
  {
    name: 'cancelled in a pause: what is counted is written, then it ends as cancelled',
    given: tour({ carriers: ['UA', 'B6'] }),
    async during(run) {
      await asleep(run);
      await run.handle.cancel();
    },
    expected: { cancelled: true },
    after: holds(['UA', 3]),
  },
  {
    name: 'cancelled while a child counts: the child is cancelled too',
    alone: true,
    given: tour({ carriers: ['UA', 'B6'] }),
    async during(run, { flights }) {
      await asleep(run);
      await rm(flights);
      await run.temporal.advance(`${HOUR} seconds`);
      await run.until('a count is tried again', async () => (await attempt(run, 'B6')) >= 2);
      await run.handle.cancel();
    },
    expected: { cancelled: true },
    async after(run, files) {
      assert.equal((await child(run, 'B6').describe()).status.name, 'CANCELLED');
      assert.deepEqual(await written(files), reportsOf([['UA', 3]]));
    },
  },
  {
    name: 'the report cannot be written: the tour fails',
    given: unwritable(tour({ carriers: ['UA'] })),
    expected: { failure: { type: 'Unavailable', message: 'report: folder cannot be written' } },
  },
  {
    name: 'cancelled, and the report cannot be written: that is no clean end, and the tour fails',
    given: unwritable(tour({ carriers: ['UA', 'B6'] })),
    async during(run) {
      await asleep(run);
      await run.handle.cancel();
    },
    expected: { failure: { type: 'Unavailable', message: 'report: folder cannot be written' } },
  },
];

// ---- Bad input: the workflow fails at once, in the same words everywhere

function refused(name: string, spoil: object, message: string): TourScenario {
  return {
    name: `bad input: ${name}`,
    together: true,
    async given(sandbox, run) {
      const given = await tour()(sandbox, run);
      return { ...given, input: { ...given.input, ...spoil } };
    },
    expected: { failure: { type: 'InvalidInput', message } },
  };
}

const CARRIER_RULE = 'must be a code of two letters or digits';
const badInputs: TourScenario[] = [
  refused('tour_id empty', { tour_id: '' }, 'tour_id: must be letters, digits, "-" or "_"'),
  refused('no carriers', { carriers: [] }, 'carriers: must hold at least one carrier'),
  refused('carriers left out', { carriers: undefined }, 'carriers: must hold at least one carrier'),
  refused('carriers a text', { carriers: 'UA' }, 'carriers: has the wrong type'),
  refused('a carrier by its name', { carriers: ['UA', 'United'] }, `carriers[1]: ${CARRIER_RULE}`),
  refused('a carrier of another type', { carriers: ['UA', 6] }, 'carriers: has the wrong type'),
  refused('negative pause', { pause_seconds: -1 }, `pause_seconds: ${PAUSE_RULE}`),
  refused('no pause', { pause_seconds: 0 }, `pause_seconds: ${PAUSE_RULE}`),
  refused('a pause of two years', { pause_seconds: 2 * 365 * DAY }, `pause_seconds: ${PAUSE_RULE}`),
  refused('pause left out', { pause_seconds: undefined }, `pause_seconds: ${PAUSE_RULE}`),
  refused('a pause in words', { pause_seconds: 'long' }, 'pause_seconds: has the wrong type'),
  refused('a report elsewhere', { report_url: 's3://reports' }, 'report_url: must be a file:// URL'),
  refused('carried of another shape', { carried: 'all of it' }, 'carried: has the wrong type'),
  refused(
    'a literal password',
    { connection_string: 'file://me:hunter2@host/flights.csv' },
    'connection_string: must not hold a secret: write ${NAME} for it',
  ),
  refused(
    'flights that are in no file',
    { connection_string: 'ftp://host/flights.csv' },
    'carrier UA: flights: connection_string: must be a file URL',
  ),
  refused(
    'a report that the worker may not write',
    { report_url: 'file:///dev/null/report.ndjson' },
    'report: path is not under PIPELINE_ROOTS',
  ),
  refused(
    'flights in a file that the worker may not read',
    { connection_string: 'file:///etc/hosts' },
    'carrier UA: flights: path is not under PIPELINE_ROOTS',
  ),
];

export default {
  name: 'tour',
  workflow: 'Tour',
  scenarios: [...working, ...ending, ...badInputs],
} satisfies Pipeline<TourInput, TourOutput, Files>;
