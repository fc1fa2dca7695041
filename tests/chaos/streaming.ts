/** A stream under chaos: events that come in portions, stops and starts, both brokers. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Message } from '../../examples/ts/connectors/topic.ts';
import type { Carried, Progress, StreamInput, StreamOutput } from '../../examples/ts/streaming/types.ts';
import { departure } from '../../sandbox/departures.ts';
import { BROKERS } from '../../sandbox/topics.ts';
import { CALM, moment, oneOf, type Subject, type World, whole } from './subject.ts';

const BEGIN = Date.UTC(2013, 0, 1, 12) / 1000;
const ORIGINS = ['EWR', 'JFK', 'LGA'];
/** When the last portion of events comes, and the last stop, in seconds. */
const LATEST = 85;

interface Event {
  id: string;
  origin: string;
  /** Seconds. */
  at: number;
  delay: number | null;
}

export async function streaming(world: World): Promise<Subject> {
  const { sandbox, chance, name } = world;
  const broker = oneOf(chance, BROKERS);
  const size = whole(chance, 1, 4);
  const lateness = whole(chance, 0, 20);
  const stops = whole(chance, 0, 2);
  const events = Array.from({ length: whole(chance, 20, 700) }, (_, i): Event => {
    const behind = chance() < 0.2 ? whole(chance, 0, 30) : 0;
    const delay = chance() < 0.1 ? null : whole(chance, -10, 90);
    return {
      id: `${name}-${i}`,
      origin: oneOf(chance, ORIGINS),
      at: BEGIN + Math.floor(i / 4) - behind,
      delay,
    };
  });
  const input: StreamInput = {
    stream_id: name,
    source_topic: await sandbox.topics.url(broker, `${name}_in`),
    target_topic: await sandbox.topics.url(broker, `${name}_out`),
    window_size_seconds: size,
    allowed_lateness_seconds: lateness,
  };
  const outputs: StreamOutput[] = [];

  const portions = whole(chance, 1, 5);
  async function publish(): Promise<void> {
    const times = Array.from({ length: portions }, () => moment(chance, LATEST)).sort((a, b) => a - b);
    const each = Math.ceil(events.length / portions);
    for (const [i, time] of times.entries()) {
      await world.at(time);
      const some = events.slice(i * each, (i + 1) * each).map(messageOf);
      await retried(() => sandbox.topics.publish(input.source_topic, some));
    }
  }

  async function run(): Promise<void> {
    const times = Array.from({ length: stops }, () => moment(chance, LATEST)).sort((a, b) => a - b);
    let carried: Carried | undefined;
    for (let part = 0; part <= stops; part++) {
      const handle = await world.client.workflow.start('StreamProcessing', {
        taskQueue: world.taskQueue,
        workflowId: `${name}-${part}`,
        args: [{ ...input, ...(carried ? { carried } : {}) }],
      });
      const time = times[part];
      if (time === undefined) await world.at(CALM);
      else await world.at(time);
      if (time === undefined) await untilRead(handle, events.length);
      await handle.signal('stop_streaming');
      const output: StreamOutput = await handle.result();
      carried = output.carried;
      outputs.push(output);
    }
  }

  return {
    about: `a stream of ${events.length} events (${broker}), stopped ${stops} times before its end`,
    async play() {
      await Promise.all([publish(), run()]);
    },
    async faults() {
      const want = model(events, size, lateness);
      const faults: string[] = [];
      const last = outputs.at(-1);
      if (last?.total_events !== events.length)
        faults.push(`it counted ${last?.total_events} of ${events.length} events`);
      const results = await sandbox.topics.read(input.target_topic);
      faults.push(...twice(results, 'result'));
      const words = new Map<string, string>();
      for (const { body } of results) {
        const { window_start, origin, departures, cancelled, mean_delay, worst_delay } = JSON.parse(body);
        const word = JSON.stringify([departures, cancelled, mean_delay, worst_delay]);
        words.set(`${window_start}/${origin}`, word);
      }
      for (const [key, word] of want.windows)
        if (words.get(key) !== word) faults.push(`${key}: ${words.get(key)}, not ${word}`);
      if (words.size !== want.windows.size) faults.push(`${words.size} windows, not ${want.windows.size}`);
      const late = await sandbox.topics.read(`${input.target_topic}.late`);
      faults.push(...twice(late, 'late event'));
      const ids = late.map(({ id }) => id).sort();
      if (JSON.stringify(ids) !== JSON.stringify(want.late.sort()))
        faults.push(`late are ${ids.length}, not ${want.late.length}`);
      return faults;
    },
  };
}

function messageOf({ id, origin, at, delay }: Event): Message {
  return departure(id, origin, instant(at), delay);
}

/** What the last word on each window must be, and which events are late. */
function model(events: Event[], size: number, lateness: number) {
  const windows = new Map<string, (number | null)[]>();
  const late: string[] = [];
  let watermark = -Infinity;
  for (const { id, origin, at, delay } of events) {
    const start = Math.floor(at / size) * size;
    if (start + size <= watermark) late.push(id);
    else {
      const key = `${instant(start)}/${origin}`;
      windows.set(key, [...(windows.get(key) ?? []), delay]);
      watermark = Math.max(watermark, at - lateness);
    }
  }
  const words = [...windows].map(([key, delays]): [string, string] => {
    const left = delays.filter((delay) => delay !== null);
    const sum = left.reduce((all, delay) => all + delay, 0);
    const mean = left.length ? sum / left.length : null;
    const worst = left.length ? Math.max(...left) : null;
    return [key, JSON.stringify([left.length, delays.length - left.length, mean, worst])];
  });
  return { windows: new Map(words), late };
}

function twice(messages: Message[], what: string): string[] {
  const ids = messages.map(({ id }) => id);
  const more = new Set(ids.filter((id, index) => ids.indexOf(id) < index));
  return [...more].map((id) => `${what} ${id} is there twice`);
}

/** A query may meet no worker. */
async function untilRead(handle: WorkflowHandle, events: number): Promise<void> {
  while (true) {
    const progress = await handle.query<Progress>('progress').catch(() => undefined);
    if (progress && progress.processed >= events) return;
    await handle.describe().then(({ status }) => {
      if (status.name !== 'RUNNING') throw new Error(`${handle.workflowId} is ${status.name}`);
    });
    await sleep(500);
  }
}

/** The broker may be away. */
async function retried(act: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await act();
    } catch {
      await sleep(500);
    }
  }
}

const instant = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');
