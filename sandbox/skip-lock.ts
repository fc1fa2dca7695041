/** The lock of the test server's clock, held open while at least one run is awaited. */

/** The server's skip lock is a counter: locked while above zero, one more for each task and attempt that runs. */
export type Clock = Record<'unlockTimeSkipping' | 'lockTimeSkipping', (request: object) => Promise<unknown>>;

/**
 * Several may wait at once: the first opens, the last closes. The server answers two requests in either order, and an
 * unlock that overtakes the lock before it takes away what a running task holds: the clock skips to its timeout. So
 * each request waits for the answer to the one before it.
 */
export class SkipLock {
  readonly #clock: Clock;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets the clock skip until `wait` is over. A request that fails is told to the one that made it. */
  async openWhile<T>(wait: () => Promise<T>): Promise<T> {
    await this.#next(() => (this.#waiting++ === 0 ? this.#clock.unlockTimeSkipping({}) : undefined));
    try {
      return await wait();
    } finally {
      await this.#next(() => (--this.#waiting === 0 ? this.#clock.lockTimeSkipping({}) : undefined));
    }
  }

  #next(request: () => Promise<unknown> | undefined): Promise<unknown> {
    const answer = this.#last.then(request);
    this.#last = answer.catch(() => {});
    return answer;
  }
}
