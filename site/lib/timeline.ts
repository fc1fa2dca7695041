/**
 * Lays a run out in time. Both the build and the player in the browser do it with this.
 *
 * Two clocks run: the workflow's, which skips waits, and the one on the wall. What was skipped would
 * flatten all the rest, so it gets a fixed width; the rest is as wide as it took on the wall.
 */
import type { CodeLocation, Played, RecordedEvent } from '../../recordings/format/recording.ts';

/** A point in time: where it is drawn, from 0 to 1, and what the two clocks say there, in ms. */
export interface Moment {
  x: number;
  virtual: number;
  wall: number;
}

export type Kind = 'run' | 'activity' | 'child' | 'timer' | 'signal' | 'update' | 'cancel' | 'other';

/** All that happened to one command, one message, or one run of the execution. */
export interface Story {
  kind: Kind;
  name: string;
  /** What tells it from others of its name: a short value of its input. */
  detail: string;
  run: number;
  /** Its events, as indexes in the recording. */
  events: number[];
  from: number;
  to: number;
  /** Where the attempt that counts began. */
  began: number;
  attempt: number;
  /** Why the attempt before failed. */
  retried: RecordedEvent['failure'];
  /** Why it failed in the end. */
  failure: RecordedEvent['failure'];
  /** How it ended, in Temporal's words; nothing while it goes on. */
  end: string;
  /** Of a timer: how long. */
  seconds: number;
  at: CodeLocation | undefined;
  /** Of a mixed run: whose workers did it, in their order; of an activity, whose ran the attempt that counts. */
  languages: string[];
}

/** What the workers of one language did in a mixed run. */
export interface Worker {
  language: string;
  /** From when to when it worked, and no other between. */
  spans: { from: number; to: number }[];
  /** Where it failed a workflow task. */
  failed: number[];
}

/** Stories of one name, on as many rows as went on side by side. */
export interface Lane {
  kind: Kind;
  name: string;
  rows: Story[][];
}

export interface Timeline {
  workflow: string;
  /** How it ended, and why when it failed; nothing while it goes on. */
  end: string;
  /** One for each event, sorted by time. */
  moments: Moment[];
  /** Sorted by time. */
  stories: Story[];
  lanes: Lane[];
  /** Of a mixed run, in the order in which they came; else none. */
  workers: Worker[];
  /** Stretches of time that nobody waited for. */
  skips: { from: number; to: number; seconds: number }[];
  /** Where a run ended and the next one began. */
  seams: number[];
  virtual: number;
  wall: number;
}

/** How much more the workflow's clock must have moved than ours to call it a skip. */
const SKIPPED_MS = 500;
/** The share of the drawing that one skip takes, and that all of them may take. */
const ONE_SKIP = 0.09;
const ALL_SKIPS = 0.45;
/** Where no command is under way, time is drawn narrower by this. */
const IDLE = 0.1;

/** The timeline of a run as one language ran it; of one that goes on, up to `now`. */
export function timelineOf(run: Played, language: string, now?: Omit<Moment, 'x'> | undefined): Timeline {
  const clocks = run.clocks[language];
  if (!clocks) throw new Error(`not recorded in ${language}`);
  const chapters = chaptersOf(run.events);
  const times = run.events.map((_, event) => ({
    event,
    virtual: clocks.virtual[event] ?? 0,
    wall: clocks.wall[event] ?? 0,
  }));
  const sorted = times.sort((a, b) => a.virtual - b.virtual || a.wall - b.wall || a.event - b.event);
  if (now) sorted.push({ event: -1, ...now });
  const order = new Map(sorted.map(({ event }, i) => [event, i]));
  const { moments, skips } = spread(sorted, busyness(run.events, chapters, order));
  const place = (event: number) => moments[order.get(event) ?? -1]?.x ?? 1;
  const stories = storiesOf(run.events, chapters, place);
  const last = moments.at(-1) ?? { virtual: 0, wall: 0 };
  const why = stories.findLast(({ kind }) => kind === 'run')?.failure;
  return {
    workflow: run.workflow,
    end: [run.end, why?.type, why?.message].filter(Boolean).join(': '),
    moments,
    stories,
    lanes: lanesOf(
      stories,
      Object.values(run.clocks).map((one) => one.virtual),
    ),
    workers: workersOf(run.events, place),
    skips,
    seams: stories.filter(({ kind, run: nth }) => kind === 'run' && nth > 1).map(({ from }) => from),
    virtual: last.virtual,
    wall: last.wall,
  };
}

