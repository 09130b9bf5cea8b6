import type { ContactEvent, Uuid } from '../../domain/contact.js';
import {
  bucketStart,
  DAY,
  HOUR,
  INSTANT_MAX,
  INSTANT_MIN,
  type Instant,
  MINUTE,
  type Range,
} from '../../domain/time.js';
import { readRange } from '../../domain/zone.js';
import type { EventSpan } from '../store.js';
import type { Dice } from './dice.js';

/** What a store and the model are both asked. */
export interface Questions {
  readonly ranges: readonly Range[];
  readonly spans: readonly EventSpan[];
  /** Left out where they are beside the point. */
  readonly page?: PageQuestions;
}

/** What is asked of the methods that a store need not have. */
export interface PageQuestions {
  readonly series: readonly (readonly Instant[])[];
  readonly lasts: readonly number[];
  readonly stories: readonly { readonly uuid: Uuid; readonly eventsMax: number }[];
}

const RANGES = 24;
const SPANS = 4;
const SERIES = 6;
const STORIES = 12;
/** More than any contact of the streams has. */
const STORY_EVENTS = 1000;
const UNKNOWN: Uuid = 'ffffffff-ffff-4fff-bfff-ffffffffffff';

/** Questions whose bounds lie on and about the instants of the events. */
export function drawQuestions(events: readonly ContactEvent[], dice: Dice): Questions {
  const instants = events.length === 0 ? [0] : events.map((event) => event.at);
  const ranges = [everything(), { lower: 0, upper: 0 }];
  while (ranges.length < RANGES) ranges.push(drawRange(dice, instants));
  const spans: EventSpan[] = [{}];
  while (spans.length < SPANS) spans.push(drawSpan(dice, instants));
  return { ranges, spans, page: drawPageQuestions(events, instants, dice) };
}

function drawPageQuestions(
  events: readonly ContactEvent[],
  instants: readonly Instant[],
  dice: Dice,
): PageQuestions {
  const series = [[], [bucketStart(instants[0]!, MINUTE)]];
  while (series.length < SERIES) series.push(drawEdges(dice, instants));
  const stories = [{ uuid: UNKNOWN, eventsMax: STORY_EVENTS }];
  while (stories.length < STORIES && events.length > 0) {
    stories.push({ uuid: dice.pick(events).uuid, eventsMax: dice.pick([1, 2, 3, STORY_EVENTS]) });
  }
  return { series, lasts: [1, 1 + dice.below(20), Number.MAX_SAFE_INTEGER], stories };
}

/** Edges of one length in a row, or anywhere about the instants. */
function drawEdges(dice: Dice, instants: readonly Instant[]): Instant[] {
  const count = 2 + dice.below(12);
  const length = dice.pick([MINUTE, HOUR, DAY]);
  const first = bucketStart(dice.pick(instants), length) - dice.below(count) * length;
  const edges = dice.once(2)
    ? Array.from({ length: count }, (_, i) => first + i * length)
    : Array.from({ length: count }, () => minuteAbout(dice, instants));
  return [...new Set(edges)].sort((a, b) => a - b);
}

/** The longest range that can be written in a request; its bounds lie outside the years 1 to 9999. */
function everything(): Range {
  const reading = readRange('0001-01-01T00:00+23:59', '9999-12-31T23:59-23:59');
  if (!reading.ok) throw new Error(reading.detail);
  return reading.range;
}

function drawRange(dice: Dice, instants: readonly Instant[]): Range {
  const length = dice.pick([MINUTE, HOUR, DAY]);
  const edge = bucketStart(dice.pick(instants), length) + (dice.below(3) - 1) * length;
  switch (dice.below(6)) {
    case 0:
      return { lower: edge, upper: edge };
    case 1:
      return { lower: edge, upper: edge + length };
    case 2:
      return inOrder(edge, bucketStart(dice.pick(instants), length));
    case 3:
      return inOrder(minuteAbout(dice, instants), minuteAbout(dice, instants));
    case 4: {
      const decade = dice.below(55);
      return { lower: yearStart(1700 + decade * 10), upper: yearStart(1710 + decade * 10) };
    }
    default:
      return dice.once(2)
        ? { lower: edge, upper: bucketStart(INSTANT_MAX, MINUTE) }
        : { lower: bucketStart(INSTANT_MIN, MINUTE), upper: edge };
  }
}

/** Spans are not bound to minutes: they are exact to the microsecond. */
function drawSpan(dice: Dice, instants: readonly Instant[]): EventSpan {
  const { lower, upper } = inOrder(
    dice.pick(instants) + dice.below(3) - 1,
    dice.pick(instants) + dice.below(3) - 1,
  );
  return dice.pick([{ lower }, { upper }, { lower, upper }, { lower, upper: lower }]);
}

function minuteAbout(dice: Dice, instants: readonly Instant[]): Instant {
  return bucketStart(dice.pick(instants), MINUTE) + (dice.below(5) - 2) * MINUTE;
}

function inOrder(first: Instant, second: Instant): Range {
  return { lower: Math.min(first, second), upper: Math.max(first, second) };
}

function yearStart(year: number): Instant {
  return Date.UTC(year, 0, 1) * 1000;
}
