import { SYMBOLS } from '../../domain/contact.js';
import { SERIES_CUTS, SERIES_STEPS } from '../../domain/series.js';
import { type Static, type TSchema, Type } from '../libraries.js';

const UUID_EXAMPLE = '6f1c2a52-9a3e-4b7e-8c55-0d1f6a7b9c10';

/** A uuid as a client may write it; the domain reads it without regard to case. */
export const UuidText = Type.String({
  description: 'The name of the contact: a UUID, read without regard to case',
  pattern: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
  examples: [UUID_EXAMPLE],
});

export const SymbolText = Type.String({
  description: 'One letter a to z, in lower case',
  pattern: '^[a-z]$',
  examples: ['e'],
});

/** The fields of an initial, each from the query or the body. */
export const InitialFields = Type.Object({
  uuid: Type.Optional(UuidText),
  symbol: Type.Optional(SymbolText),
});

/** The fields of a followup, from the query or the body. */
export const FollowupFields = Type.Object({ uuid: Type.Optional(UuidText) });

export const InitialAnswer = Type.Object(
  { uuid: UuidText, symbol: SymbolText, isVowel: Type.Boolean(), replayed: Type.Boolean() },
  { description: 'With `Accept: application/json`' },
);
export type InitialAnswer = Static<typeof InitialAnswer>;

export const FollowupAnswer = Type.Object(
  { uuid: UuidText, replayed: Type.Boolean() },
  { description: 'With `Accept: application/json`' },
);
export type FollowupAnswer = Static<typeof FollowupAnswer>;

/** What a batch has: initials, with a symbol, and followups, without. */
export const BatchItems = Type.Array(
  Type.Object(
    {
      uuid: UuidText,
      symbol: Type.Optional(SymbolText),
      type: Type.Optional(
        Type.Enum(['initial', 'followup'], {
          description: 'Where it is given it must agree with the fields',
        }),
      ),
    },
    { additionalProperties: false },
  ),
);

const ItemRefusal = Type.Object(
  { status: Type.Integer(), code: Type.String(), detail: Type.String() },
  { description: 'The item was refused: the code, the status and the detail are those of the single call' },
);

export const BatchAnswer = Type.Object({
  accepted: Type.Integer({ description: 'Items that were stored, and are no replays' }),
  replayed: Type.Integer({ description: 'Items that their contact had already' }),
  refused: Type.Integer({ description: 'Items of which nothing was stored' }),
  results: Type.Array(Type.Union([InitialAnswer, FollowupAnswer, ItemRefusal]), {
    description: 'One an item, in the order of the batch',
  }),
});

export type BatchAnswer = Static<typeof BatchAnswer>;

/** The fields of the sign-in form. */
export const SignInFields = Type.Object({
  token: Type.String({ description: "The dashboard's token" }),
  next: Type.Optional(
    Type.String({ description: 'The path of the page to go on to; / where it is left out' }),
  ),
});

const InstantText = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  description: 'UTC, YYYY-MM-DD HH:MM:SS.ffffff; null where there is no contact',
  examples: ['2017-06-28 19:34:14.486693'],
});

/** One row of the dashboard. The order of the fields is the order in the answer. */
export const TallyRow = Type.Object({
  count: Type.Integer({ description: 'Contacts with an initial' }),
  symbol: SymbolText,
  earliest: InstantText,
  latest: InstantText,
  followups: Type.Integer({ description: 'Those of them that have a followup, whenever it came' }),
});
export type TallyRow = Static<typeof TallyRow>;

export const TallyRows = Type.Array(TallyRow, {
  description: 'One row a symbol, a to z',
  minItems: SYMBOLS.length,
  maxItems: SYMBOLS.length,
});

const BOUND_HELP = 'A date, or a date and time to the minute, with an optional Z or offset';
export const RangePath = Type.Object({
  lower: Type.String({
    description: `${BOUND_HELP}: the first instant of the range`,
    examples: ['2017-06-28'],
  }),
  upper: Type.String({
    description: `${BOUND_HELP}: the first instant after the range`,
    examples: ['2017-06-30T10:30'],
  }),
});
export const ZoneText = Type.String({
  description:
    'The IANA zone of bounds that carry none, and of what is cut by days; UTC where it is left out',
  examples: ['America/New_York'],
});
export const RangeQuery = Type.Object({ tz: Type.Optional(ZoneText) });
/** The lengths of the buckets of a series. */
export const SeriesStepText = Type.Enum([...SERIES_STEPS], {
  description: 'The length of the buckets: those of the zone, so that a day may have 23 or 25 hours',
});
/** What a client may ask for as `every`. */
export const SeriesCutText = Type.Enum([...SERIES_CUTS], {
  description:
    'The length of the buckets; `fit` narrows the range to the days of its contacts (of all symbols), and takes the finest length of which there are no more than 160, or 400 months, or else a year',
});
export const SymbolPath = Type.Object({ symbol: SymbolText });

export const Alive = Type.Object({ status: Type.Literal('alive') });
export const Survives = Type.Enum(['nothing', 'process', 'power'], {
  description: 'What an acknowledged event survives: the end of the process, or a cut of power as well',
});
export const Ready = Type.Object({
  status: Type.Literal('ready'),
  survives: Survives,
  warnings: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'How the engine is set up so that it can lose acknowledged events, which parts of it are away, and what the last verification found; left out where there is nothing of that',
    }),
  ),
});

/** An RFC 9457 problem document with one of some codes. */
export function problemSchema(status: number, codes: readonly string[]): TSchema {
  return Type.Object({
    type: Type.String({ description: 'A URN that ends in the code' }),
    title: Type.String({ description: 'What is wrong, in general' }),
    status: Type.Literal(status),
    detail: Type.String({ description: 'What is wrong with this request, and what would be right' }),
    code: Type.Enum([...codes], { description: 'Stable: branch on it' }),
  });
}
