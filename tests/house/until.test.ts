/** Waiting: what is said when it was in vain is what the seeded faults read as a timeout. */
import { expect, test } from 'vitest';
import { endsIn } from '../proof/faults.scratch.ts';
import { until } from '../scenarios/until.ts';

/** The message of the error that a wait fails with. */
const failure = (wait: Promise<void>): Promise<string> =>
  wait.then(
    () => expect.unreachable('it must fail'),
    (error: Error) => `${error.name}: ${error.message}`,
  );
const stateOf = (message: string) =>
  endsIn({
    testResults: [{ assertionResults: [{ title: 'any', status: 'failed', failureMessages: [message] }] }],
  })[0]?.state;

test('it is over when the condition holds', async () => {
  let asked = 0;
  await until('the third time', async () => ++asked === 3, 1);
  expect(asked).toBe(3);
});

test('when it was in vain it says what was waited for: a timeout', async () => {
  const told = await failure(until('it is idle', () => false, 1, 50));
  expect(told).toContain('it is idle');
  expect(stateOf(told)).toBe('timeout');
});

test('what throws when it is asked fails at once: an assertion', async () => {
  const told = await failure(until('it is idle', () => expect(1).toBe(2) === undefined));
  expect(told).toContain('it is idle: expected 1 to be 2');
  expect(stateOf(told)).toBe('assertion');
});
