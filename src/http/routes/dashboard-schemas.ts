import { type Static, Type } from '../libraries.js';
import { NoteAnswer } from './kept-schemas.js';
import {
  SeriesCutText,
  SeriesStepText,
  Survives,
  SymbolText,
  TallyRows,
  UuidText,
  ZoneText,
} from './schemas.js';

// What the dashboard's page asks for, beside the tallies of a symbol and of a range. Instants in answers are
// UTC, `YYYY-MM-DD HH:MM:SS.ffffff`. All of it is in the OpenAPI document.

const InstantUtc = Type.String({
  description: 'UTC, YYYY-MM-DD HH:MM:SS.ffffff',
  examples: ['2017-06-28 19:34:14.486693'],
});
const MaybeInstant = Type.Union([InstantUtc, Type.Null()]);
const Count = Type.Integer({ minimum: 0 });

/** Contacts, and how many of them have a followup, whenever it came. */
export const Counts = Type.Object({
  contacts: Type.Integer({ minimum: 0, description: 'Contacts with an initial' }),
  followups: Type.Integer({
    minimum: 0,
    description: 'Those of them that have a followup, whenever it came',
  }),
});
export type Counts = Static<typeof Counts>;

/** Counts, and the two parts that they have by guess. */
const SplitCounts = {
  ...Counts.properties,
  vowel: Type.Object(Counts.properties, { description: 'Those that were answered True' }),
  consonant: Type.Object(Counts.properties, { description: 'Those that were answered False' }),
};

/** The query of `summary` and `guesses`. */
export const NarrowedQuery = Type.Object({
  tz: Type.Optional(ZoneText),
  symbol: Type.Optional(SymbolText),
});

/** `GET /dashboard/series/<lower>/<upper>?every=&symbol=&tz=` */
export const SeriesQuery = Type.Object({
  every: Type.Optional(SeriesCutText),
  tz: Type.Optional(ZoneText),
  symbol: Type.Optional(SymbolText),
});

/** One bucket, cut to the range: `start <= initial < end`. */
export const SeriesBucket = Type.Object({ start: InstantUtc, end: InstantUtc, ...SplitCounts });
export type SeriesBucket = Static<typeof SeriesBucket>;

export const SeriesAnswer = Type.Object({
  lower: InstantUtc,
  upper: InstantUtc,
  every: SeriesStepText,
  tz: ZoneText,
  symbol: Type.Union([SymbolText, Type.Null()], { description: 'null: all of them' }),
  source: Type.Enum(['rollups', 'scans'], {
    description:
      '`rollups`: the store answers from its roll-ups; `scans`: it keeps none, and looked at its events for each bucket',
  }),
  buckets: Type.Array(SeriesBucket, {
    description:
      'In time order, without gaps, those without contacts included. The first and the last are cut to the range; those between begin where the clocks of the zone show a full minute, a full hour, midnight, the midnight of a Monday, of the first of a month or of the first of January',
  }),
});
export type SeriesAnswer = Static<typeof SeriesAnswer>;

/** What the last comparison of the store's answers with its raw events found. */
export const VerificationAnswer = Type.Object({
  at: InstantUtc,
  events: Type.Integer({ minimum: 0, description: 'How many raw events were folded' }),
  contacts: Count,
  differences: Type.Integer({ minimum: 0, description: '0: every answer agreed with the raw events' }),
  since: Type.Union([InstantUtc, Type.Null()], {
    description:
      'Before it raw events were removed, and what is known of contacts was taken for them; null: all were folded',
  }),
});
export type VerificationAnswer = Static<typeof VerificationAnswer>;

