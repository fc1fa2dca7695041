/** Takes a connection string that names its secret: the activity's connector knows it. */
import { proxyActivities } from '@temporalio/workflow';
import { invalidInput } from '../../ts/connectors/failures.ts';
import {
  COMMON_RULES,
  hidesSecrets,
} from '../../ts/connectors/input.ts';
import type * as activities from '../activities/activities.ts';

const { CountFlights } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** Counts the flights of a table. */
export async function SecretCured(
  connection: string,
): Promise<number> {
  // #region connect
  // #step Refuse a secret: only its name may come in
  if (!hidesSecrets(connection)) {
    throw invalidInput(`connection: ${COMMON_RULES.secret}`);
  }

  // #step Hand the connection string on
  return CountFlights(connection);
  // #endregion connect
}
