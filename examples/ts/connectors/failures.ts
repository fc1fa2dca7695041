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
  RetryState,
  TimeoutFailure,
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

/** The other side did not answer, or said that it cannot now; perhaps when it can. */
export function unavailable(
  message: string,
  seconds?: number,
): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type: 'Unavailable',
    ...(seconds ? { nextRetryDelay: seconds * 1000 } : {}),
  });
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
  addition = '',
): ApplicationFailure {
  // #step A cancelled pipeline ends as cancelled
  if (isCancelled(error)) throw cancelled(error);

  // #step Look inside: an activity's failure wraps its cause
  const { message, type } = causeOf(error);

  // #step Say what failed, and keep the cause's type
  return ApplicationFailure.create({
    message: `${what}: ${message}${addition}`,
    type,
    nonRetryable: true,
    cause: error as Error,
  });
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

/** The type and the words of what failed inside, whatever wraps it. */
export function causeOf(error: unknown): {
  message: string;
  type: string;
} {
  let inner = error;
  while (isWrapper(inner) && inner.cause) inner = inner.cause;
  const { message } = inner as Error;
  if (inner instanceof ApplicationFailure)
    return { message, type: inner.type ?? 'Failed' };
  return inner instanceof TimeoutFailure
    ? { message: 'timed out', type: 'Timeout' }
    : { message, type: 'Failed' };
}

/** A timeout wraps the failure of the last attempt, where there was one. */
function isWrapper(error: unknown): error is Error {
  return (
    error instanceof ActivityFailure ||
    error instanceof ChildWorkflowFailure ||
    error instanceof TimeoutFailure
  );
}

/** Also where its activity could not answer any more, because the worker had died. */
function isCancelled(error: unknown): boolean {
  if (error instanceof ActivityFailure)
    return (
      error.cause instanceof CancelledFailure ||
      error.retryState === RetryState.CANCEL_REQUESTED
    );
  const wrapped = error instanceof ChildWorkflowFailure;
  const cause = wrapped ? error.cause : error;
  return cause instanceof CancelledFailure;
}

function cancelled(error: unknown): CancelledFailure {
  const cause = error instanceof Error ? error : undefined;
  return new CancelledFailure('cancelled', [], cause);
}
