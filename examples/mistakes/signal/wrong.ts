/** Ends a run while signals wait. */
import {
  condition,
  continueAsNew,
  defineSignal,
  setHandler,
} from '@temporalio/workflow';

const MAX = 10;
const departed = defineSignal<[flight: string]>('departed');

/** Counts departures until a minute is quiet. */
export async function SignalWrong(
  count: number,
): Promise<number> {
  const waiting: string[] = [];
  setHandler(departed, (flight) => {
    waiting.push(flight);
  });

  // #region run
  // #step Take a signal, until a minute is quiet
  for (let taken = 0; taken < MAX; taken++) {
    const some = () => waiting.length > 0;
    if (!(await condition(some, '1 minute'))) return count;
    waiting.shift();
    count++;
  }

  // #step Begin a new history
  return continueAsNew<typeof SignalWrong>(count);
  // #endregion run
}