/** How much goes on before each moment: commands that are under way, and those of them that only wait. */
function busyness(events: RecordedEvent[], chapters: number[][], order: Map<number, number>) {
  const change = Array.from({ length: order.size + 1 }, () => ({ open: 0, waiting: 0 }));
  const add = (what: 'open' | 'waiting', from: number | undefined, to: number | undefined) => {
    // What has not ended, or not begun, may do so any time.
    const [first, last] = [order.get(from ?? 0) ?? 0, order.get(to ?? -2) ?? order.size - 1];
    for (const [at, by] of [
      [first + 1, 1],
      [last + 1, -1],
    ] as const) {
      const there = change[at];
      if (there) there[what] += by;
    }
  };
  for (const chapter of chapters) {
    const [first = 0] = chapter;
    const kind = kindOf(events[first]?.type ?? '');
    if (kind !== 'activity' && kind !== 'timer' && kind !== 'child') continue;
    const over = chapter.length > 1 && ENDED.test(events[chapter.at(-1) ?? 0]?.type ?? '');
    const end = over ? chapter.at(-1) : undefined;
    add('open', first, end);
    const started = chapter.find((event) => events[event]?.type === 'ActivityTaskStarted');
    if (kind === 'timer') add('waiting', first, end);
    else if (started !== undefined && (events[started]?.attempt ?? 1) > 1) add('waiting', first, started);
    else if (kind === 'activity' && started === undefined) add('waiting', first, end);
  }
  let [open, waiting] = [0, 0];
  return change.map((by) => {
    open += by.open;
    waiting += by.waiting;
    return { open, waiting };
  });
}

/** Gives each point in time its place. */
function spread(times: { virtual: number; wall: number }[], busy: { open: number; waiting: number }[]) {
  const gaps = times.map(({ virtual, wall }, i) => {
    const before = times[i - 1] ?? { virtual, wall };
    const ahead = virtual - before.virtual - (wall - before.wall);
    // Only a wait can be skipped.
    const skipped = busy[i]?.waiting && ahead >= SKIPPED_MS ? ahead : 0;
    return { skipped, took: (wall - before.wall) * (busy[i]?.open ? 1 : IDLE) };
  });
  const count = gaps.filter(({ skipped }) => skipped).length;
  const one = Math.min(ONE_SKIP, ALL_SKIPS / Math.max(1, count));
  const all = gaps.reduce((sum, gap) => sum + (gap.skipped ? 0 : gap.took), 0);
  // Where nothing took any time at all, all are as wide.
  const scale = (1 - count * one) / (all || Math.max(1, gaps.length - 1 - count));
  const skips: Timeline['skips'] = [];
  let x = 0;
  const moments = times.map(({ virtual, wall }, i): Moment => {
    const { skipped, took } = gaps[i] ?? { skipped: 0, took: 0 };
    const from = x;
    if (skipped) {
      x += one;
      skips.push({ from, to: x, seconds: skipped / 1000 });
    } else if (i) x += (all ? took : 1) * scale;
    return { x: Math.min(1, x), virtual, wall };
  });
  return { moments, skips };
}

// ---- What belongs together

const KINDS: [RegExp, Kind][] = [
  [/^ActivityTask/, 'activity'],
  [/^Timer/, 'timer'],
  [/ChildWorkflow/, 'child'],
  [/Signaled$/, 'signal'],
  [/Update/, 'update'],
  [/^WorkflowExecutionCancelRequested$/, 'cancel'],
  [/^WorkflowExecution(Started|Completed|Failed|Canceled|Terminated|TimedOut|ContinuedAsNew)$/, 'run'],
];
const ENDED = /(Completed|Failed|TimedOut|Canceled|Terminated|Fired|ContinuedAsNew)$/;
const kindOf = (type: string): Kind => KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? 'other';

