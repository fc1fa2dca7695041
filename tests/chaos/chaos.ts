/**
 * Chaos: many runs at once on a real server, while workers are killed, frozen past their timeouts and thawed, while the
 * database, the broker and the API go away and come back. Afterwards each target is held against a model that knows
 * nothing of Temporal.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DevServer } from '../../sandbox/dev-server.ts';
import type { Language } from '../../sandbox/languages.ts';
import type { Service } from '../../sandbox/processes.ts';
import { random } from '../../sandbox/random.ts';
import { Sandbox } from '../../sandbox/sandbox.ts';
import { etl } from './etl.ts';
import { streaming } from './streaming.ts';
import { CALM, FREEZE, oneOf, type Subject, type World, whole } from './subject.ts';

export const SUBJECTS: Record<string, (world: World) => Promise<Subject>> = { etl, streaming };

const TASK_QUEUE = 'chaos';
/** Longer than any timeout of the pipelines that an attempt may meet while it is frozen, in seconds. */
const FROZEN = 66;
/** How long all may take after the chaos, in seconds: a minute until the last attempt has timed out, and more. */
const PATIENCE = 240;
/** Who was frozen in the middle of a write has written it by then. */
const QUIET_MS = 3000;

export interface WaveOptions {
  language: Language;
  seed: number;
  /** How many subjects there are at once. */
  runs: number;
  pipelines: string[];
}

export interface Wave {
  /** What was done to the world, and how often. */
  done: Record<string, number>;
  wrong: { subject: string; faults: string[] }[];
}

/** One wave: about three minutes, however many runs there are. */
export async function wave({ language, seed, runs, pipelines }: WaveOptions): Promise<Wave> {
  const [sandbox, server] = await Promise.all([Sandbox.start(), DevServer.start()]);
  const workers: Service[] = [];
  const enter = () => sandbox.startWorker(language, TASK_QUEUE, server, { cache: 0 });
  try {
    workers.push(await enter(), await enter());
    // NATS is there before anybody takes it away.
    const topic = await sandbox.topics.url('nats', 'chaos');
    const began = Date.now();
    const at = (seconds: number) => sleep(Math.max(0, began + seconds * 1000 - Date.now()));
    const subjects: (Subject & { name: string })[] = [];
    for (let i = 0; i < runs; i++) {
      const chance = random(seed * 100_003 + i);
      const pipeline = pipelines[i % pipelines.length] ?? '';
      const name = `${pipeline}_${seed}_${i}`;
      const world = { sandbox, client: server.client, taskQueue: TASK_QUEUE, chance, name, at };
      const subject = await SUBJECTS[pipeline]?.(world);
      if (subject) subjects.push({ ...subject, name });
    }
    const why: (string | undefined)[] = subjects.map(() => 'it has not ended');
    const played = subjects.map(async (subject, index) => {
      why[index] = await playedToEnd(subject);
    });
    const done = await disturb({ sandbox, workers, enter, topic, at, chance: random(seed) });
    await Promise.race([Promise.all(played), sleep(PATIENCE * 1000, undefined, { ref: false })]);
    await sleep(QUIET_MS);
    const wrong = [];
    for (const [index, subject] of subjects.entries()) {
      const never = why[index];
      const faults = never ? [never] : await subject.faults();
      if (faults.length) wrong.push({ subject: `${subject.name}: ${subject.about}`, faults });
    }
    return { done, wrong };
  } finally {
    for (const worker of workers) await worker.kill().catch(() => {});
    await server.stop();
    await sandbox.stop();
  }
}

/** Why a subject could not be played to its end; undefined when it was. */
async function playedToEnd(subject: Subject): Promise<string | undefined> {
  return subject.play().then(
    () => undefined,
    (error: Error) => error.message,
  );
}

interface Victims {
  sandbox: Sandbox;
  workers: Service[];
  enter: () => Promise<Service>;
  topic: string;
  at: (seconds: number) => Promise<void>;
  chance: () => number;
}

/** Breaks things until it is calm, and mends them. */
async function disturb({
  sandbox,
  workers,
  enter,
  topic,
  at,
  chance,
}: Victims): Promise<Record<string, number>> {
  const done: Record<string, number> = {};
  const count = (what: string) => {
    done[what] = (done[what] ?? 0) + 1;
  };
  const { database, topics, api } = sandbox;

  /** The first worker is frozen for long, the second is killed: one of them always works. */
  async function freezes(): Promise<void> {
    await at(FREEZE);
    count('frozen past its timeouts');
    workers[0]?.signal('SIGSTOP');
    await sleep(FROZEN * 1000);
    workers[0]?.signal('SIGCONT');
  }
  async function kills(): Promise<void> {
    for (let time = whole(chance, 3, 15); time < CALM - 5; time += whole(chance, 8, 25)) {
      await at(time);
      if (chance() < 0.5) {
        count('killed');
        await workers[1]?.kill();
        await sleep(chance() * 2000);
        workers[1] = await enter();
      } else {
        count('frozen for seconds');
        workers[1]?.signal('SIGSTOP');
        await sleep(1000 + chance() * 14_000);
        workers[1]?.signal('SIGCONT');
      }
    }
  }
  async function outages(): Promise<void> {
    for (let time = whole(chance, 3, 15); time < CALM - 15; time += whole(chance, 15, 30)) {
      await at(time);
      const victim = oneOf(chance, ['database', 'broker', 'API'] as const);
      count(`${victim} away`);
      const seconds = 1 + chance() * 8;
      if (victim === 'API') {
        api.failAlways(
          oneOf(chance, [
            { kind: 'status', status: 503 },
            { kind: 'status', status: 429 },
            { kind: 'truncated' },
          ]),
        );
        await sleep(seconds * 1000);
        api.mend();
        continue;
      }
      const [away, back] =
        victim === 'database'
          ? [() => database.interrupt(), () => database.resume()]
          : [() => topics.interrupt(topic), () => topics.resume(topic)];
      await away();
      await sleep(seconds * 1000);
      await back();
    }
  }
  await Promise.all([freezes(), kills(), outages()]);
  await at(CALM);
  return done;
}
