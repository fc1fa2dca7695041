/** Throws an error that Temporal does not know. */

/** The delay that a text says, in minutes. */
export async function FailureWrong(
  text: string,
): Promise<number> {
  // #region delay
  // #step Read the delay
  const delay = Number.parseInt(text, 10);

  // #step Refuse what is no number
  if (Number.isNaN(delay)) {
    throw new Error(`no delay: ${text}`);
  }
  // #endregion delay
  return delay;
}
