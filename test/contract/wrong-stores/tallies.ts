import { Model } from '../../../src/contract/model.js';
import { type ContactEvent, SYMBOLS } from '../../../src/domain/contact.js';
import { EMPTY, type SplitTally, type Tally, whole } from '../../../src/domain/tally.js';
import { bucketStart, HOUR, MINUTE } from '../../../src/domain/time.js';
import { asNew, changedSplits, changedTallies, repeatsKind, talliesOf, type WrongStore } from './faults.js';

export const WRONG_TALLIES: readonly WrongStore[] = [
  {
    name: 'loses the range filter',
    says: /the range .* expected count 0/s,
    fault: (store) => ({
      talliesOfRange: () => Promise.all(SYMBOLS.map((symbol) => store.tallyOfSymbol(symbol))),
    }),
  },
  {
    name: 'counts a replay',
    says: /the tally of .*expected count/s,
    fault: talliesOf((logged) => logged.map(asNew), 'counted'),
  },
  {
    name: 'forgets a followup that came first',
    says: /followups 1.*followups 0/s,
    fault: talliesOf((logged) =>
      logged.filter((event, i) => event.kind === 'initial' || isOpened(logged.slice(0, i), event)),
    ),
  },
  {
    name: 'forgets unmatched followups',
    says: /unmatched/,
    fault: () => ({ unmatched: async () => 0 }),
  },
  {
    name: 'overwrites the first initial',
    says: /earliest/,
    fault: talliesOf((logged) =>
      [...logged]
        .reverse()
        .map(asNew)
        .filter((event, i, all) => all.findIndex((other) => repeatsKind(event, other)) === i),
    ),
  },
  {
    name: 'counts at most ten followups',
    says: /followups 25\n.*followups 10/s,
    fault: changedTallies((tally) => ({ ...tally, followups: Math.min(tally.followups, 10) })),
  },
  {
    name: 'drops microseconds in its tallies',
    says: /earliest/,
    fault: talliesOf((logged) => logged.map((event) => ({ ...event, at: bucketStart(event.at, 1000) }))),
  },
  {
    name: 'includes the upper bound',
    says: /the range/,
    fault: ({ talliesOfRange }) => ({
      talliesOfRange: ({ lower, upper }) => talliesOfRange({ lower, upper: upper + 1 }),
    }),
  },
  {
    name: 'excludes the lower bound',
    says: /the range/,
    fault: ({ talliesOfRange }) => ({
      talliesOfRange: ({ lower, upper }) => talliesOfRange({ lower: lower + 1, upper }),
    }),
  },
  {
    name: 'rounds ranges to the hour',
    says: /the range/,
    fault: ({ talliesOfRange }) => ({
      talliesOfRange: ({ lower, upper }) =>
        talliesOfRange({ lower: bucketStart(lower, HOUR), upper: bucketStart(upper, HOUR) }),
    }),
  },
  {
    name: 'truncates the minutes before 1970 toward it',
    says: /the range/,
    fault: (store, data) => {
      const truncated = talliesOf((logged) => logged.map(truncate))(store, data);
      return { talliesOfRange: truncated.talliesOfRange! };
    },
  },
  {
    name: 'loses the guess split',
    says: /where the guess was/,
    fault: changedSplits((split) => ({ vowel: whole(split), consonant: EMPTY })),
  },
  {
    name: 'takes the date of the followup for the range',
    says: /the range .*followups/s,
    fault: ({ talliesOfRange }, data) => ({
      talliesOfRange: async (range) => {
        const inRange = new Model();
        const { lower, upper } = range;
        await inRange.append(
          data.logged.filter((event) => event.kind === 'initial' || (lower <= event.at && event.at < upper)),
        );
        const rows = await talliesOfRange(range);
        const dated = await inRange.talliesOfRange(range);
        return rows.map((row, i) => withFollowupsOf(row, dated[i]!));
      },
    }),
  },
  {
    name: 'takes the last to arrive for the latest',
    says: /latest/,
    fault: ({ tallyOfSymbol }, data) => ({
      tallyOfSymbol: async (symbol) => {
        const split = await tallyOfSymbol(symbol);
        const last = data.logged.findLast((event) => event.kind === 'initial' && event.symbol === symbol);
        const late = (tally: Tally) => (tally.count === 0 ? tally : { ...tally, latest: last!.at });
        return { vowel: late(split.vowel), consonant: late(split.consonant) };
      },
    }),
  },
  {
    name: 'leaves out the symbols that have no contact',
    says: /the number of rows/,
    fault: ({ talliesOfRange }) => ({
      talliesOfRange: async (range) => (await talliesOfRange(range)).filter((row) => whole(row).count > 0),
    }),
  },
];

/** Whether the contact of a followup has an initial by then. */
function isOpened(before: readonly ContactEvent[], followup: ContactEvent): boolean {
  return before.some((event) => event.kind === 'initial' && event.uuid === followup.uuid);
}

/** The tally of `split`, with the followups of `other`. */
function withFollowupsOf(split: SplitTally, other: SplitTally): SplitTally {
  const part = (tally: Tally, { followups }: Tally) => ({ ...tally, followups });
  return { vowel: part(split.vowel, other.vowel), consonant: part(split.consonant, other.consonant) };
}

function truncate(event: ContactEvent): ContactEvent {
  return { ...event, at: event.at < 0 ? Math.ceil(event.at / MINUTE) * MINUTE : event.at };
}