function nameOf(kind: Kind, { run, name, type }: Pick<RecordedEvent, 'run' | 'name' | 'type'>): string {
  if (kind === 'run') return `run ${run}`;
  return kind === 'timer' ? 'Timer' : (name ?? type.replace('WorkflowExecution', ''));
}

/** The events of each story, as indexes. */
function chaptersOf(events: RecordedEvent[]): number[][] {
  const chapters = new Map<string, number[]>();
  const rootOf = (event: number): number => {
    const of = events[event]?.of;
    return of === undefined ? event : rootOf(of);
  };
  events.forEach(({ type, run }, event) => {
    const key = kindOf(type) === 'run' ? `run ${run}` : String(rootOf(event));
    const chapter = chapters.get(key);
    if (chapter) chapter.push(event);
    else chapters.set(key, [event]);
  });
  return [...chapters.values()];
}

function storiesOf(events: RecordedEvent[], chapters: number[][], xOf: (event: number) => number): Story[] {
  const stories = chapters.map((indexes): Story => {
    const told = indexes.map((index) => events[index] as RecordedEvent);
    const [root = { type: '', run: 1 }] = told;
    const kind = kindOf(root.type);
    const started = told.findLastIndex(({ type }) => type === 'ActivityTaskStarted');
    const last = told.at(-1);
    const end = ENDED.exec(last?.type ?? '')?.[0] ?? '';
    const mark = kind === 'signal' || kind === 'cancel' || kind === 'other';
    const from = xOf(indexes[0] ?? 0);
    return {
      kind,
      name: nameOf(kind, root),
      detail: '',
      run: root.run,
      events: indexes,
      from,
      to: mark ? from : end ? xOf(indexes.at(-1) ?? 0) : 1,
      began: started < 0 ? from : xOf(indexes[started] ?? 0),
      attempt: told[started]?.attempt ?? 1,
      retried: told[started]?.failure,
      failure: last?.failure,
      end: mark ? 'Completed' : end,
      seconds: root.seconds ?? 0,
      at: root.at,
      languages: kind === 'run' ? signersOf(events, root.run) : languageOf(told),
    };
  });
  for (const alike of byName(stories)) if (alike[0]?.kind !== 'run') tellApart(alike, events);
  return stories.sort((a, b) => a.from - b.from || (a.events[0] ?? 0) - (b.events[0] ?? 0));
}

/** Whose worker did the last of it. */
function languageOf(told: RecordedEvent[]): string[] {
  const language = told.findLast((event) => event.language)?.language;
  return language === undefined ? [] : [language];
}

/** What a worker does that no workflow has asked for, or signs. */
const UNSIGNED = /^(ActivityTask(Started|Completed|Failed|Canceled)|WorkflowTaskFailed)$/;

/** The languages that worked on a run's workflow, in their order. */
function signersOf(events: RecordedEvent[], run: number): string[] {
  const signed = events.filter((event) => event.run === run && !UNSIGNED.test(event.type) && event.language);
  return [...new Set(signed.flatMap(({ language }) => language ?? []))];
}

/** Whose workers did what, and when: an attempt takes its time, a command of a workflow none. */
function workersOf(events: RecordedEvent[], place: (event: number) => number): Worker[] {
  const starts = new Map(events.map(({ type, of }, i) => [type === 'ActivityTaskStarted' ? of : -1, i]));
  const done = events.flatMap(({ type, of, language }, i) => {
    if (!language || type === 'ActivityTaskStarted') return [];
    const start = UNSIGNED.test(type) ? starts.get(of) : undefined;
    return [{ language, type, from: place(start ?? i), to: place(i) }];
  });
  const workers = new Map<string, Worker>();
  let before = '';
  for (const { language, type, from, to } of done.sort((a, b) => a.from - b.from)) {
    const worker = workers.get(language) ?? { language, spans: [], failed: [] };
    workers.set(language, worker);
    const last = worker.spans.at(-1);
    if (last && before === language) last.to = Math.max(last.to, to);
    else worker.spans.push({ from, to });
    if (type === 'WorkflowTaskFailed') worker.failed.push(from);
    before = language;
  }
  return [...workers.values()];
}

