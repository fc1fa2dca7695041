/** A run that the notebook started: its process, all that it told, and who listens. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, Service } from '../../sandbox/processes.ts';
import {
  type Deed,
  ENDS,
  type News,
  type Phase,
  type Plan,
  type Tail,
  type Wanted,
} from '../protocol/messages.ts';

/** How long things may take, in ms. */
export interface Limits {
  /** Building and starting, and waiting for the input. */
  start: number;
  /** The run itself. */
  run: number;
  /** Nobody listens. */
  grace: number;
}

const RUNNER = `${ROOT}/notebook/server/runner.ts`;
/** How long a run may take to clean up after itself; then it is killed with all that it started. */
const PATIENCE_MS = 12_000;

export type Listener = (news: News) => void;

export class Run {
  readonly id = randomUUID();
  readonly wanted: Wanted;
  phase: Phase = 'building';
  /** Over when its process, and all that it started, have ended. */
  readonly over: Promise<void>;
  #limits: Limits;
  #process: Promise<Service>;
  #listeners = new Set<Listener>();
  #news = new Map<string, News>();
  #tail: Tail | undefined;
  #timers: { limit?: NodeJS.Timeout; grace?: NodeJS.Timeout } = {};
  /** Why it was stopped, or failed. */
  #why = '';
  #stopping = false;

  /** Starts when `before` is over. */
  constructor(wanted: Wanted, limits: Limits, before?: Promise<void>) {
    this.wanted = wanted;
    this.#limits = limits;
    const folder = mkdtempSync(join(tmpdir(), 'notebook-'));
    this.#process = this.#start(folder, before);
    this.over = this.#end(folder);
    this.#limit(limits.start);
    this.#graceful();
  }

  /** Whether it has ended, though it may still clean up. */
  get ended(): boolean {
    return ENDS.includes(this.phase);
  }

  /** Hears all that was told so far, and what will be. Returns how to leave. */
  listen(listener: Listener): () => void {
    for (const news of this.#news.values()) listener(news);
    if (this.#tail) listener({ kind: 'history', ...this.#tail });
    listener({ kind: 'phase', phase: this.phase, ...(this.#why ? { why: this.#why } : {}) });
    this.#listeners.add(listener);
    clearTimeout(this.#timers.grace);
    return () => {
      this.#listeners.delete(listener);
      this.#graceful();
    };
  }

  /** Does something to the run. */
  async do(deed: Deed): Promise<void> {
    if (deed.do === 'stop') return this.stop('Stopped.');
    (await this.#process).send(deed);
  }

  /** Ends it, wherever it is. */
  async stop(why: string): Promise<void> {
    if (!this.ended && !this.#stopping) {
      this.#stopping = true;
      this.#why = why;
    }
    const service = await this.#process.catch(() => undefined);
    await service?.stop(PATIENCE_MS);
    await this.over;
  }

  /** Whatever the run leaves in files is in `folder`, however it ends. */
  async #start(folder: string, before?: Promise<void>): Promise<Service> {
    await before;
    // The database may run as another user.
    await chmod(folder, 0o711);
    const { edit = false, broken = false, ...rest } = this.wanted;
    const plan: Plan = { ...rest, edit, broken, folder };
    return Service.start('the run', process.execPath, [RUNNER, JSON.stringify(plan)], {
      ready: 'READY',
      leads: true,
      onMessage: (news) => this.#hear(news as News),
    });
  }

  async #end(folder: string): Promise<void> {
    try {
      const service = await this.#process;
      await service.ended;
      if (this.#stopping) this.#hear({ kind: 'phase', phase: 'stopped', why: this.#why });
      else if (!this.ended) throw new Error(`its process ended:\n${service.log}`);
    } catch (error) {
      this.#hear({ kind: 'phase', phase: 'failed', why: String((error as Error).message) });
    }
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    // A database that was killed may be writing yet.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 }).catch(() => {});
  }

  #hear(news: News): void {
    if (news.kind === 'over') return;
    if (news.kind === 'phase') {
      // What a run says while it is being stopped is not how it ended.
      if (this.ended || (this.#stopping && news.phase !== 'stopped')) return;
      this.phase = news.phase;
      this.#why = news.why ?? '';
      if (news.phase === 'running') this.#limit(this.#limits.run);
    } else if (news.kind === 'history') this.#tail = joined(this.#tail, news);
    else this.#news.set(news.kind, news);
    for (const listener of this.#listeners) listener(news);
  }

  #limit(ms: number): void {
    clearTimeout(this.#timers.limit);
    this.#timers.limit = setTimeout(
      () => void this.stop(`Stopped: it took longer than ${Math.round(ms / 60_000)} minutes.`),
      ms,
    );
  }

  /** Whoever started it may have gone: then so does the run. */
  #graceful(): void {
    if (this.#listeners.size || this.ended) return;
    clearTimeout(this.#timers.grace);
    this.#timers.grace = setTimeout(
      () => void this.stop('Stopped: no page was looking.'),
      this.#limits.grace,
    );
  }
}

/** All that was told of the history, as one. */
function joined(before: Tail | undefined, { from, events, virtual, wall, now, end }: Tail): Tail {
  return {
    from: 0,
    events: [...(before?.events.slice(0, from) ?? []), ...events],
    virtual: [...(before?.virtual.slice(0, from) ?? []), ...virtual],
    wall: [...(before?.wall.slice(0, from) ?? []), ...wall],
    now,
    ...(end ? { end } : {}),
  };
}
