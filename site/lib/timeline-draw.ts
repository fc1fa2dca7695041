/**
 * Draws a timeline as SVG and as a list of what happened: text that the build writes into the page,
 * and the same that the player puts there later. No style attribute: the policy refuses them.
 */
import type { RecordedEvent } from '../../recordings/format/recording.ts';
import { LANGUAGES, type Lang } from './languages.ts';
import type { Lane, Story, Timeline, Worker } from './timeline.ts';

/** The words of the player, in the page's language: content/i18n. What stands in braces is filled in. */
export const WORDS = [
  'picture',
  'attempt',
  'input',
  'output',
  'failure',
  'options',
  'worker',
  'by',
  'play',
  'pause',
  'missing',
] as const;
export type Words = Record<(typeof WORDS)[number], string>;

const HEAD = 22;
const LABEL = 18;
const BAR = 22;
/** The band of a language's workers. */
const BAND = 10;
const WORKER = LABEL + BAND + 7;
/** Many rows of one lane are lower. */
const rowHeight = (rows: number) => (rows > 12 ? 6 : rows > 4 ? 12 : BAR + 3);
const laneHeight = ({ rows }: Lane) => LABEL + rows.length * rowHeight(rows.length) + 7;

/** How high the picture is, in pixels. */
export function heightOf({ lanes, workers }: Timeline): number {
  return HEAD + workers.length * WORKER + lanes.reduce((sum, lane) => sum + laneHeight(lane), 0);
}

/** The picture, with what it shows in words for those who cannot see it. */
export function picture(timeline: Timeline, words: Words): string {
  const height = heightOf(timeline);
  const label = filled(words.picture, {
    workflow: timeline.workflow,
    count: timeline.stories.length,
    virtual: duration(timeline.virtual),
    wall: duration(timeline.wall),
  });
  const by = timeline.workers.map(({ language }) => labelOf(language)).join(', ');
  const whole = by ? `${label}; ${filled(words.by, { languages: by })}` : label;
  const bands = timeline.workers.map((worker, i) => bandOf(worker, HEAD + i * WORKER, words));
  let top = HEAD + timeline.workers.length * WORKER;
  const lanes = timeline.lanes.map((lane) => {
    const drawn = laneOf(lane, timeline, top, words);
    top += laneHeight(lane);
    return drawn;
  });
  return [
    `<svg width="100%" height="${height}" role="img" aria-label="${html(whole)}">`,
    skipsOf(timeline.skips, height),
    ...timeline.seams.map(
      (x) => `<line class="seam" ${at('x1', x)} ${at('x2', x)} y1="${HEAD - 4}" y2="${height}"/>`,
    ),
    ...bands,
    ...lanes,
    `<g class="veil"><rect width="100%" height="${height}"/><line y2="${height}"/></g></svg>`,
  ].join('');
}

/** Stretches that nobody waited for: bands through all lanes, and how long they were; if too narrow, all of them. */
function skipsOf(skips: Timeline['skips'], height: number): string {
  const bands = skips.map(({ from, to, seconds }) => {
    const words = to - from > 0.035 && `<text ${at('x', (from + to) / 2)} y="14">${roughly(seconds)}</text>`;
    return `<rect ${at('x', from)} ${at('width', to - from)} y="18" height="${height - 18}"/>${words || ''}`;
  });
  if (!bands.length) return '';
  const sum = skips.reduce((all, { seconds }) => all + seconds, 0);
  const words = bands.join('').includes('<text') ? '' : `<text x="50%" y="14">${roughly(sum)}</text>`;
  return `<g class="skip">${bands.join('')}${words}</g>`;
}

/** A skip has some wall time in it, which nobody wants to know. */
const roughly = (seconds: number) =>
  duration(1000 * (seconds < 90 ? Math.round(seconds * 10) / 10 : Math.round(seconds / 10) * 10));

/** When the workers of a language worked, and a cross where they failed a workflow task. */
function bandOf({ language, spans, failed }: Worker, top: number, words: Words): string {
  const name = html(filled(words.worker, { language: labelOf(language) }));
  const bars = spans.map(({ from, to }) => rect(from, to, BAND, `did ${html(language)}`));
  const crosses = failed.map((x) => `<text class="failed" ${at('x', x)} y="${BAND}">✕</text>`);
  return `<g class="worker" transform="translate(0 ${top})"><text class="lane" y="12">${name}</text><g transform="translate(0 ${LABEL})">${bars.join('')}${crosses.join('')}</g></g>`;
}

/** What a language is called. */
export const labelOf = (language: string): string => LANGUAGES[language as Lang]?.label ?? language;

/** The names of languages, each in its colour. */
const chipsOf = (languages: string[]) =>
  languages.map((one) => `<small class="${html(one)}">${html(labelOf(one))}</small>`).join('');