/** What is known of the store as a whole, whatever the range. */
export const IntegrityAnswer = Type.Object({
  unmatched: Type.Integer({ minimum: 0, description: 'Contacts with a followup and no initial yet' }),
  replays: Type.Union([Count, Type.Null()], {
    description: 'Replays among the raw events: kept and not counted. null: the store does not know',
  }),
  replaysSinceStart: Type.Integer({
    minimum: 0,
    description: 'Replays that this server answered since it started',
  }),
  keepsVerification: Type.Boolean({ description: 'Whether the store remembers its last verification' }),
  verification: Type.Union([VerificationAnswer, Type.Null()], {
    description:
      'The last `tallyboard verify`; null where there was none, it is not remembered, or it cannot be read',
  }),
  verificationUnreadable: Type.Boolean({
    description: 'Whether there may be one that cannot be read; the log of the server says why',
  }),
});
export type IntegrityAnswer = Static<typeof IntegrityAnswer>;

/** `GET /dashboard/summary/<lower>/<upper>?symbol=&tz=` */
export const SummaryAnswer = Type.Object({
  now: Type.String({ description: "The server's clock, as instants are written" }),
  lower: InstantUtc,
  upper: InstantUtc,
  ...SplitCounts,
  earliest: Type.Union([InstantUtc, Type.Null()], { description: 'The first initial in the range' }),
  latest: Type.Union([InstantUtc, Type.Null()], { description: 'The last initial in the range' }),
  newestAt: Type.Union([InstantUtc, Type.Null()], {
    description: 'The newest event that the server knows of, whatever the range',
  }),
  integrity: IntegrityAnswer,
  signedIn: Type.Boolean({
    description: 'Whether the answer was given to a session, which `POST /sign-out` ends',
  }),
});
export type SummaryAnswer = Static<typeof SummaryAnswer>;

/** One row of `GET /dashboard/guesses/<lower>/<upper>?symbol=&tz=`, which answers six. */
export const GuessRow = Type.Object({
  letters: Type.Enum(['vowels', 'consonants', 'y'], {
    description: '`vowels`: a e i o u; `consonants`: all others but y',
  }),
  said: Type.Boolean({ description: 'The guess: true for a vowel' }),
  ...Counts.properties,
});
export type GuessRow = Static<typeof GuessRow>;
export const GuessRows = Type.Array(GuessRow, {
  description: 'vowels, consonants, y; of each first those that were said True',
  minItems: 6,
  maxItems: 6,
});

/** `GET /dashboard/overview/<lower>/<upper>?every=&tz=&symbol=&against=&until=&usual=` */
export const OverviewQuery = Type.Object({
  ...SeriesQuery.properties,
  against: Type.Optional(
    Type.String({
      description: 'The range that is compared with: two bounds with a slash between them',
      examples: ['2017-06-21/2017-06-28'],
    }),
  ),
  until: Type.Optional(
    Type.String({
      description:
        'The bound up to which `against` is summed; its end where it is left out. Refused without `against`',
    }),
  ),
  usual: Type.Optional(
    Type.String({
      description: 'Ranges, at most 8, whose counts tell what is usual',
      examples: ['2017-06-21/2017-06-22,2017-06-14/2017-06-15'],
    }),
  ),
});

export const OverviewAnswer = Type.Object({
  summary: SummaryAnswer,
  rows: TallyRows,
  guesses: GuessRows,
  usual: Type.Array(Counts, { description: 'Of the ranges in `usual`, in their order' }),
  notes: Type.Array(NoteAnswer, { description: 'Those of the range, in time order' }),
  keepsNotes: Type.Boolean({ description: 'Whether the store keeps notes' }),
  series: Type.Object({
    ...SeriesAnswer.properties,
    buckets: Type.Array(
      Type.Object({
        ...SeriesBucket.properties,
        symbols: Type.Array(Count, { description: 'The contacts of each symbol, a to z' }),
      }),
    ),
  }),
  against: Type.Union(
    [
      Type.Object({ ...Counts.properties, rows: TallyRows, guesses: GuessRows, series: SeriesAnswer }),
      Type.Null(),
    ],
    {
      description: 'Counts, rows and guesses up to `until`, the series of the whole; null without `against`',
    },
  ),
});
export type OverviewAnswer = Static<typeof OverviewAnswer>;

