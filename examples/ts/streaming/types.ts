/** What goes into the stream and what comes out. The contract: examples/contract/streaming.json. */
import { z } from 'zod';
import { invalidInput } from '../connectors/failures.ts';
import {
  COMMON_RULES,
  hidesSecrets,
  messageOf,
  NAME,
  withRule,
} from '../connectors/input.ts';
import type { Batch } from '../connectors/records.ts';

// #region rules
// #step One rule a field, in the same words everywhere
const RULES = {
  ...COMMON_RULES,
  topic: 'must be a nats:// or file:// URL',
  other: 'must differ from source_topic',
  window: 'must be a whole number from 1 to 604800',
  lateness: 'must be a whole number from 0 to 604800',
  idle: 'must be a whole number from 1 to 604800',
};
// #endregion rules

const WEEK = 604_800;

/** With those that a batch closes, 1,500 windows of at most 170 bytes: a payload under 256 KiB. */
export const MAX_OPEN_WINDOWS = 1000;
export const TOO_MANY_WINDOWS = `window_size_seconds: makes more than ${MAX_OPEN_WINDOWS} open windows`;
const TOPIC = /^(nats|file):\/\/./;

const Count = z.int().min(0, RULES.type);
const Window = z.object({
  window_start: z.string(),
  origin: z.string(),
  departures: z.int(),
  cancelled: z.int(),
  delay_sum: z.int(),
  worst_delay: z.int().nullable(),
});
/** The departures of one airport in one window, so far. Delays are minutes. */
export type Window = z.infer<typeof Window>;

// #region input
// #step What one run hands on to the next, and to a later stream
const Carried = z.object(
  {
    total_events: Count,
    processed_windows: Count,
    late_events: Count,
    dead_events: Count,
    cursor: Count,
    watermark: z.string().nullable(),
    idle_seconds: Count,
    open_windows: z.array(Window),
  },
  withRule(RULES.type),
);
export type Carried = z.infer<typeof Carried>;

// #step The stream: one topic in, one topic out
const Topic = z
  .string(withRule(RULES.topic))
  .regex(TOPIC, RULES.topic)
  .refine(hidesSecrets, RULES.secret);

const StreamInput = z
  .object(
    {
      stream_id: z
        .string(withRule(RULES.name))
        .regex(NAME, RULES.name),
      source_topic: Topic,
      target_topic: Topic,
      window_size_seconds: z
        .int(withRule(RULES.window))
        .min(1, RULES.window)
        .max(WEEK, RULES.window),
      allowed_lateness_seconds: z
        .int(withRule(RULES.lateness))
        .min(0, RULES.lateness)
        .max(WEEK, RULES.lateness)
        .optional(),
      idle_timeout_seconds: z
        .int(withRule(RULES.idle))
        .min(1, RULES.idle)
        .max(WEEK, RULES.idle)
        .optional(),
      carried: Carried.optional(),
    },
    withRule(RULES.type),
  )
  .refine((all) => all.target_topic !== all.source_topic, {
    path: ['target_topic'],
    message: RULES.other,
  });
export type StreamInput = z.infer<typeof StreamInput>;
// #endregion input

// #region output
// #step What the stream answers when it is stopped
export interface StreamOutput {
  stream_id: string;
  total_events: number;
  processed_windows: number;
  carried: Carried;
}

// #step What it says while it runs
export interface Progress {
  phase: 'reading' | 'idle' | 'stopping' | 'done';
  processed: number;
  total: number;
  windows: number;
  late: number;
  dead: number;
  cursor: number;
  watermark: string | null;
  lateness_seconds: number;
}

// #step What passes between its activities
export interface ReadInput {
  topic: string;
  cursor: number;
  max_events: number;
}
export interface ReadOutput {
  batch: Batch | null;
  cursor: number;
}
export interface ProcessInput {
  batch: Batch;
  target_topic: string;
  window_size_seconds: number;
  allowed_lateness_seconds: number;
  watermark: string | null;
  open_windows: Window[];
}
export interface ProcessOutput {
  open_windows: Window[];
  closed_windows: Window[];
  watermark: string | null;
  late_events: number;
  dead_events: number;
}
export interface WriteInput {
  stream_id: string;
  topic: string;
  windows: Window[];
}
// #endregion output

/** The input, checked. Throws `InvalidInput` that names the first field at fault. */
// #region validate
export function validate(input: unknown): StreamInput {
  // #step Check every field before any work is done
  const checked = StreamInput.safeParse(
    input,
    withRule(RULES.type),
  );
  if (checked.success) return checked.data;

  // #step Fail for good, and name the field
  const [issue] = checked.error.issues;
  throw invalidInput(messageOf(issue));
}
// #endregion validate
