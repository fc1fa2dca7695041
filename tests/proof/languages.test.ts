/** Who worked on what in a run of several languages, as its history says it; and when two such runs are the same. */
import { describe, expect, test } from 'vitest';
import { eventsOf, type IHistory, type IHistoryEvent } from '../../recordings/format/from-history.ts';
import type { RecordedEvent } from '../../recordings/format/recording.ts';
import { makeRecording, storyDifference } from './recordings.ts';
import type { KeptRun } from './runs.ts';

const time = (ms: number) => ({ seconds: 1_800_000_000 as never, nanos: ms * 1e6 });

/** A history in which TypeScript begins, Go fails a workflow task, and Rust ends; two processes ran activities. */
function history(): IHistory {
  const signed = (sdkName?: string): IHistoryEvent => ({
    workflowTaskCompletedEventAttributes: sdkName ? { sdkMetadata: { sdkName } } : {},
  });
  const scheduled = (): IHistoryEvent => ({
    activityTaskScheduledEventAttributes: {
      activityType: { name: 'LoadData' },
      taskQueue: { name: 'pipelines-go' },
    },
  });
  const started = (scheduledEventId: number, identity: string): IHistoryEvent => ({
    activityTaskStartedEventAttributes: { scheduledEventId: scheduledEventId as never, identity, attempt: 1 },
  });
  const completed = (scheduledEventId: number, identity: string): IHistoryEvent => ({
    activityTaskCompletedEventAttributes: { scheduledEventId: scheduledEventId as never, identity },
  });
  const told: IHistoryEvent[] = [
    { workflowExecutionStartedEventAttributes: {} },
    signed('temporal-typescript'),
    scheduled(),
    started(3, '11@vm'),
    completed(3, '11@vm'),
    // Not signed anew: the SDK is the same.
    signed(),
    scheduled(),
    started(7, '22@vm@'),
    completed(7, '22@vm@'),
    { workflowTaskFailedEventAttributes: { identity: '22@vm@', failure: { message: 'no' } } },
    signed('temporal-rust'),
    { timerStartedEventAttributes: { timerId: '1' } },
    { workflowExecutionSignaledEventAttributes: { signalName: 'stop', identity: '11@vm' } },
    signed(),
    { workflowExecutionCompletedEventAttributes: {} },
  ];
  return { events: told.map((event, i) => ({ ...event, eventId: (i + 1) as never, eventTime: time(i) })) };
}

const around = { workflowId: 'w', folder: '/sandbox', root: '/repository' };
const workers: Record<string, string> = { '11@vm': 'ts', '22@vm@': 'go' };
const languageOf = (identity: string) => workers[identity];
const by = ({ events }: { events: RecordedEvent[] }) =>
  events.map(({ type, language }) => `${type} ${language ?? ''}`.trim());

describe('who worked on what', () => {
  test('a command is whose SDK signed last before it, an attempt whose worker ran it, a signal nobody’s', () => {
    expect(by(eventsOf([history()], { ...around, languageOf }))).toEqual([
      'WorkflowExecutionStarted',
      'ActivityTaskScheduled ts',
      'ActivityTaskStarted ts',
      'ActivityTaskCompleted ts',
      'ActivityTaskScheduled ts',
      'ActivityTaskStarted go',
      'ActivityTaskCompleted go',
      'WorkflowTaskFailed go',
      'TimerStarted rust',
      'WorkflowExecutionSignaled',
      'WorkflowExecutionCompleted rust',
    ]);
  });

  test('is not told of a run in one language, nor are its workflow tasks', () => {
    const { events } = eventsOf([history()], around);
    expect(events.filter(({ type, language }) => language || /^WorkflowTask/.test(type))).toEqual([]);
  });

  test('the task queue is the one that the command names', () => {
    const { events } = eventsOf([history()], around);
    expect(events[1]).toMatchObject({ name: 'LoadData', task_queue: 'pipelines-go' });
  });
});

describe('two runs that change their language', () => {
  const run = (...languages: string[]) => ({
    workflow: 'ETLPipeline',
    end: 'completed' as const,
    runs: 1,
    events: languages.map(
      (language): RecordedEvent => ({ type: 'ActivityTaskScheduled', name: 'LoadData', run: 1, language }),
    ),
  });

  test('are the same when the same languages came after one another, whenever they did', () => {
    const stories = { recorded: run('ts', 'ts', 'rust'), now: run('ts', 'rust', 'rust', 'rust') };
    expect(storyDifference(stories, true)).toBeUndefined();
  });

  test('differ when a language is missing, or comes elsewhere', () => {
    for (const other of [run('ts'), run('rust', 'ts'), run('ts', 'rust', 'ts')]) {
      expect(storyDifference({ recorded: run('ts', 'rust'), now: other }, true)).toContain('Completed');
    }
  });

  test('who ran an activity does not sign for the workflow', () => {
    const ran: RecordedEvent = { type: 'ActivityTaskCompleted', run: 1, of: 0, language: 'go' };
    const story = run('ts');
    const having = (event: RecordedEvent) => ({ ...story, events: [...story.events, event] });
    const stories = { recorded: having(ran), now: having({ ...ran, language: 'rust' }) };
    expect(storyDifference(stories, true)).toBeUndefined();
  });

  test('have one clock, and it is nobody’s', () => {
    const kept: KeptRun = {
      ...{ language: 'mixed', pipeline: 'handover', scenario: 'any', skipped_seconds: 0, histories: [] },
      ...run('ts', 'rust'),
      clocks: { virtual: [0, 1], wall: [0, 1] },
    };
    expect(Object.keys(makeRecording([kept], [], true).clocks)).toEqual(['mixed']);
  });
});
