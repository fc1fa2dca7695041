/**
 * The failures of the edges: the same type words in every language.
 *
 * `InvalidInput` and `ValidationError` are never retried; `Unavailable`, `RateLimited` and
 * `Malformed` are. No message holds a URL: a URL can hold a secret.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
} from '@temporalio/common';

/** What the caller asked for cannot be done; the message names the field or the variable. */
export function invalidInput(
  message: string,
): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    message,
    'InvalidInput',
  );
}

/** The data broke a rule; trying again would not mend it. */
export function validationError(
  message: string,
): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    message,
    'ValidationError',
  );
}

/** The other side did not answer, or said that it cannot now. */
export function unavailable(
  message: string,
): ApplicationFailure {
  return ApplicationFailure.retryable(message, 'Unavailable');
}

/** The other side answered with half an answer. */
export function malformed(message: string): ApplicationFailure {
  return ApplicationFailure.retryable(message, 'Malformed');
}

/** The other side asked us to come back in `seconds`. */
export function rateLimited(
  message: string,
  seconds: number,
): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type: 'RateLimited',
    nextRetryDelay: seconds * 1000,
  });
}

/** The failure of the pipeline: the type and the words of what failed inside the activity. */
// #region failed
export function failed(
  what: string,
  error: unknown,
): ApplicationFailure {
  // #step A cancelled pipeline ends as cancelled
  if (isCancelled(error)) throw error;

  // #step Look inside: an activity's failure wraps its cause
  const { message, type } = causeOf(error);

  // #step Say what failed, and keep the cause's type
  return ApplicationFailure.nonRetryable(
    `${what}: ${message}`,
    type,
  );
}
// #endregion failed

/** For `catch`: fails the workflow, saying in which part. */
export function failWith(
  what: string,
): (error: unknown) => never {
  return (error) => {
    throw failed(what, error);
  };
}

/** An activity that ran out of time has no words of its own. */
function causeOf(error: unknown) {
  const { cause } = error as ActivityFailure;
  return cause instanceof ApplicationFailure
    ? cause
    : { message: 'timed out', type: 'Timeout' };
}

function isCancelled(error: unknown): boolean {
  const wrapped =
    error instanceof ActivityFailure ||
    error instanceof ChildWorkflowFailure;
  const cause = wrapped ? error.cause : error;
  return cause instanceof CancelledFailure;
}
