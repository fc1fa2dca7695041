/**
 * When the events of a run were on the wall. A history tells the server's clock alone, which skips waits; how
 * far it is ahead is measured: readings of both clocks are taken before and after, and now and then while, the
 * clock may skip. So each event is placed between two readings, and is at most as wrong as these are apart.
 */
import type { Clocks, RecordedEvent } from './recording.ts';

/** What both clocks said at one moment, in ms since the epoch. */
export interface Reading {
  /** The server's clock. */
  virtual: number;
  /** The clock on the wall. */
  wall: number;
  /** By how much the two may be apart: the server took that long to answer. */
  doubt?: number;
}

/** The events of a run, and when each was by the server's clock: in ms since the first, which was at `began`. */
export interface Timed {
  events: RecordedEvent[];
  virtual: number[];
  /** In ms since the epoch. */
  began: number;
}

/** A stretch of the server's clock in which nothing is known to have happened. */
interface Gap {
  from: number;
  to: number;
  certainty: Certainty;
}

/** How good a reason there is to think that a gap was skipped; the best first. */
const CERTAINTIES = ['it ends a wait', 'nothing runs in it', 'an activity runs in it'] as const;
type Certainty = (typeof CERTAINTIES)[number];

/** Both clocks of a run, from readings that were taken of them. */
export function clocksOf(timed: Timed, readings: Reading[]): Clocks {
  const { virtual, began } = timed;
  const wallAt = wallOf(timed, readings);
  const start = wallAt(began);
  return { virtual, wall: virtual.map((time) => Math.round(wallAt(began + time) - start)) };
}

/** What the clock on the wall said when the server's said this; both in ms since the epoch. */
export function wallOf(timed: Timed, readings: Reading[]): (virtual: number) => number {
  const known = inOrder(readings);
  const gaps = gapsOf(timed);
  const pieces = known.slice(1).flatMap((b, i) => piecesOf(known[i] as Reading, b, gaps));
  const [first, last] = [known[0], known.at(-1)];
  return (virtual) => {
    // Nothing can be skipped before the first reading, nor after the last: the clocks went alike.
    const outside = !first || virtual <= first.virtual ? first : last && virtual > last.virtual ? last : null;
    const piece = outside === null ? pieces[after(pieces, virtual)] : undefined;
    if (!piece) return outside ? outside.wall + virtual - outside.virtual : virtual;
    return piece.wall + (piece.took * (virtual - piece.from)) / (piece.to - piece.from);
  };
}

/**
 * In order: an answer may come late, but neither clock goes back. Where a reading may be as far ahead as the one
 * before, it is: what it differs by is how long the answer took.
 */
function inOrder(readings: Reading[]): Reading[] {
  const known: Reading[] = [];
  let [ahead, doubt] = [0, -1];
  for (const { virtual, wall, doubt: own = 0 } of [...readings].sort((a, b) => a.wall - b.wall)) {
    const last = known.at(-1);
    if (last && virtual < last.virtual) continue;
    if (!last || Math.abs(virtual - wall - ahead) > own + doubt) [ahead, doubt] = [virtual - wall, own];
    known.push({ virtual, wall: Math.max(virtual - ahead, last?.wall ?? Number.NEGATIVE_INFINITY) });
  }
  return known;
}

/** A gap, or a part of it, with when it began on the wall, and how long it took there. */
interface Piece extends Gap {
  wall: number;
  took: number;
}

/**
 * The gaps between two readings. By how much the server's clock got ahead was skipped in the gaps with the best
 * reason; only what is longer than all of these together was skipped in the others.
 */
function piecesOf(a: Reading, b: Reading, gaps: Gap[]): Piece[] {
  const between: Gap[] = [];
  for (let i = after(gaps, a.virtual); (gaps[i]?.from ?? b.virtual) < b.virtual; i++) {
    const { from, to, certainty } = gaps[i] as Gap;
    const inside = { from: Math.max(from, a.virtual), to: Math.min(to, b.virtual), certainty };
    if (inside.from < inside.to) between.push(inside);
  }
  let ahead = b.virtual - a.virtual - (b.wall - a.wall);
  // The server's clock may stand still too: then all that happened took longer on the wall.
  const slower = ahead < 0 ? (b.wall - a.wall) / (b.virtual - a.virtual) : 1;
  const shares = new Map(
    CERTAINTIES.map((certainty) => {
      const alike = between.filter((gap) => gap.certainty === certainty);
      const length = alike.reduce((sum, { from, to }) => sum + to - from, 0);
      const skipped = Math.max(0, Math.min(ahead, length));
      ahead -= skipped;
      return [certainty, length ? (1 - skipped / length) * slower : 1] as const;
    }),
  );
  let wall = a.wall;
  return between.map((gap) => {
    const took = (gap.to - gap.from) * (shares.get(gap.certainty) ?? 1);
    wall += took;
    return { ...gap, took, wall: wall - took };
  });
}

/** The index of the first that ends at `virtual` or later. */
function after(gaps: Gap[], virtual: number): number {
  let [low, high] = [0, gaps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((gaps[middle]?.to ?? 0) < virtual) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All of time, cut at the events. */
function gapsOf({ events, virtual, began }: Timed): Gap[] {
  const attempts = attemptsOf(events, virtual).sort((a, b) => a.from - b.from);
  const waits = new Set(virtual.filter((_, i) => endsWait(events[i] as RecordedEvent)));
  const times = [...new Set(virtual)].sort((a, b) => a - b);
  let next = 0;
  let runs = Number.NEGATIVE_INFINITY;
  return [...times, Number.POSITIVE_INFINITY].map((to, i): Gap => {
    const from = times[i - 1] ?? Number.NEGATIVE_INFINITY;
    // Until when one of the attempts runs that have begun by then.
    for (; (attempts[next]?.from ?? Number.POSITIVE_INFINITY) <= from; next++)
      runs = Math.max(runs, attempts[next]?.to ?? runs);
    const rest = waits.has(to) ? 'it ends a wait' : 'nothing runs in it';
    return { from: began + from, to: began + to, certainty: runs >= to ? 'an activity runs in it' : rest };
  });
}

/** What the server does when its clock has come so far: a timer, the next attempt after a back-off, a timeout. */
function endsWait({ type, attempt = 1 }: RecordedEvent): boolean {
  return /(TimerFired|TimedOut)$/.test(type) || (type === 'ActivityTaskStarted' && attempt > 1);
}

/** From when to when an attempt ran, whose worker lived to say how it ended: the clock skips nothing then. */
function attemptsOf(events: RecordedEvent[], virtual: number[]): { from: number; to: number }[] {
  const ends = new Map(events.map(({ type, of }, i) => [SAID.test(type) ? of : -1, virtual[i] ?? 0]));
  return events.flatMap(({ type, of }, i) => {
    const to = type === 'ActivityTaskStarted' ? ends.get(of) : undefined;
    return to === undefined ? [] : [{ from: virtual[i] ?? 0, to }];
  });
}

const SAID = /^ActivityTask(Completed|Failed|Canceled)$/;
