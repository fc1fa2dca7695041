/** What goes into the tour and what comes out. The contract: examples/contract/tour.json. */
import { z } from 'zod';
import { invalidInput } from '../connectors/failures.ts';
import {
  COMMON_RULES,
  hidesSecrets,
  messageOf,
  NAME,
  withRule,
} from '../connectors/input.ts';

const RULES = {
  ...COMMON_RULES,
  report: 'must be a file:// URL',
  carriers: 'must hold at least one carrier',
  carrier: 'must be a code of two letters or digits',
  pause: 'must be a whole number from 1 to 31536000',
};

const YEAR = 31_536_000;

const Report = z.object({
  carrier: z.string(),
  flights: z.int(),
});
/** How many flights a carrier had. */
export type Report = z.infer<typeof Report>;

const Pause = z
  .int(withRule(RULES.pause))
  .min(1, RULES.pause)
  .max(YEAR, RULES.pause);

const Carrier = z
  .string(withRule(RULES.carrier))
  .regex(/^[0-9A-Z]{2}$/, RULES.carrier);

const TourInput = z.object(
  {
    tour_id: z
      .string(withRule(RULES.name))
      .regex(NAME, RULES.name),
    connection_string: z
      .string(withRule(RULES.secret))
      .refine(hidesSecrets, RULES.secret),
    report_url: z
      .string(withRule(RULES.report))
      .regex(/^file:\/\/\/./, RULES.report),
    carriers: z
      .array(Carrier, withRule(RULES.carriers))
      .min(1, RULES.carriers),
    pause_seconds: Pause,
    carried: z.array(Report, withRule(RULES.type)).optional(),
  },
  withRule(RULES.type),
);
export type TourInput = z.infer<typeof TourInput>;

/** What the tour answers. */
export interface TourOutput {
  tour_id: string;
  reports: Report[];
  total: number;
}

/** What it says while it runs. */
export interface Progress {
  phase: 'counting' | 'pausing' | 'done';
  processed: number;
  total: number;
}

/** What the child is asked, and its activity too. */
export interface ReportInput {
  carrier: string;
  connection_string: string;
}

export interface WriteInput {
  report_url: string;
  reports: Report[];
}

/** The input, checked. Throws `InvalidInput` that names the first field at fault. */
export function validate(input: unknown): TourInput {
  return checked(TourInput.safeParse(input));
}

/** Whether it is a carrier's code. */
export function isCarrier(code: unknown): boolean {
  return Carrier.safeParse(code).success;
}

/** A pause in seconds, checked. */
export function checkPause(seconds: unknown): void {
  checked(
    z
      .object({ pause_seconds: Pause })
      .safeParse({ pause_seconds: seconds }),
  );
}

function checked<T>(result: z.ZodSafeParseResult<T>): T {
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalidInput(messageOf(issue));
}