function laneOf(lane: Lane, timeline: Timeline, top: number, words: Words): string {
  const { kind, name, rows } = lane;
  const high = rowHeight(rows.length);
  const count = kind === 'run' || rows.flat().length < 2 ? '' : ` ×${rows.flat().length}`;
  const label = kind === 'run' ? timeline.workflow : name + count;
  const bars = rows.flatMap((row, i) => {
    const drawn = merged(row).map((bar) => barOf(bar, high - 3, timeline.seams.length > 0, words));
    if (!drawn.length) return [];
    return `<g transform="translate(0 ${LABEL + i * high})">${drawn.join('')}</g>`;
  });
  return `<g class="${kind}" transform="translate(0 ${top})"><text class="lane" y="12">${html(label)}</text>${bars.join('')}</g>`;
}

/** A story as it is drawn; or neighbours, when there are too many to tell them apart. */
interface Bar extends Story {
  count: number;
}

const MOST_BARS = 80;

function merged(stories: Story[]): Bar[] {
  let bars: Bar[] = stories.map((story) => ({ ...story, count: 1 }));
  for (let near = 0.001; bars.length > MOST_BARS; near *= 2) {
    const next: Bar[] = [];
    for (const bar of bars) {
      const before = next.at(-1);
      if (before && bar.from - before.to < near && look(bar) === look(before) && !bar.retried) {
        before.to = Math.max(bar.to, before.to);
        before.count += bar.count;
      } else next.push({ ...bar });
    }
    bars = next;
  }
  return bars;
}

const look = ({ kind, end, retried, languages }: Story) =>
  `${kind} ${end} ${retried ? 'retried' : ''} ${languages}`;

function barOf(bar: Bar, high: number, many: boolean, words: Words): string {
  const { kind, from, to, end, attempt } = bar;
  const mid = high / 2;
  if (kind === 'signal' || kind === 'cancel') {
    return `<text class="mark" ${at('x', from)} y="${mid + 4}">◆</text>`;
  }
  const wide = to - from;
  if (kind === 'timer') {
    const across = `${at('x1', from)} ${at('x2', to)} y1="${mid}" y2="${mid}"`;
    const long = bar.count === 1 && wide > 0.04 && textAt((from + to) / 2, mid, duration(bar.seconds * 1000));
    return `<line class="wait" ${across} stroke-width="${high}"/>${long || ''}`;
  }
  // A bar has one colour: what several worked on has none of theirs.
  const [by = '', ...others] = bar.languages;
  const look = `did${by && !others.length ? ` ${html(by)}` : ''}${/Failed|TimedOut|Terminated/.test(end) ? ' bad' : ''}${end ? '' : ' open'}`;
  if (attempt > 1) return retriedOf(bar, high, look, words);
  const name = kind === 'run' && many && wide > 0.06 && textAt((from + to) / 2, mid, `run ${bar.run}`);
  return rect(from, to, high, look) + (name || '');
}

/** The attempts that failed, in another colour, and the one that counts. */
function retriedOf(
  { from, to, began, attempt, retried }: Bar,
  high: number,
  look: string,
  words: Words,
): string {
  const wide = began - from;
  const why = [filled(words.attempt, { n: attempt }), retried && `${retried.type}: ${retried.message}`];
  const label = `×${attempt}${wide > 0.3 && retried ? ` ${retried.type}` : ''}`;
  return [
    `<g><title>${html(why.filter(Boolean).join('; '))}</title>`,
    wide > 0 && rect(from, began, high, 'tried'),
    rect(began, to, high, look),
    high > 10 && textAt(from + Math.max(wide, 0.03) / 2, high / 2, label),
    '</g>',
  ]
    .filter(Boolean)
    .join('');
}

const textAt = (x: number, mid: number, words: string) =>
  `<text class="on" ${at('x', x)} y="${mid + 4}">${html(words)}</text>`;

/** Not narrower than a pixel or two. */
function rect(from: number, to: number, high: number, look: string): string {
  return `<rect class="${look}" ${at('x', from)} ${at('width', Math.max(to - from, 0.003))} height="${high}"/>`;
}

const at = (name: string, x: number) => `${name}="${+(x * 100).toFixed(2)}%"`;

// ---- The list

/** A line of the list: one story, or the same again and again. */
export type Line = { story: number } | Fold;

/** The whole list is folded when it is longer than this; what was opened, than that. */
const MOST_LINES = 30;
const MOST_IN_FOLD = 100;

interface Fold {
  from: number;
  to: number;
  names: string[];
  times: number;
}

/** The stories `from` up to `to` as lines: what repeats is folded, and so is what is too long. */
export function linesOf({ stories }: Timeline, from = 0, to = stories.length): Line[] {
  const whole = to - from === stories.length;
  const lines: Line[] = [];
  for (let i = from; i < to; ) {
    const fold = to - from > (whole ? MOST_LINES : MOST_IN_FOLD) ? repeats(stories, i, to) : undefined;
    const opened = fold && !whole && fold.from === from && fold.to === to;
    lines.push(fold && !opened ? fold : { story: i });
    i = fold && !opened ? fold.to : i + 1;
  }
  if (lines.length <= MOST_IN_FOLD) return lines;
  const part = Math.max(MOST_IN_FOLD, Math.ceil((to - from) / MOST_IN_FOLD));
  return Array.from({ length: Math.ceil((to - from) / part) }, (_, i) => {
    const start = from + i * part;
    return { from: start, to: Math.min(to, start + part), names: [], times: 0 };
  });
}

