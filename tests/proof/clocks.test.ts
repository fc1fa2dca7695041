/** When the events of a run were on the wall: measured, not guessed, in histories that are made up here. */
import { describe, expect, test } from 'vitest';
import { clocksOf, type Reading, type Timed } from '../../recordings/format/clocks.ts';
import type { RecordedEvent } from '../../recordings/format/recording.ts';

const EPOCH = 1_800_000_000_000;
const DAY = 86_400_000;

/** A run on a server of its own: time passes on both clocks, or is skipped on the server's. */
class MadeUp implements Timed {
  events: RecordedEvent[] = [];
  virtual: number[] = [];
  /** What is to be found out. */
  wall: number[] = [];
  began = EPOCH;
  readings: Reading[] = [];
  run = 1;
  #virtual = EPOCH;
  #wall = EPOCH - 5000;

  /** Time passes as on the wall; it is read each `every` ms. */
  pass(ms: number, every = Number.POSITIVE_INFINITY): this {
    let left = ms;
    for (; left > every; left -= every) {
      this.#virtual += every;
      this.#wall += every;
      this.read();
    }
    this.#virtual += left;
    this.#wall += left;
    return this;
  }

  skip(ms: number): this {
    this.#virtual += ms;
    return this;
  }

  read(): this {
    this.readings.push({ virtual: this.#virtual, wall: this.#wall });
    return this;
  }

  event(type: string, more: Partial<RecordedEvent> = {}): number {
    this.virtual.push(this.#virtual - EPOCH);
    this.wall.push(this.#wall - (EPOCH - 5000));
    return this.events.push({ type, run: this.run, ...more }) - 1;
  }

  /** An attempt that takes so long, after `backOff` ms that nobody waited for. */
  activity(ms: number, { attempt = 1, backOff = 0, every = Number.POSITIVE_INFINITY } = {}): void {
    const of = this.event('ActivityTaskScheduled');
    this.pass(3).skip(backOff).event('ActivityTaskStarted', { of, attempt });
    this.pass(ms, every).event('ActivityTaskCompleted', { of });
  }

  timer(ms: number): void {
    const of = this.event('TimerStarted', { seconds: ms / 1000 });
    this.pass(2).skip(ms).event('TimerFired', { of });
  }

  get took(): (number | undefined)[] {
    const { wall } = clocksOf(this, this.readings);
    return wall.map((time, i) => time - (wall[i - 1] ?? 0));
  }
}

const begun = () => {
  const run = new MadeUp();
  run.event('WorkflowExecutionStarted');
  run.pass(10).read();
  return run;
};

describe('what takes its time on the wall', () => {
  test('an activity of 9.2 s, beside a pause of 30 days that takes none', () => {
    const run = begun();
    run.activity(9200);
    run.timer(30 * DAY);
    run.pass(7).event('WorkflowExecutionCompleted');
    run.read();
    expect(clocksOf(run, run.readings)).toEqual({ virtual: run.virtual, wall: run.wall });
    expect(run.took).toEqual([0, 10, 3, 9200, 0, 2, 7]);
  });

  test('a child of 9.2 s, when the clocks were read between it and the pause', () => {
    const run = begun();
    const of = run.event('ChildWorkflowExecutionStarted');
    run.pass(9200, 20).event('ChildWorkflowExecutionCompleted', { of });
    run.timer(DAY);
    run.read();
    expect(run.took).toEqual([0, 10, 9200, 0, 2]);
  });

  test('a back-off of 3 s between two attempts is skipped, the attempts are not', () => {
    const run = begun();
    run.activity(2000);
    run.activity(500, { attempt: 2, backOff: 3000 });
    run.read();
    expect(run.took).toEqual([0, 10, 3, 2000, 0, 3, 500]);
  });

  test('what comes while another activity runs was not skipped, a retry neither', () => {
    const run = begun();
    const slow = run.event('ActivityTaskScheduled');
    run.event('ActivityTaskStarted', { of: slow, attempt: 1 });
    const tried = run.event('ActivityTaskScheduled');
    run.pass(1000).event('ActivityTaskStarted', { of: tried, attempt: 2 });
    run.pass(50).event('ActivityTaskCompleted', { of: slow });
    run.pass(50).event('ActivityTaskCompleted', { of: tried });
    run.timer(3600_000);
    run.read();
    expect(run.took).toEqual([0, 10, 0, 0, 1000, 50, 50, 0, 2]);
  });

  test('two runs, one continued as new: each with its pause and its activity', () => {
    const run = begun();
    for (const nth of [1, 2]) {
      run.run = nth;
      if (nth > 1) run.event('WorkflowExecutionStarted');
      run.activity(1500, { every: 20 });
      run.timer(DAY);
      run.pass(4).event(nth === 1 ? 'WorkflowExecutionContinuedAsNew' : 'WorkflowExecutionCompleted');
    }
    run.read();
    const { wall } = clocksOf(run, run.readings);
    const off = wall.map((time, i) => Math.abs(time - (run.wall[i] ?? 0)));
    expect(Math.max(...off)).toBeLessThanOrEqual(20);
    expect(wall.at(-1)).toBe(run.wall.at(-1));
  });

  test('an attempt whose worker was killed is skipped as far as the clock was moved', () => {
    const run = begun();
    const of = run.event('ActivityTaskScheduled');
    run.pass(5).event('ActivityTaskStarted', { of, attempt: 1 });
    run.pass(400).read().skip(360_000).pass(3).event('ActivityTaskTimedOut', { of });
    run.pass(20).event('ActivityTaskScheduled');
    run.read();
    expect(run.took).toEqual([0, 10, 5, 403, 20]);
  });

  test('a clock that was moved by hand between two events', () => {
    const run = begun();
    run.event('TimerStarted');
    run
      .pass(300)
      .read()
      .skip(90 * DAY)
      .pass(4)
      .read()
      .pass(20)
      .event('WorkflowExecutionSignaled');
    expect(run.took).toEqual([0, 10, 324]);
  });
});

test('however a run goes: no event is further off than its two readings are apart, and the sum is right', () => {
  // Numbers that look random, and are the same each time.
  let seed = 7;
  const upTo = (most: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % most;
  };
  for (let round = 0; round < 200; round++) {
    const every = 1 + upTo(60);
    const run = begun();
    for (let i = 0; i < 20; i++) {
      run.pass(1 + upTo(100), every);
      const what = upTo(4);
      if (what === 0) run.timer(upTo(2) ? DAY : upTo(2000));
      else if (what === 1) run.activity(upTo(900), { every });
      else if (what === 2) run.activity(upTo(90), { attempt: 2, backOff: upTo(5000), every });
      else run.event('WorkflowExecutionSignaled');
      if (upTo(3) === 0) run.read();
    }
    run.event('WorkflowExecutionCompleted');
    run.read();
    const { wall } = clocksOf(run, run.readings);
    for (const [i, time] of wall.entries()) {
      const real = run.wall[i] ?? 0;
      const at = real + EPOCH - 5000;
      const before = run.readings.findLast((reading) => reading.wall <= at) ?? { wall: at };
      const next = run.readings.find((reading) => reading.wall >= at) ?? { wall: at };
      expect(Math.abs(time - real)).toBeLessThanOrEqual(Math.round(next.wall - before.wall));
      expect(time).toBeGreaterThanOrEqual(0);
    }
    expect(wall.at(-1)).toBe(run.wall.at(-1));
  }
});

test('a clock that stands still for a while loses nothing on the wall', () => {
  const run = begun();
  run.event('TimerStarted');
  run.read();
  const { virtual = 0, wall = 0 } = run.readings.at(-1) ?? {};
  run.readings.push({ virtual: virtual + 10, wall: wall + 510 });
  run.virtual.push(20);
  run.events.push({ type: 'WorkflowExecutionSignaled', run: 1 });
  expect(run.took).toEqual([0, 10, 510]);
});

test('an answer that takes long is no skip, and a clock that jitters none either', () => {
  const run = begun();
  run.activity(9200, { every: 50 });
  run.pass(3).event('TimerFired');
  run.timer(DAY);
  run.read();
  const jittery = run.readings.map(({ virtual, wall }, i) => {
    const late = (i % 7) - 3;
    return { virtual, wall: wall + late, doubt: Math.abs(late) };
  });
  const { wall } = clocksOf(run, jittery);
  const off = wall.map((time, i) => Math.abs(time - (run.wall[i] ?? 0)));
  expect(Math.max(...off)).toBeLessThanOrEqual(3);
  expect((wall[3] ?? 0) - (wall[2] ?? 0)).toBe(9200);
});

test('readings that came in another order than they were taken', () => {
  const run = begun();
  run.activity(100, { every: 20 });
  run.timer(DAY);
  run.read();
  expect(clocksOf(run, run.readings.toReversed()).wall).toEqual(clocksOf(run, run.readings).wall);
});