/** A raw event, as an export has it: the columns of the original, and the mark of a replay. */
export const EventRecord = Type.Object({
  uuid: UuidText,
  symbol: Type.Union([SymbolText, Type.Null()], { description: 'null for a followup' }),
  is_vowel: Type.Union([Type.Boolean(), Type.Null()], { description: 'null for a followup' }),
  url: Type.Enum(['initial', 'followup']),
  date: InstantUtc,
  replay: Type.Boolean({ description: 'A repeated request: kept, and not counted' }),
});
export type EventRecord = Static<typeof EventRecord>;

export const UuidPath = Type.Object({ uuid: UuidText });

/** `GET /events/<uuid>`: 404 `CONTACT_UNKNOWN` where no event has the uuid. */
export const StoryAnswer = Type.Object({
  uuid: UuidText,
  events: Type.Array(EventRecord, { minItems: 1, description: 'In time order, the first 1000 at most' }),
  leftOut: Type.Integer({ minimum: 0, description: 'How many more there are' }),
  removedBefore: Type.Union([InstantUtc, Type.Null()], {
    description:
      'Where no initial is among them: raw events from before it (UTC) were removed; null: none were',
  }),
});
export type StoryAnswer = Static<typeof StoryAnswer>;

/** `GET /dashboard/about` */
export const AboutAnswer = Type.Object({
  version: Type.String(),
  store: Type.String({ description: 'The scheme of the URL of the store' }),
  survives: Survives,
  writers: Type.Enum(['one', 'many'], { description: 'How many servers may share the store' }),
  warnings: Type.Array(Type.String(), { description: 'As `/readyz` has them' }),
  commits: Type.Union(
    [
      Type.Object({
        batches: Count,
        median: Type.Number({ description: 'Milliseconds' }),
        p99: Type.Number({ description: 'Milliseconds' }),
      }),
      Type.Null(),
    ],
    {
      description: 'How long the store took for batches since the start of the server, about; null: none yet',
    },
  ),
});
export type AboutAnswer = Static<typeof AboutAnswer>;

/** `GET /events?from=&to=&tz=&format=`; a bound that is left out leaves that side open. */
export const EventsQuery = Type.Object({
  from: Type.Optional(Type.String({ description: 'A bound as in a range: the first instant' })),
  to: Type.Optional(Type.String({ description: 'A bound as in a range: the first instant after' })),
  tz: Type.Optional(ZoneText),
  format: Type.Optional(
    Type.Enum(['ndjson', 'csv'], { description: 'ndjson where it is left out', default: 'ndjson' }),
  ),
});

/**
 * The data of each message of `GET /dashboard/live` (server-sent events, of the default type `message`).
 *
 * The first message on a connection comes at once; further ones when something has changed, at most two a
 * second. A message without events says that only the totals changed. After ten seconds in which nothing does
 * comes an event of the type `alive` with the server's clock as its data, without an id.
 */
export const LiveMessage = Type.Object({
  now: Type.String({ description: "The server's clock, as instants are written" }),
  newestAt: MaybeInstant,
  oldestAt: Type.Union([InstantUtc, Type.Null()], { description: 'The first initial of all time' }),
  totals: Type.Object(
    {
      contacts: Count,
      followups: Count,
      unmatched: Count,
      replays: Type.Union([Count, Type.Null()]),
    },
    { description: 'Of all time; `replays` as in the summary' },
  ),
  events: Type.Array(EventRecord, {
    maxItems: 50,
    description: 'Those that are new since the message before, the oldest first, the newest 50 at most',
  }),
  missed: Type.Union([Count, Type.Null()], {
    description:
      'New events that were too many to be listed, between the message before and `events`. null: this message begins anew (the first one, or after a break that was too long): `events` are the newest that are known, and what was shown before is to be dropped',
  }),
});
export type LiveMessage = Static<typeof LiveMessage>;
