/** The panel of a lesson: starts its pipeline, shows what happens, and lets the reader do harm to it. */
import type { Clocks, Played, RecordedEvent } from '../../recordings/format/recording.ts';
import type { News, Phase, Tail } from '../protocol/messages.ts';
import { call, newsOf } from './api.ts';
import { button, element, table } from './elements.ts';
import { type Field, fieldsOf, type Schema } from './form.ts';

interface About {
  schema: Schema & { title: string };
  /** What can be broken: the API, the broker. */
  edge?: string;
  languages: { id: string; label: string; missing?: string }[];
}

/** The player of the page (`<run-recording>`), as far as a run that goes on needs it. */
interface RunRecording extends HTMLElement {
  player(): Promise<{ live(label: string, run: Played, now: Tail['now'] | undefined): void }>;
}

/** What each phase is called; nothing runs in those that are not here. */
const WORDS: Record<Phase, string> = {
  building: 'Building the worker. The first time takes a while; Rust takes minutes.',
  starting: 'Starting a sandbox: Temporal, PostgreSQL, an API, topics, a worker.',
  ready: 'All is there. Edit the input, then run.',
  running: 'Running.',
  done: 'Done.',
  failed: 'Failed.',
  stopped: 'Stopped.',
};
const UNDER_WAY: Phase[] = ['building', 'starting', 'ready', 'running'];

const webUi = (href: string) =>
  element('a', { href, target: '_blank', rel: 'noreferrer' }, "The run in Temporal's Web UI");

export class Panel {
  #host: HTMLElement;
  #pipeline: string;
  #about: About;
  #run = '';
  /** Over when the start that was asked for is answered: until then, #run is of an earlier run. */
  #begun: Promise<unknown> = Promise.resolve();
  #language = '';
  #label = '';
  #phase: Phase | undefined;
  #broken = false;
  #field: Field | undefined;
  #events: RecordedEvent[] = [];
  #clocks: Clocks = { virtual: [], wall: [] };

