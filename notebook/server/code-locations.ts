/** Where in the code a command of a live run was issued: where the recordings say that such a command is. */

import { recordingsOf } from '../../recordings/format/read.ts';
import type { CodeLocation, RecordedEvent } from '../../recordings/format/recording.ts';
import { ROOT } from '../../sandbox/processes.ts';

/** The locations of one pipeline's commands. */
export class CodeLocations {
  #known = new Map<string, CodeLocation>();

  constructor(pipeline: string) {
    for (const { recording } of recordingsOf(pipeline, ROOT)) {
      for (const { at, keys } of commands(recording.events)) {
        for (const key of keys) if (at && !this.#known.has(key)) this.#known.set(key, at);
      }
    }
  }

  /** The events, each command with its location. */
  addTo(events: RecordedEvent[]): RecordedEvent[] {
    for (const { event, keys } of commands(events)) {
      const at = keys.map((key) => this.#known.get(key)).find(Boolean);
      if (at) event.at = at;
    }
    return events;
  }
}

/** The commands of a run: the same one may stand in two locations, told apart by the command before. */
function commands(events: RecordedEvent[]) {
  let before = '';
  return events.flatMap((event) => {
    if (!/Scheduled$|Initiated$|^TimerStarted$|ContinuedAsNew$/.test(event.type)) return [];
    const name = `${event.type} ${event.name ?? ''}`;
    const keys = [`${before} > ${name}`, name];
    before = name;
    return [{ event, at: event.at, keys }];
  });
}