/** The longest repetition that begins at `from`: of up to four names, at least four times. */
function repeats(stories: Story[], from: number, to: number): Fold | undefined {
  const plain = (i: number) => {
    const story = i < to ? stories[i] : undefined;
    return story?.kind === 'activity' && story.end === 'Completed' && story.attempt === 1 && story.name;
  };
  let best: Fold | undefined;
  for (let period = 1; period <= 4; period++) {
    let end = from;
    while (plain(end) && (end < from + period || plain(end) === plain(end - period))) end++;
    const times = Math.floor((end - from) / period);
    if (times < 4 || (best && best.to - best.from >= times * period)) continue;
    const names = stories.slice(from, from + period).map(({ name }) => name);
    best = { from, to: from + times * period, names, times };
  }
  return best;
}

/** The lines as HTML. With `events`, what is in a line is there already; else it comes when it is opened. */
export function list(timeline: Timeline, lines: Line[], words: Words, events?: RecordedEvent[]): string {
  return `<ol>${lines.map((line) => lineOf(timeline, line, words, events)).join('')}</ol>`;
}

function lineOf(timeline: Timeline, line: Line, words: Words, events?: RecordedEvent[]): string {
  if ('names' in line) {
    const { from, to, names, times } = line;
    const what = times ? `${names.map(html).join(' → ')} ×${times}` : `${from + 1}–${to}`;
    const by = new Set(timeline.stories.slice(from, to).flatMap(({ languages }) => languages));
    const chips = by.size ? `<span>${chipsOf([...by])}</span>` : '';
    return `<li><details data-from="${from}" data-to="${to}"><summary><time>${moment(timeline, from)}</time><b>${what}</b>${chips}</summary><p></p></details></li>`;
  }
  const story = timeline.stories[line.story];
  if (!story) return '';
  const { name, kind, detail, attempt, seconds, end, run } = story;
  const why = story.failure ?? story.retried;
  const parts = [
    chipsOf(story.languages),
    detail && `<i>${html(detail)}</i>`,
    seconds ? duration(seconds * 1000) : '',
    attempt > 1 ? html(filled(words.attempt, { n: attempt })) : '',
    /Completed|Fired/.test(end) ? '' : end,
    why ? `<em>${html(`${why.type}: ${why.message}`)}</em>` : '',
  ];
  const nth = timeline.seams.length ? ` ${run}` : '';
  const title = kind === 'run' ? timeline.workflow + nth : name;
  const body = events ? bodyOf(timeline, line.story, events, words, false) : '<p></p>';
  return `<li><details data-story="${line.story}"><summary><time>${moment(timeline, line.story)}</time><b>${html(title)}</b><span>${parts.filter(Boolean).join(' ')}</span></summary>${body}</details></li>`;
}

const moment = ({ moments, stories }: Timeline, story: number) => {
  const x = stories[story]?.from ?? 0;
  return clock(moments.find((one) => one.x >= x)?.virtual ?? 0);
};

/** The events of a story, with what went in and came out. */
export function bodyOf(
  timeline: Timeline,
  story: number,
  events: RecordedEvent[],
  words: Words,
  payloads = true,
): string {
  const told = timeline.stories[story]?.events ?? [];
  const items = told.map((index) => {
    const event = events[index];
    if (!event) return '';
    const parts = (['input', 'output', 'failure', 'options'] as const).map((part) => {
      if (!payloads || event[part] === undefined) return '';
      return `<dt>${html(words[part])}</dt><dd>${html(JSON.stringify(event[part], null, 1))}</dd>`;
    });
    const rest = parts.join('');
    const by = event.language ? ` ${chipsOf([event.language])}` : '';
    return `<li><code>${html(event.type)}</code>${by}${rest && `<dl>${rest}</dl>`}</li>`;
  });
  return `<ul>${items.join('')}</ul>`;
}

// ---- Words

/** Puts values where their names stand in braces. */
function filled(words: string, values: Record<string, string | number>): string {
  return words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** `7 ms`, `2.5 s`, `1 h 30 min`, `90 d`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 100) / 10;
  if (seconds < 60) return `${seconds} s`;
  const whole = Math.round(seconds);
  const units = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = units.findIndex(([count]) => count);
  return units
    .slice(first, first + 2)
    .filter(([count]) => count)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** `01:00:02.500`, with days before it when there are any. */
export function clock(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  const time = new Date(Math.round(ms) % 86_400_000).toISOString().slice(11, 23);
  return days ? `${days} d ${time}` : time;
}

/** Text for HTML and for attributes in double quotes. */
export function html(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
