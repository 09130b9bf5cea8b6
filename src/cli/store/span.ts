import { TallyboardError } from '../../contract/errors.js';
import type { EventSpan } from '../../contract/store.js';
import { INSTANT_MAX, INSTANT_MIN } from '../../domain/time.js';
import { readRange } from '../../domain/zone.js';
import type { Flag } from '../terminal/command.js';

export interface SpanValues {
  readonly from?: string;
  readonly to?: string;
  readonly tz: string;
}

/** Which raw events a command reads. */
export const SPAN_FLAGS: readonly Flag<string>[] = [
  {
    name: 'from',
    value: 'BOUND',
    description: 'leave out events before it: a date, or a date and time to the minute',
  },
  {
    name: 'to',
    value: 'BOUND',
    description: 'leave out events at it and after it',
  },
  {
    name: 'tz',
    value: 'ZONE',
    description: 'the zone of bounds that carry none',
    fallback: 'UTC',
  },
];

const ANY_BOUND = '1970-01-01';

export function spanOf({ from, to, tz }: SpanValues): EventSpan {
  // A zone is read, and refused, also where no bound needs it.
  const lower = from ?? to ?? ANY_BOUND;
  const upper = to ?? from ?? ANY_BOUND;
  const reading = readRange(lower, upper, tz);
  if (!reading.ok) throw new TallyboardError(reading.problem, reading.detail);
  if (from === undefined && to === undefined) return {};
  return {
    lower: from === undefined ? INSTANT_MIN : reading.range.lower,
    upper: to === undefined ? INSTANT_MAX : reading.range.upper,
  };
}
