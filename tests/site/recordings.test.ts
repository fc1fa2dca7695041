/** What the player draws: where each thing stands, what is folded, and that nothing in a run is markup. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findRecordings, recordingsOf } from '../../recordings/format/read.ts';
import { MIXED } from '../../recordings/format/recording.ts';
import { clocksAt, runningAt, timelineOf } from '../../site/lib/timeline.ts';
import {
  clock,
  duration,
  heightOf,
  linesOf,
  list,
  picture,
  WORDS,
  type Words,
} from '../../site/lib/timeline-draw.ts';
import { etl, handover, stream } from './recordings.fixtures.ts';

const words = Object.fromEntries(WORDS.map((word) => [word, word])) as Words;
words.attempt = 'attempt {n}';

const lane = (name: string, recording = etl()) =>
  timelineOf(recording, 'ts').lanes.find((one) => one.name === name);

describe('a timeline', () => {
  test('what went on side by side has rows of its own, what came one after the other has one', () => {
    expect(lane('ExtractData')?.rows).toHaveLength(3);
    expect(lane('TransformData')?.rows).toHaveLength(1);
    expect(lane('TransformData')?.rows[0]).toHaveLength(5);
  });

  test('an hour that was skipped is a stretch of fixed width, the rest as wide as it took', () => {
    const { skips, moments, virtual, wall } = timelineOf(etl(), 'ts');
    expect(skips).toMatchObject([{ seconds: 3600 }]);
    const [skip] = skips;
    expect((skip?.to ?? 0) - (skip?.from ?? 0)).toBeCloseTo(0.09);
    expect(moments.at(-1)?.x).toBeCloseTo(1);
    expect(virtual - wall).toBe(3_600_000);
    const transforms = lane('TransformData')?.rows[0]?.map(({ from, to }) => to - from) ?? [];
    for (const width of transforms) expect(width).toBeCloseTo(transforms[0] ?? 0);
  });

  test('skips never take more than half, however many there are', () => {
    const many = stream(1);
    for (let hour = 0; hour < 40; hour++) {
      const of = many.events.push({ type: 'TimerStarted', run: 2, seconds: 3600 }) - 1;
      many.events.push({ type: 'TimerFired', run: 2, of });
      for (const { virtual, wall } of Object.values(many.clocks)) {
        const [now, clock] = [virtual.at(-1) ?? 0, wall.at(-1) ?? 0];
        virtual.push(now, now + 3_600_000);
        wall.push(clock, clock + 1);
      }
    }
    const { skips } = timelineOf(many, 'ts');
    expect(skips).toHaveLength(43);
    expect(skips.reduce((sum, { from, to }) => sum + to - from, 0)).toBeCloseTo(0.45);
  });

  test('only a wait is a skip: clocks that differ where none is are drawn as they went', () => {
    const early = etl();
    // The clock of the workflow is a minute ahead before anything was asked for.
    for (const { virtual } of Object.values(early.clocks)) {
      for (let i = 1; i < virtual.length; i++) virtual[i] = (virtual[i] ?? 0) + 60_000;
    }
    expect(timelineOf(early, 'ts').skips).toMatchObject([{ seconds: 3600 }]);
    // Nor does it make the drawing any wider than it took on the wall.
    const x = ({ moments }: ReturnType<typeof timelineOf>) => moments.map((moment) => moment.x);
    expect(x(timelineOf(early, 'ts'))).toEqual(x(timelineOf(etl(), 'ts')));
  });

  test('both clocks can be read anywhere, and each language has its own', () => {
    const timeline = timelineOf(etl(), 'ts');
    const [skip] = timeline.skips;
    expect(clocksAt(timeline, 0)).toEqual({ virtual: 0, wall: 0 });
    const middle = clocksAt(timeline, ((skip?.from ?? 0) + (skip?.to ?? 0)) / 2);
    expect(middle.virtual).toBeGreaterThan(1_700_000);
    expect(middle.wall).toBeLessThan(200);
    expect(clocksAt(timeline, 1)).toEqual({ virtual: timeline.virtual, wall: timeline.wall });
    expect(timelineOf(etl(), 'go').wall).toBe(timeline.wall / 2);
  });

  test('a language that was not recorded is refused', () => {
    expect(() => timelineOf(etl(), 'perl')).toThrow('not recorded in perl');
  });

  test('the picture is as high in every language: to choose one moves nothing on the page', () => {
    const recording = etl();
    // In Rust the transforms overlap.
    const { virtual, wall } = recording.clocks.rust ?? { virtual: [], wall: [] };
    recording.events.forEach(({ type, of }, i) => {
      if (type === 'ActivityTaskCompleted' && recording.events[of ?? 0]?.name === 'TransformData') {
        virtual[i] = (virtual[i] ?? 0) + 30;
        wall[i] = (wall[i] ?? 0) + 30;
      }
    });
    const heights = ['ts', 'go', 'rust'].map((language) => heightOf(timelineOf(recording, language)));
    expect(new Set(heights).size).toBe(1);
    expect(heights[0]).toBeGreaterThan(heightOf(timelineOf(etl(), 'ts')));
  });

  test('retries are told: how many attempts, why, and where the one that counts began', () => {
    const weather = lane('ExtractData')
      ?.rows.flat()
      .find(({ detail }) => detail === 'weather');
    expect(weather).toMatchObject({ attempt: 3, retried: { type: 'RateLimited' }, end: 'Completed' });
    expect(weather?.began).toBeGreaterThan(weather?.from ?? 1);
  });

  test('what differs in the inputs tells stories of one name apart', () => {
    const details = (name: string) =>
      lane(name)
        ?.rows.flat()
        .map(({ detail }) => detail);
    expect(details('ExtractData')).toEqual(['flights', 'weather', 'planes']);
    expect(details('TransformData')).toEqual([
      'flights/1',
      'flights/2',
      'flights/3',
      'flights/4',
      'flights/5',
    ]);
  });

  test('timers, signals and the borders of runs are in it', () => {
    const timeline = timelineOf(stream(), 'ts');
    expect(timeline.lanes.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'run ',
      'activity ReadStreamEvents',
      'activity ProcessStreamEvents',
      'activity WriteStreamResults',
      'timer Timer',
      'signal stop_streaming',
    ]);
    expect(timeline.seams).toHaveLength(1);
    const timers = lane('Timer', stream())?.rows.flat();
    expect(timers?.map(({ end }) => end)).toEqual(['Fired', 'Fired', 'Canceled']);
  });

  test('the steps that run are those of the commands that have begun and are not over', () => {
    const timeline = timelineOf(etl(), 'ts');
    const steps = (x: number) => runningAt(timeline, x).map(({ detail, at }) => `${detail}: ${at?.step}`);
    const all = 'Read all sources at the same time';
    expect(steps(0.02)).toEqual([`flights: ${all}`, `weather: ${all}`, `planes: ${all}`]);
    expect(steps(0.99)).toEqual(['flights/5: Load one batch']);
    expect(steps(0)).toEqual([]);
  });

  test('a run that goes on reaches up to now', () => {
    const recording = { ...etl(), end: undefined };
    recording.events = recording.events.slice(0, 3);
    for (const times of Object.values(recording.clocks)) times.virtual.length = times.wall.length = 3;
    const timeline = timelineOf(recording, 'ts', { virtual: 1000, wall: 1000 });
    expect(timeline.stories.filter(({ to, end }) => to === 1 && !end)).toHaveLength(3);
    expect(timeline.wall).toBe(1000);
    expect(picture(timeline, words)).toContain('class="did open"');
  });
});

describe('the picture and the list', () => {
  test('nothing that a run says is markup, and nothing has a style attribute', () => {
    const recording = etl();
    const timeline = timelineOf(recording, 'ts');
    const html = picture(timeline, words) + list(timeline, linesOf(timeline), words, recording.events);
    expect(html).toContain('API answered 429 &#60;b&#62;&#34;later&#34;');
    expect(html).not.toContain('<b>&#34;later');
    expect(html).not.toContain('<b>"later');
    expect(html).not.toContain('style=');
  });

  test('a short run has a line for each story', () => {
    const timeline = timelineOf(etl(), 'ts');
    expect(linesOf(timeline)).toHaveLength(timeline.stories.length);
  });

  test('what repeats is folded: one name, or several in turn; a retry stays in sight', () => {
    const folds = (recording: ReturnType<typeof etl>) => {
      const timeline = timelineOf(recording, 'ts');
      return linesOf(timeline).map((line) =>
        'names' in line ? `${line.names.join()} ×${line.times}` : timeline.stories[line.story]?.name,
      );
    };
    expect(folds(etl(57))).toEqual([
      ...['run 1', 'ExtractData', 'ExtractData', 'ExtractData'],
      ...['TransformData ×57', 'LoadData ×57'],
    ]);
    const batch = 'ReadStreamEvents,ProcessStreamEvents,WriteStreamResults ×60';
    expect(folds(stream(60))).toEqual([
      'run 1',
      batch,
      'Timer',
      'run 2',
      batch,
      'Timer',
      'Timer',
      'stop_streaming',
    ]);
  });

  test('thousands of events stay light: in the picture, in the list and in what is opened', () => {
    const long = stream(2000);
    expect(long.events.length).toBeGreaterThan(30_000);
    const timeline = timelineOf(long, 'ts');
    const shapes = picture(timeline, words).match(/<(rect|line|text)/g) ?? [];
    expect(shapes.length).toBeLessThan(600);
    const open = (from?: number, to?: number): number => {
      const lines = linesOf(timeline, from, to);
      expect(lines.length).toBeLessThanOrEqual(100);
      const inner = lines.map((line) => ('names' in line ? open(line.from, line.to) : 1));
      return inner.reduce((sum, count) => sum + count, 0);
    };
    expect(open()).toBe(timeline.stories.length);
  }, 30_000);

  test('times are said in two units, and as a clock', () => {
    expect([7, 2500, 60_000, 5_400_000, 90 * 86_400_000, 3_600_012].map(duration)).toEqual([
      '7 ms',
      '2.5 s',
      '1 min',
      '1 h 30 min',
      '90 d',
      '1 h',
    ]);
    expect(clock(3_600_289)).toBe('01:00:00.289');
    expect(clock(90 * 86_400_000 + 1)).toBe('90 d 00:00:00.001');
  });
});

describe('the files of recordings', () => {
  let root: string;
  const write = (name: string, recording: object) => {
    mkdirSync(join(root, 'recordings/etl'), { recursive: true });
    writeFileSync(join(root, `recordings/etl/${name}.json`), JSON.stringify(recording));
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'recordings-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('are found by the names of their scenarios', () => {
    write('three', etl());
    const [found] = findRecordings('etl', [etl().scenario], root);
    expect(found?.slug).toBe('three');
  });

  test('a scenario that was not recorded stops the build, with those that were', () => {
    write('three', etl());
    expect(() => findRecordings('etl', ['another'], root)).toThrow(
      `recordings/etl has no scenario "another". Recorded are:\n  ${etl().scenario}`,
    );
    expect(() => findRecordings('streaming', ['another'], root)).toThrow('Recorded are: none');
  });

  test('another version, or clocks that do not fit the events, are refused', () => {
    write('three', { ...etl(), version: 7 });
    expect(() => recordingsOf('etl', root)).toThrow('recordings/etl/three.json: version 7');
    write('three', { ...etl(), clocks: { go: { virtual: [0], wall: [0] } } });
    expect(() => recordingsOf('etl', root)).toThrow('the clocks of go are not as long as the events');
  });
});

describe('a run that workers of several languages worked on', () => {
  const mixed = () => timelineOf(handover(), MIXED);
  const draw = () =>
    picture(mixed(), { ...words, worker: '{language} worker', by: 'worked on by {languages}' });

  test('has a band for each, in the order in which they came, and each moment is of one', () => {
    const { workers } = mixed();
    expect(workers.map(({ language }) => language)).toEqual(['ts', 'go', 'rust']);
    const spans = workers.flatMap(({ spans: mine }) => mine).sort((a, b) => a.from - b.from);
    expect(spans).toHaveLength(3);
    for (const [i, { from, to }] of spans.entries()) {
      expect(to).toBeGreaterThanOrEqual(from);
      expect(from).toBeGreaterThanOrEqual(spans[i - 1]?.to ?? 0);
    }
  });

  test('says of an attempt who ran it, though another had asked for it; of the run, all who signed it', () => {
    const by = mixed().stories.map(({ kind, languages }) => [kind, languages.join()]);
    expect(by).toEqual([
      ['run', 'ts,rust'],
      ['activity', 'ts'],
      ['activity', 'go'],
      ['other', 'go'],
      ['activity', 'rust'],
    ]);
  });

  test('names the languages in words: over their bands, in the picture’s own words, in the list', () => {
    const drawn = draw();
    for (const label of ['TypeScript', 'Go', 'Rust']) expect(drawn).toContain(`>${label} worker</text>`);
    expect(drawn).toContain('worked on by TypeScript, Go, Rust"');
    const timeline = mixed();
    const told = list(timeline, linesOf(timeline), words, handover().events);
    expect(told).toContain('<small class="go">Go</small> attempt 2');
    expect(told).toContain('<code>ActivityTaskScheduled</code> <small class="ts">TypeScript</small>');
    expect(told).toContain('<small class="ts">TypeScript</small><small class="rust">Rust</small>');
    expect(told).toContain('[TMPRL1100] nondeterministic &#60;workflow&#62;');
    const folded = list(timeline, [{ from: 0, to: 3, names: ['LoadData'], times: 3 }], words);
    expect(folded).toContain('<b>LoadData ×3</b><span><small class="ts">');
  });

  test('colours what one of them did; what failed is marked with a cross', () => {
    const drawn = draw();
    expect(drawn).toMatch(/class="activity".*class="did ts".*class="did go".*class="did rust"/);
    // The run is of two.
    expect(drawn).toMatch(/<g class="run"[^>]*><text[^>]*>ETLPipeline<\/text><g[^>]*><rect class="did" /);
    expect(drawn.match(/class="failed"/g)).toHaveLength(1);
  });

  test('is higher by its bands; a run of one language has none', () => {
    const bare = { ...mixed(), workers: [] };
    expect(heightOf(mixed()) - heightOf(bare)).toBe(3 * 35);
    expect(timelineOf(etl(), 'ts').workers).toEqual([]);
    expect(picture(timelineOf(etl(), 'ts'), words)).not.toMatch(/worker|did (ts|go|rust)/);
  });

  test('tells what runs at a moment, though no line of code is known', () => {
    const timeline = mixed();
    const last = timeline.stories.at(-1);
    expect(runningAt(timeline, (last?.from ?? 0) + 0.001)).toEqual([last]);
  });
});
