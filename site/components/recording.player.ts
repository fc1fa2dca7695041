/** Plays a run: moves a playhead over the picture, the clocks and the list, and lights the code. */
import { MIXED, type Played } from '../../recordings/format/recording.ts';
import { clocksAt, runningAt, type Story, type Timeline, timelineOf } from '../lib/timeline.ts';
import {
  bodyOf,
  clock,
  duration,
  labelOf,
  linesOf,
  list,
  picture,
  type Words,
} from '../lib/timeline-draw.ts';

/** Where the select says that the run of this moment is shown, and no recording. */
export const LIVE = 'live';

/** What is said of a story while it is running: the step of the code, or its name and who works on it. */
const called = ({ name, at, languages }: Story): string =>
  at?.step ?? [name, ...languages.map(labelOf)].join(' · ');

/** How far a run is that goes on. */
type Now = { virtual: number; wall: number } | undefined;

export class Player {
  #host: HTMLElement;
  #words: Words;
  #run: Played | undefined;
  #now: Now;
  #live: { run: Played; now: Now } | undefined;
  #timeline: Timeline | undefined;
  #language = '';
  #at = 1;
  #frame = 0;
  #lit: Element[] = [];
  /** Whether the list is of another run than the picture. */
  #stale = false;

  private constructor(host: HTMLElement) {
    this.#host = host;
    this.#words = JSON.parse(host.dataset.words ?? '{}');
    this.#language = host.querySelector('.langs input')?.getAttribute('value') ?? MIXED;
    this.#listen();
  }

  /** The player of an element; ready when its recording has come. */
  static async of(host: HTMLElement): Promise<Player> {
    const player = new Player(host);
    // The scenario may be another one by now than the build has drawn.
    await player.#open(player.#select.selectedIndex > 0);
    return player;
  }

  /**
   * Shows a run as far as it is; another call shows it further on. It is one of the scenarios that can be
   * chosen, by the name `label`; a new one is chosen at once.
   */
  live(label: string, run: Played, now?: Now): void {
    const [first] = this.#select.options;
    const option = first?.value === LIVE ? first : new Option('', LIVE);
    this.#live = { run, now };
    if (option.text !== label) {
      option.text = label;
      this.#select.prepend(option);
      this.#select.value = LIVE;
      this.#at = 1;
      this.#stop();
    }
    if (this.#select.value === LIVE) this.#use(run, now);
  }

  /** Plays, or pauses. */
  toggle(): void {
    if (this.#frame || !this.#timeline) {
      this.#stop();
      return;
    }
    const seconds = Math.min(16, 7 + this.#timeline.stories.length / 20);
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const began = performance.now() - (this.#at >= 1 ? 0 : this.#at) * seconds * 1000;
    this.#playing(true);
    const frame = (now: number) => {
      const x = Math.min(1, (now - began) / (seconds * 1000));
      // Without motion: from event to event instead of sliding.
      const still = this.#timeline?.moments.findLast((moment) => moment.x <= x)?.x ?? 0;
      this.#seek(calm && x < 1 ? still : x, true);
      this.#frame = x < 1 ? requestAnimationFrame(frame) : 0;
      if (x >= 1) this.#playing(false);
    };
    this.#frame = requestAnimationFrame(frame);
  }

  // ---- What the reader does

  #listen(): void {
    const range = this.#range;
    range.addEventListener('input', () => {
      this.#stop();
      this.#seek(Number(range.value));
    });
    range.addEventListener('keydown', (event) => {
      const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (event.key !== ' ' && !way) return;
      event.preventDefault();
      if (!way) return this.toggle();
      this.#stop();
      this.#step(way);
    });
    const drawing = this.#part('.drawing');
    const drag = ({ clientX }: PointerEvent) => {
      const { left, width } = this.#part('.drawing svg').getBoundingClientRect();
      this.#seek((clientX - left) / width);
    };
    drawing.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      this.#stop();
      drawing.setPointerCapture(event.pointerId);
      drag(event);
    });
    drawing.addEventListener(
      'pointermove',
      (event) => drawing.hasPointerCapture(event.pointerId) && drag(event),
    );
    this.#select.addEventListener('change', () => void this.#open(true));
    // A language may be chosen anywhere on the page: compare.client.ts hears of it first.
    document.addEventListener('change', () =>
      queueMicrotask(() => this.#chosen !== this.#language && this.#draw()),
    );
    this.#part('.history').addEventListener(
      'toggle',
      ({ target }) => {
        this.#relist();
        this.#fill(target as HTMLDetailsElement);
        this.#seek(this.#at);
      },
      true,
    );
  }