  #languages = element('select', { ariaLabel: 'Language', onchange: () => this.#choose() });
  #start = button('Run', () => this.#begin(false), { className: 'first' });
  #edit = button('Edit the input first', () => this.#begin(true));
  #stop = button('Stop', () => this.#do('stop'));
  #crash = button('Crash the worker now', () => this.#do('crash'));
  #break = button('', () => this.#toggle(), { ariaPressed: 'false' });
  #status = element(
    'p',
    { role: 'status' },
    'It runs on this machine, in a sandbox of its own, and leaves nothing behind.',
  );
  #problem = element('p', { role: 'alert' });
  #progress = element('progress', { max: 1, ariaLabel: 'Progress' });
  #form = element('form', { hidden: true, onsubmit: (event: Event) => this.#submit(event) });
  #notes = element('ul', { className: 'notes' });
  #result = element('div', { className: 'result' });

  private constructor(host: HTMLElement, pipeline: string, about: About) {
    this.#host = host;
    this.#pipeline = pipeline;
    this.#about = about;
    for (const { id, label } of about.languages)
      this.#languages.append(element('option', { value: id }, label));
    this.#languages.value = document.documentElement.dataset.solo ?? 'ts';
    host.classList.add('live');
    host.replaceChildren(
      element('div', { className: 'buttons' }, this.#languages, this.#start, this.#edit, this.#stop),
      element('div', { className: 'buttons harm' }, this.#crash, ...(about.edge ? [this.#break] : [])),
      this.#status,
      this.#progress,
      this.#problem,
      this.#form,
      this.#notes,
      this.#result,
    );
  }

  /** Makes a panel of the place that the lesson has for it. */
  static async fill(host: HTMLElement): Promise<void> {
    const pipeline = host.dataset.run ?? '';
    try {
      const panel = new Panel(host, pipeline, await call<About>('GET', `pipelines/${pipeline}`));
      panel.#show();
      const { id, ...now } = await call<{ id?: string; pipeline?: string; language?: string }>('GET', 'run');
      if (!id || now.pipeline !== pipeline || !now.language) return;
      panel.#run = id;
      await panel.#follow(now.language);
    } catch (error) {
      host.prepend(element('p', { role: 'alert' }, (error as Error).message));
    }
  }

  // ---- What the reader does

  #choose(): void {
    this.#problem.textContent = '';
    this.#show();
  }

  async #begin(edit: boolean): Promise<void> {
    await this.#trying(async () => {
      const language = this.#languages.value;
      const wanted = { pipeline: this.#pipeline, language, edit, broken: this.#broken };
      // Before there is an answer: a second press must not start a second run.
      this.#phase = 'building';
      this.#show();
      const begun = call<{ id: string }>('POST', 'run', wanted).then(({ id }) => {
        this.#run = id;
      });
      this.#begun = begun.catch(() => {
        this.#phase = undefined;
      });
      await begun;
      await this.#follow(language);
    });
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    await this.#trying(() => call('POST', `run/${this.#run}/start`, this.#field?.value()));
  }

  async #do(deed: 'stop' | 'crash' | 'break' | 'mend'): Promise<void> {
    if (deed === 'crash' && this.#phase !== 'running')
      this.#note('The worker will be killed as soon as it works.');
    await this.#trying(async () => {
      await this.#begun;
      if (this.#underWay) await call('POST', `run/${this.#run}/${deed}`);
    });
  }

  /** Breaks the edge, or mends it; before a run, it begins so. */
  async #toggle(): Promise<void> {
    this.#broken = !this.#broken;
    this.#show();
    if (this.#underWay) await this.#do(this.#broken ? 'break' : 'mend');
  }

  async #trying(what: () => Promise<unknown>): Promise<void> {
    this.#problem.textContent = '';
    try {
      await what();
    } catch (error) {
      this.#problem.textContent = (error as Error).message;
    }
    this.#show();
  }

  // ---- What the run tells

  async #follow(language: string): Promise<void> {
    this.#language = language;
    this.#languages.value = language;
    const label = this.#about.languages.find((one) => one.id === language)?.label;
    this.#label = `This run, in ${label}, of ${new Date().toLocaleTimeString('en-GB')}`;
    this.#events = [];
    this.#clocks = { virtual: [], wall: [] };
    this.#notes.replaceChildren();
    this.#result.replaceChildren();
    this.#progress.removeAttribute('value');
    const left = new AbortController();
    addEventListener('pagehide', () => left.abort(), { once: true });
    try {
      for await (const news of newsOf(this.#run, left.signal)) this.#hear(news);
      if (this.#underWay) throw new Error('The notebook does not answer. Is npm start still running?');
    } catch (error) {
      if (left.signal.aborted) return;
      this.#phase = 'stopped';
      throw error;
    }
  }

  #hear(news: News): void {
    if (news.kind === 'phase') this.#turn(news.phase, news.why);
    else if (news.kind === 'input') this.#ask(news.input);
    else if (news.kind === 'history') void this.#draw(news);
    else if (news.kind === 'note') this.#note(news.text);
    else if (news.kind === 'web') this.#notes.append(element('li', {}, webUi(news.url)));
    else if (news.kind === 'progress') {
      this.#status.textContent = `${news.phase}: ${news.processed.toLocaleString('en-US')}${news.total ? ` of ${news.total.toLocaleString('en-US')}` : ''}`;
      if (news.total) this.#progress.value = news.processed / news.total;
    } else if (news.kind === 'broken') {
      this.#broken = news.broken;
      this.#note(`The ${this.#about.edge} is ${news.broken ? 'broken' : 'mended'}.`);
      this.#show();
    } else if (news.kind === 'output') {
      const fields = Object.entries(news.output as object).map(([field, value]) => ({ field, value }));
      this.#result.append(table('The result', fields));
    } else if (news.kind === 'rows' && news.rows.length) {
      this.#result.append(table('The first rows that landed', news.rows));
    }
  }

  #turn(phase: Phase, why?: string): void {
    this.#phase = phase;
    this.#status.textContent = phase === 'stopped' && why ? why : WORDS[phase];
    if (phase === 'failed') this.#problem.textContent = why ?? '';
    if (phase === 'done') this.#progress.value = 1;
    this.#show();
  }

  /** Shows the form, with the input that the run would have. */
  #ask(input: unknown): void {
    this.#field = fieldsOf(this.#about.schema, 'input', input);
    this.#form.replaceChildren(
      this.#field.element,
      element('button', { className: 'first' }, 'Run with this input'),
    );
  }

  #note(text: string): void {
    this.#notes.append(element('li', {}, text));
  }

  /** Draws the run in the player of the page. */
  async #draw({ from, events, virtual, wall, now, end }: Tail): Promise<void> {
    this.#events.splice(from, Number.POSITIVE_INFINITY, ...events);
    this.#clocks.virtual.splice(from, Number.POSITIVE_INFINITY, ...virtual);
    this.#clocks.wall.splice(from, Number.POSITIVE_INFINITY, ...wall);
    const recording = document.querySelector<RunRecording>(
      `run-recording[data-pipeline="${this.#pipeline}"]`,
    );
    if (!recording) return;
    await customElements.whenDefined('run-recording');
    const player = await recording.player();
    const run: Played = {
      workflow: this.#about.schema.title,
      end,
      events: [...this.#events],
      clocks: { [this.#language]: { virtual: [...this.#clocks.virtual], wall: [...this.#clocks.wall] } },
    };
    player.live(this.#label, run, end ? undefined : now);
  }

  get #underWay(): boolean {
    return this.#phase !== undefined && UNDER_WAY.includes(this.#phase);
  }

  /** What can be pressed now. */
  #show(): void {
    const { edge, languages } = this.#about;
    const chosen = languages.find(({ id }) => id === this.#languages.value);
    const idle = !this.#underWay;
    this.#languages.disabled = !idle;
    this.#start.textContent = `Run in ${chosen?.label}`;
    for (const one of [this.#start, this.#edit]) {
      one.hidden = !idle;
      one.disabled = Boolean(chosen?.missing);
    }
    if (idle && chosen?.missing) this.#problem.textContent = chosen.missing;
    this.#stop.hidden = this.#crash.hidden = idle;
    this.#break.textContent = `${this.#broken ? 'Mend' : 'Break'} the ${edge}`;
    this.#break.ariaPressed = String(this.#broken);
    this.#progress.hidden = (idle && this.#phase !== 'done') || this.#phase === 'ready';
    this.#form.hidden = this.#phase !== 'ready';
    this.#host.dataset.phase = this.#phase ?? '';
  }
}
