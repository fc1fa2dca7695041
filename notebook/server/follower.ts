/** What happens in a run that goes on, as the events of a recording: told again and again, as far as it is. */
import type { WorkflowHandle } from '@temporalio/client';
import type { temporal as api } from '@temporalio/proto';
import { wallOf } from '../../recordings/format/clocks.ts';
import { endOf, eventsOf, type IHistory } from '../../recordings/format/from-history.ts';
import type { RecordedEvent } from '../../recordings/format/recording.ts';
import { historiesOf } from '../../sandbox/history.ts';
import { ROOT } from '../../sandbox/processes.ts';
import type { Server } from '../../sandbox/server.ts';
import type { Tail } from '../protocol/messages.ts';
import type { CodeLocations } from './code-locations.ts';

type PendingActivity = api.api.workflow.v1.IPendingActivityInfo;

/** The state of an attempt that no worker has. */
const WAITS = 1;

/** Whether an attempt is under way, or was: a service does not say when the last one began while the next one waits. */
const hasBegun = ({ lastStartedTime, lastFailure }: PendingActivity): boolean =>
  Boolean(lastStartedTime || lastFailure);

export class Follower {
  #temporal: Server;
  #handle: WorkflowHandle;
  #folder: string;
  #locations: CodeLocations;
  #told: string[] = [];
  /** The events as they were told last. */
  events: RecordedEvent[] = [];

  constructor(temporal: Server, handle: WorkflowHandle, folder: string, locations: CodeLocations) {
    this.#temporal = temporal;
    this.#handle = handle;
    this.#folder = folder;
    this.#locations = locations;
  }

  /** What has changed since the last look. */
  async look(): Promise<Tail> {
    await this.#temporal.readClocks();
    const histories = await historiesOf(this.#temporal.client, this.#handle);
    const last = histories.at(-1)?.events?.at(-1);
    const end = endOf(last);
    if (!end) await this.#addPending(histories);
    const { workflowId } = this.#handle;
    const timed = eventsOf(histories, { workflowId, folder: this.#folder, root: ROOT });
    const { events, virtual, began } = timed;
    this.events = this.#locations.addTo(events);
    const wallAt = wallOf(timed, this.#temporal.readings);
    const since = (time: number) => Math.round(wallAt(time) - wallAt(began));
    const wall = virtual.map((time) => since(began + time));
    const lines = events.map((event, i) => JSON.stringify([event, virtual[i]]));
    const differs = lines.findIndex((line, i) => line !== this.#told[i]);
    const from = differs < 0 ? lines.length : differs;
    this.#told = lines;
    const now = this.#temporal.readings.at(-1)?.virtual ?? began;
    return {
      from,
      events: this.events.slice(from),
      virtual: virtual.slice(from),
      wall: wall.slice(from),
      now: { virtual: now - began, wall: since(now) },
      ...(end ? { end } : {}),
    };
  }

  /** An attempt is in the history when it is over; here it is when it begins. */
  async #addPending(histories: IHistory[]): Promise<void> {
    const events = histories.at(-1)?.events;
    if (!events) return;
    const { raw } = await this.#handle.describe();
    const ids = new Map(
      events.map((event) => [event.activityTaskScheduledEventAttributes?.activityId, event.eventId]),
    );
    const closed = new Set(
      events.map((event) => String(event.activityTaskStartedEventAttributes?.scheduledEventId)),
    );
    for (const [i, activity] of (raw.pendingActivities ?? []).entries()) {
      const scheduledEventId = ids.get(activity.activityId);
      if (!scheduledEventId || closed.has(String(scheduledEventId)) || !hasBegun(activity)) continue;
      events.push({
        eventId: (events.length + 1000 + i) as never,
        eventTime: this.#beganAt(activity),
        activityTaskStartedEventAttributes: {
          scheduledEventId,
          attempt: activity.attempt ?? 1,
          lastFailure: activity.lastFailure ?? null,
        },
      });
    }
  }

  /** When the attempt under way began: one that waits for its next begins now, or later. */
  #beganAt({ state, lastStartedTime }: PendingActivity): PendingActivity['lastStartedTime'] {
    if (state !== WAITS && lastStartedTime) return lastStartedTime;
    const now = this.#temporal.readings.at(-1)?.virtual ?? 0;
    return { seconds: Math.floor(now / 1000) as never, nanos: Math.round(now % 1000) * 1e6 };
  }
}
