/** Throws a failure of Temporal's, with a type. */
import { ApplicationFailure } from '@temporalio/workflow';

/** The delay that a text says, in minutes. */
export async function FailureCured(
  text: string,
): Promise<number> {
  // #region delay
  // #step Read the delay
  const delay = Number.parseInt(text, 10);

  // #step Refuse what is no number
  if (Number.isNaN(delay)) {
    throw ApplicationFailure.nonRetryable(
      `no delay: ${text}`,
      'InvalidInput',
    );
  }
  // #endregion delay
  return delay;
}
