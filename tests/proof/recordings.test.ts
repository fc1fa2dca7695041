/** The recordings as files: of the schema, as they were written; and what is said when runs differ. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { recordingsOf } from '../../recordings/format/read.ts';
import { MIXED, type RecordedEvent } from '../../recordings/format/recording.ts';
import { slug } from '../../recordings/format/slug.ts';
import { PIPELINES } from '../../sandbox/pipelines.ts';
import { ROOT } from '../../sandbox/processes.ts';
import { scenariosOf } from '../scenarios/scenario.ts';
import { difference } from './difference.ts';
import { HANDOVER, isUntouched, makeRecording, readRecording } from './recordings.ts';

/** The id of a run in inputs that must be refused: no run has it. */
const MADE_UP = '01234567-89ab-cdef-0123-456789abcdef';
const schema = JSON.parse(readFileSync(`${ROOT}/recordings/format/recording.schema.json`, 'utf8'));
const ajv = new Ajv2020();
const validate = ajv.compile(schema);

describe.each([...PIPELINES, HANDOVER])('the recordings of %s', async (pipeline) => {
  // What changes its language is on no list.
  const { scenarios } =
    pipeline === HANDOVER
      ? { scenarios: recordingsOf(HANDOVER, ROOT).map(({ recording }) => ({ name: recording.scenario })) }
      : await scenariosOf(pipeline);
  const recordings = scenarios.flatMap(({ name }) => readRecording(pipeline, name) ?? []);

  test('are there, and of the schema', () => {
    expect(recordings.length).toBeGreaterThan(0);
    for (const recording of recordings) {
      expect(validate(recording), `${recording.scenario}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      for (const { virtual, wall } of Object.values(recording.clocks)) {
        expect([virtual.length, wall.length]).toEqual([recording.events.length, recording.events.length]);
      }
    }
  });

  test('are as they were written', () => {
    expect(recordings.filter((one) => !isUntouched(one)).map(({ scenario }) => scenario)).toEqual([]);
  });

  test('hold no address and no id of a run', () => {
    for (const recording of recordings) {
      const text = JSON.stringify(recording).replaceAll(MADE_UP, '');
      expect(text).not.toMatch(/((localhost|127\.0\.0\.1):\d|\/tmp\/|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-)/);
    }
  });

  test('say whose worker did it, where several languages worked, and there alone', () => {
    for (const { clocks, events } of recordings) {
      const told = new Set(events.map(({ language }) => language));
      if (pipeline === HANDOVER) {
        expect(Object.keys(clocks)).toEqual([MIXED]);
        expect(told.size, 'two languages, and what is of none').toBeGreaterThan(2);
        const nobodys = events.filter(({ type, language }) => /^ActivityTask/.test(type) && !language);
        expect(nobodys).toEqual([]);
      } else expect([...told]).toEqual([undefined]);
    }
  });

  test.runIf(pipeline !== HANDOVER)('say where in the code each activity was asked for', () => {
    const asked = recordings.flatMap(({ events }) =>
      events.filter(({ type }) => type === 'ActivityTaskScheduled'),
    );
    expect(asked.filter(({ at }) => !at).map(({ name }) => name)).toEqual([]);
  });

  test('have files of their own', () => {
    const slugs = scenarios.map(({ name }) => slug(name));
    expect(slugs.filter((slug, i) => slugs.indexOf(slug) !== i)).toEqual([]);
  });
});

const scheduled = (retry: number): RecordedEvent => ({
  type: 'ActivityTaskScheduled',
  run: 1,
  name: 'LoadData',
  options: { retry: { initial_interval: retry } },
});

describe('where runs differ', () => {
  test('not at all', () => {
    expect(difference({ ts: [scheduled(1)], go: [scheduled(1)] })).toBeUndefined();
  });

  test('in a retry interval of one language: three columns say so', () => {
    expect(difference({ ts: [scheduled(1)], go: [scheduled(2)], rust: [scheduled(1)] })).toBe(
      [
        'event                                                                   │ ts │ go │ rust',
        '────────────────────────────────────────────────────────────────────────┼────┼────┼─────',
        '0 run 1: ActivityTaskScheduled LoadData: options.retry.initial_interval │ 1  │ 2  │ 1',
      ].join('\n'),
    );
  });

  test('in the order of events: the first that differs', () => {
    const timer: RecordedEvent = { type: 'TimerStarted', run: 1, seconds: 1 };
    const told = difference({ ts: [scheduled(1), timer], go: [timer, scheduled(1)] });
    expect(told).toContain('run 1: ActivityTaskScheduled LoadData │ run 1: TimerStarted');
    expect(told?.split('\n')).toHaveLength(3);
  });

  test('in how many there are', () => {
    expect(difference({ ts: [scheduled(1)], go: [] })).toContain('nothing');
  });

  test('are never recorded', () => {
    const run = (language: string, retry: number) => ({
      ...{ language, pipeline: 'etl', scenario: 'any', workflow: 'ETLPipeline', end: 'completed' as const },
      ...{ runs: 1, skipped_seconds: 0, events: [scheduled(retry)], histories: [] },
      clocks: { virtual: [0], wall: [0] },
    });
    expect(() => makeRecording([run('ts', 1), run('go', 2)], [])).toThrow('"any" differs');
    const recording = makeRecording([run('ts', 1), run('go', 1)], []);
    expect(isUntouched(recording)).toBe(true);
    expect(isUntouched({ ...recording, skipped_seconds: 1 })).toBe(false);
  });
});
