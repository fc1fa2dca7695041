/** January's flights as events: each when it left, some of them delivered out of order or late. */
import type { Message } from '../examples/ts/connectors/topic.ts';
import { flights } from './data.ts';
import { random } from './random.ts';

export interface Departure {
  origin: string;
  /** RFC 3339 UTC. A cancelled flight has the time of its schedule. */
  departed_at: string;
  /** Minutes; null when it was cancelled. */
  delay_minutes: number | null;
}

/** How long after its time an event is delivered, by chance: seconds, and how often. */
const DELIVERY = [
  { share: 0.01, seconds: 8 * 3600 },
  { share: 0.06, seconds: 40 * 60 },
];
const SEED = 2013;

/** The 27,004 flights in the order of their delivery. The same at every call. */
export function departures(): Message[] {
  delivered ??= deliver();
  return delivered;
}

let delivered: Message[] | undefined;

function deliver(): Message[] {
  const chance = random(SEED);
  return flights()
    .map(({ id = '', origin = '', time_hour = '', minute, dep_delay }) => {
      const delay_minutes = dep_delay === 'NA' ? null : Number(dep_delay);
      const at = Date.parse(time_hour) / 1000 + Number(minute) * 60 + (delay_minutes ?? 0) * 60;
      const kind = chance();
      const delivery = DELIVERY.find(({ share }) => kind < share)?.seconds ?? 0;
      const body: Departure = { origin, departed_at: instant(at), delay_minutes };
      return { id, body: JSON.stringify(body), delivered: at + chance() * delivery };
    })
    .sort((a, b) => a.delivered - b.delivered || (a.id < b.id ? -1 : 1))
    .map(({ id, body }) => ({ id, body }));
}

/** One event, for scenarios of a few. */
export function departure(
  id: string,
  origin: string,
  departed_at: string,
  delay_minutes: number | null,
): Message {
  return { id, body: JSON.stringify({ origin, departed_at, delay_minutes } satisfies Departure) };
}

const instant = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000', '');