function byName(stories: Story[]): Story[][] {
  const names = new Map<string, Story[]>();
  for (const story of stories) {
    const key = `${story.kind} ${story.name}`;
    const alike = names.get(key);
    if (alike) alike.push(story);
    else names.set(key, [story]);
  }
  return [...names.values()];
}

/** Finds what differs in the inputs of stories of one name: an id, a URI, a cursor. */
function tellApart(alike: Story[], events: RecordedEvent[]): void {
  const inputs = alike.map(({ events: [first = 0] }) => leaves(events[first]?.input));
  const keys = [...(inputs[0]?.keys() ?? [])].filter((key) => /(id|uri|cursor)$/.test(key));
  const differing = keys.find((key) => new Set(inputs.map((leaf) => leaf.get(key))).size > 1);
  const key = differing ?? (alike.length === 1 ? keys[0] : undefined);
  if (key === undefined) return;
  alike.forEach((story, i) => {
    const value = inputs[i]?.get(key) ?? '';
    story.detail = value.includes('://') ? value.split('/').slice(-2).join('/') : value.slice(0, 40);
  });
}

function leaves(value: unknown, path = ''): Map<string, string> {
  if (value === null || typeof value !== 'object') return new Map([[path, String(value ?? '')]]);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, `${path}.${key}`)]));
}

// ---- Rows

/** More rows than this are drawn over each other. */
const MOST_ROWS = 24;

/** As many rows as any of the languages needs, so that to choose another one moves nothing on the page. */
function lanesOf(stories: Story[], clocks: number[][]): Lane[] {
  return byName(stories.map((story) => (story.kind === 'run' ? { ...story, name: '' } : story)))
    .filter(([first]) => first?.kind !== 'other')
    .map((alike) => {
      const { kind = 'other', name = '' } = alike[0] ?? {};
      const most = Math.max(...clocks.map((virtual) => pack(alike, times(virtual)).length));
      if (kind === 'run') return { kind, name, rows: [alike] };
      const rows = pack(alike, ({ from, to }) => [from, to]);
      while (rows.length < Math.min(most, MOST_ROWS)) rows.push([]);
      return { kind, name, rows };
    });
}

const times =
  (virtual: number[]) =>
  ({ events, end }: Story): [number, number] => [
    virtual[events[0] ?? 0] ?? 0,
    end ? (virtual[events.at(-1) ?? 0] ?? 0) : Number.POSITIVE_INFINITY,
  ];

/** Puts each story on the first row that is free. */
function pack(stories: Story[], span: (story: Story) => [number, number]): Story[][] {
  const rows: { stories: Story[]; until: number }[] = [];
  const sorted = stories.map((story) => ({ story, span: span(story) })).sort((a, b) => a.span[0] - b.span[0]);
  for (const {
    story,
    span: [from, to],
  } of sorted) {
    const free = rows.find(({ until }) => until <= from);
    const row = free ?? (rows.length < MOST_ROWS ? { stories: [], until: 0 } : rows.at(-1));
    if (!row) continue;
    if (!rows.includes(row)) rows.push(row);
    row.stories.push(story);
    row.until = to;
  }
  return rows.map((row) => row.stories);
}

/** What the two clocks say at `x`. */
export function clocksAt({ moments }: Timeline, x: number): { virtual: number; wall: number } {
  const after = moments.findIndex((moment) => moment.x > x);
  const a = moments.at(after < 0 ? -1 : Math.max(0, after - 1)) ?? { x: 0, virtual: 0, wall: 0 };
  const b = (after < 0 ? a : moments[after]) ?? a;
  const share = b.x > a.x ? (x - a.x) / (b.x - a.x) : 0;
  const between = (from: number, to: number) => from + (to - from) * Math.max(0, share);
  return { virtual: between(a.virtual, b.virtual), wall: between(a.wall, b.wall) };
}

/** What goes on at `x`: the stories that have begun and are not over; else the one that was last. */
export function runningAt({ stories }: Timeline, x: number): Story[] {
  const placed = stories.filter(
    ({ at, kind, from, languages }) => (at || (languages.length && kind !== 'run')) && from <= x,
  );
  const now = placed.filter(({ to }) => x < to);
  return now.length ? now : placed.slice(-1);
}