  /** To the next event, or to the one before. */
  #step(way: number): void {
    const positions = this.#timeline?.moments.map(({ x }) => x) ?? [];
    const near = 1e-6;
    const next =
      way > 0 ? positions.find((x) => x > this.#at + near) : positions.findLast((x) => x < this.#at - near);
    this.#seek(next ?? (way > 0 ? 1 : 0));
  }

  #playing(now: boolean): void {
    this.#host.classList.toggle('playing', now);
    this.#part('.play').ariaLabel = now ? this.#words.pause : this.#words.play;
  }

  #stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#playing(false);
  }

  // ---- What is shown

  /** Shows the scenario that is selected. */
  async #open(draw: boolean): Promise<void> {
    this.#stop();
    const slug = this.#select.value;
    this.#at = 1;
    if (slug === LIVE) {
      if (this.#live) this.#use(this.#live.run, this.#live.now);
      return;
    }
    const url = `${this.#host.dataset.base}${slug}.json`;
    const answer = await fetch(url).catch(() => undefined);
    if (!answer?.ok) {
      this.#part('.state').textContent = this.#words.missing;
      return;
    }
    const run: Played = await answer.json();
    if (this.#select.value !== slug) return;
    this.#part<HTMLAnchorElement>('.history > p a').href = url;
    if (draw || this.#chosen !== this.#language) {
      this.#use(run);
      return;
    }
    // What the build drew is on the page already.
    this.#run = run;
    this.#timeline = timelineOf(run, this.#language);
    for (const row of this.#host.querySelectorAll<HTMLDetailsElement>('.events details[open]'))
      this.#fill(row);
    this.#seek(Number(this.#range.value));
  }

  #use(run: Played, now?: Now): void {
    this.#run = run;
    this.#now = now;
    this.#draw();
  }

  get #chosen(): string {
    const wanted = this.#host.querySelector<HTMLInputElement>('.langs :checked')?.value ?? MIXED;
    const recorded = Object.keys(this.#run?.clocks ?? { [wanted]: true });
    return recorded.includes(wanted) ? wanted : (recorded[0] ?? wanted);
  }

  #draw(): void {
    const run = this.#run;
    if (!run) return;
    this.#language = this.#chosen;
    for (const radio of this.#host.querySelectorAll<HTMLInputElement>('.langs input')) {
      radio.disabled = !(radio.value in run.clocks);
    }
    this.#timeline = timelineOf(run, this.#language, this.#now);
    this.#part('.drawing').innerHTML = picture(this.#timeline, this.#words);
    this.#part('.history > summary span').textContent = String(run.events.length);
    this.#stale = true;
    this.#relist();
    this.#seek(this.#at);
  }

  /** Draws the list anew, when it can be seen; what was open stays so. */
  #relist(): void {
    if (!this.#stale || !this.#part<HTMLDetailsElement>('.history').open) return;
    this.#stale = false;
    const timeline = this.#timeline as Timeline;
    const events = this.#part('.events');
    const key = ({ dataset }: HTMLElement) => `${dataset.story} ${dataset.from}`;
    const open = new Set([...events.querySelectorAll<HTMLElement>('details[open]')].map(key));
    events.innerHTML = list(timeline, linesOf(timeline), this.#words);
    for (const row of events.querySelectorAll('details')) row.open = open.has(key(row));
  }

  /** Puts into a line of the list what belongs there, when it is opened. */
  #fill(row: HTMLDetailsElement): void {
    const { story, from, to } = row.dataset;
    const timeline = this.#timeline;
    const body = row.lastElementChild;
    if (!row.open || !timeline || !body || row.classList.contains('full')) return;
    if (story) body.outerHTML = bodyOf(timeline, Number(story), this.#run?.events ?? [], this.#words);
    else if (from) body.outerHTML = list(timeline, linesOf(timeline, Number(from), Number(to)), this.#words);
    row.classList.toggle('full', Boolean(story ?? from));
  }

  #seek(to: number, follow = false): void {
    const timeline = this.#timeline;
    if (!timeline) return;
    const x = Math.min(1, Math.max(0, to));
    this.#at = x;
    this.#host.style.setProperty('--at', String(x));
    const { virtual, wall } = clocksAt(timeline, x);
    this.#part('.virtual').textContent = clock(virtual);
    this.#part('.wall').textContent = duration(wall);
    const over = x >= 1 && timeline.end;
    const running = over ? [] : runningAt(timeline, Math.min(x, 0.99999));
    this.#light(running, over || timeline.workflow);
    const range = this.#range;
    range.value = String(x);
    const names = running.map(called);
    range.ariaValueText = [clock(virtual), over ? timeline.end : [...new Set(names)].join(', ')].join(' ');
    if (this.#part<HTMLDetailsElement>('.history').open) this.#mark(x, follow);
  }

  /** Lights the steps of what is running, in every language, and names the newest with a link to it. */
  #light(running: Story[], otherwise: string): void {
    const steps = new Map(running.map(({ at }) => [JSON.stringify(at), at]));
    const id = (at: Story['at']) => `${this.#host.dataset.pipeline}-${at?.file}-${at?.region}`;
    const lit = [...steps.values()].flatMap((at) =>
      [...(document.getElementById(id(at))?.querySelectorAll('.step') ?? [])].filter(
        (step) => !at?.step || step.querySelector('p')?.textContent === at.step,
      ),
    );
    for (const step of this.#lit) if (!lit.includes(step)) step.classList.remove('now');
    for (const step of lit) step.classList.add('now');
    this.#lit = lit;
    const state = this.#part('.state');
    const now = running.at(-1);
    const at = now?.at;
    const words = at && !at.step ? at.region : now ? called(now) : otherwise;
    if (state.textContent === words) return;
    state.title = words;
    const link = Object.assign(document.createElement('a'), { href: `#${id(at)}`, textContent: words });
    state.replaceChildren(at && lit.length ? link : words);
  }

  /** Marks the lines of the list that are behind the playhead. */
  #mark(x: number, follow: boolean): void {
    let current: Element | undefined;
    const rows = this.#host.querySelectorAll<HTMLElement>('.events > ol > li > details');
    for (const row of rows) {
      const story = this.#timeline?.stories[Number(row.dataset.story ?? row.dataset.from)];
      const past = Boolean(story && story.from <= x);
      row.classList.toggle('ahead', !past);
      row.classList.remove('current');
      if (past) current = row;
    }
    current?.classList.add('current');
    const box = this.#part('.events');
    if (follow && current instanceof HTMLElement) box.scrollTop = current.offsetTop - box.clientHeight / 2;
  }

  get #select(): HTMLSelectElement {
    return this.#part('select');
  }

  get #range(): HTMLInputElement {
    return this.#part('[type="range"]');
  }

  #part<T extends Element = HTMLElement>(selector: string): T {
    const found = this.#host.querySelector<T>(selector);
    if (!found) throw new Error(`the player has no ${selector}`);
    return found;
  }
}
