/** The tour: each idea of Temporal once, in a few lines. It counts the flights of one carrier after another. */
import {
  CancellationScope,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { failWith } from '../connectors/failures.ts';
import type * as activities from './activities.ts';
import {
  checkPause,
  isCarrier,
  type Progress,
  type Report,
  type ReportInput,
  type TourInput,
  type TourOutput,
  validate,
} from './types.ts';

const CARRIERS_A_RUN = 5;

// #region retry
const { CountFlights, WriteReport } = proxyActivities<
  typeof activities
>({
  // #step How long one attempt may take
  startToCloseTimeout: '60 seconds',

  // #step How many attempts, and the pauses between them
  retry: {
    maximumAttempts: 5,
    initialInterval: '1 second',
    maximumInterval: '10 seconds',
    backoffCoefficient: 2,

    // #step What no attempt can mend
    nonRetryableErrorTypes: ['NoSuchCarrier'],
  },
});
// #endregion retry

/** The report on one carrier: the child of a tour. */
// #region workflow
// #step Its name, what it takes, what it gives
export async function CarrierReport(
  input: ReportInput,
): Promise<Report> {
  // #step What touches the world is an activity
  const count = CountFlights(input);

  // #step Its failure fails the workflow
  const flights = await count.catch(failWith('flights'));

  // #step What it returns is its result
  return { carrier: input.carrier, flights };
}
// #endregion workflow

/** Counts one carrier after another, writes the reports, and answers them. */
export async function Tour(
  raw: TourInput,
): Promise<TourOutput> {
  const input = validate(raw);
  const { tour_id, connection_string, report_url } = input;
  const carriers = [...input.carriers];
  const reports = [...(input.carried ?? [])];
  const before = reports.length;
  let pause = input.pause_seconds;
  let phase: Progress['phase'] = 'counting';

  // #region signal
  // #step Its name on the wire
  const addCarrier = defineSignal<[string]>('add_carrier');

  // #step It cannot refuse: what is no carrier is ignored
  setHandler(addCarrier, (carrier) => {
    if (isCarrier(carrier)) carriers.push(carrier);
  });
  // #endregion signal

  // #region query
  // #step Its name on the wire
  const progress = defineQuery<Progress>('progress');

  // #step It reads, at any moment, and changes nothing
  setHandler(progress, () => ({
    phase,
    processed: reports.length,
    total: before + carriers.length,
  }));
  // #endregion query

  // #region update
  // #step The validator refuses before anything is written
  const validator = (seconds: number) => checkPause(seconds);

  // #step Its name on the wire
  const setPause = defineUpdate<number, [number]>('set_pause');

  // #step What it does: it may answer, or fail
  const handler = (seconds: number) => {
    const last = pause;
    pause = seconds;
    return last;
  };
  setHandler(setPause, handler, { validator });
  // #endregion update

  const remaining = () =>
    carriers.slice(reports.length - before);
  const write = () =>
    WriteReport({ report_url, reports }).catch(
      failWith('report'),
    );

  const count = async () => {
    // A carrier that is added meanwhile has its turn too.
    for (const carrier of carriers) {
      // #region child
      // #step Start it by its type, with an id of ours
      const { workflowId } = workflowInfo();
      const child = executeChild(CarrierReport, {
        workflowId: `${workflowId}/${carrier}`,
        args: [{ carrier, connection_string }],
      });

      // #step Its failure is ours
      const report = await child.catch(
        failWith(`carrier ${carrier}`),
      );

      // #step Its result is a value
      reports.push(report);
      // #endregion child

      if (remaining().length === 0) await write();
      if (remaining().length === 0) break;

      // #region timer
      // #step Temporal waits: no process has to
      phase = 'pausing';
      await sleep(pause * 1000);
      phase = 'counting';
      // #endregion timer

      // #region continue-as-new
      // #step Before the history is long
      const { continueAsNewSuggested } = workflowInfo();
      const full =
        continueAsNewSuggested ||
        reports.length - before >= CARRIERS_A_RUN;

      // #step Begin a new one, with all that must outlive it
      if (full) {
        await continueAsNew<typeof Tour>({
          ...input,
          carriers: remaining(),
          pause_seconds: pause,
          carried: reports,
        });
      }
      // #endregion continue-as-new
    }
  };

  // #region cancel
  // #step Cancelled, whatever is awaited fails
  try {
    await count();
  } catch (error) {
    // #step Clean up where the cancellation does not reach
    if (isCancellation(error)) {
      await CancellationScope.nonCancellable(write);
    }

    // #step Then end as cancelled
    throw error;
  }
  // #endregion cancel

  phase = 'done';
  return { tour_id, reports, total: sum(reports) };
}

function sum(reports: Report[]): number {
  return reports.reduce((all, { flights }) => all + flights, 0);
}
