import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Contact } from '../../src/domain/contact.js';
import * as tally from '../../src/domain/tally.js';
import { INSTANT_MAX, INSTANT_MIN, MINUTE, type Range } from '../../src/domain/time.js';
import { contacts } from './arbitraries.js';

const fold = (list: readonly Contact[]) => list.map(tally.of).reduce(tally.merge, tally.EMPTY);
const tallies = contacts.map(fold);
const splits = contacts.map((list) => list.map(tally.splitOf).reduce(tally.mergeSplit, tally.EMPTY_SPLIT));

describe('merge', () => {
  it('is associative', () => {
    fc.assert(
      fc.property(tallies, tallies, tallies, (a, b, c) => {
        expect(tally.merge(tally.merge(a, b), c)).toEqual(tally.merge(a, tally.merge(b, c)));
      }),
    );
  });

  it('is commutative', () => {
    fc.assert(
      fc.property(tallies, tallies, (a, b) => {
        expect(tally.merge(a, b)).toEqual(tally.merge(b, a));
      }),
    );
  });

  it('has EMPTY as its identity, on both sides', () => {
    fc.assert(
      fc.property(tallies, (a) => {
        expect(tally.merge(a, tally.EMPTY)).toEqual(a);
        expect(tally.merge(tally.EMPTY, a)).toEqual(a);
      }),
    );
  });

  it('gives the tally of both sets together, in any order', () => {
    fc.assert(
      fc.property(contacts, contacts, (first, second) => {
        expect(tally.merge(fold(first), fold(second))).toEqual(fold([...second, ...first].reverse()));
      }),
    );
  });

  it('changes neither of the two', () => {
    const a = Object.freeze({ count: 1, earliest: 5, latest: 5, followups: 0 });
    const b = Object.freeze({ count: 2, earliest: -3, latest: 4, followups: 2 });
    expect(tally.merge(a, b)).toEqual({ count: 3, earliest: -3, latest: 5, followups: 2 });
  });
});

describe('a tally', () => {
  it('says what the contract says of a set of contacts', () => {
    fc.assert(
      fc.property(contacts, (list) => {
        const opened = list.flatMap(({ initial, followupAt }) =>
          initial === null ? [] : [{ at: initial.at, followupAt }],
        );
        const instants = opened.map(({ at }) => at).sort((a, b) => a - b);
        expect(fold(list)).toEqual({
          count: opened.length,
          earliest: instants[0] ?? null,
          latest: instants.at(-1) ?? null,
          followups: opened.filter(({ followupAt }) => followupAt !== null).length,
        });
      }),
    );
  });

  it('of adjoining ranges merges to that of both', () => {
    const bound = fc.integer({ min: INSTANT_MIN / MINUTE, max: INSTANT_MAX / MINUTE }).map((n) => n * MINUTE);
    fc.assert(
      fc.property(contacts, bound, bound, bound, (list, a, b, c) => {
        const [lower, middle, upper] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
        const within = (range: Range) =>
          fold(
            list.filter(({ initial }) => initial && range.lower <= initial.at && initial.at < range.upper),
          );
        expect(tally.merge(within({ lower, upper: middle }), within({ lower: middle, upper }))).toEqual(
          within({ lower, upper }),
        );
      }),
    );
  });

  it('is empty while there is no initial', () => {
    const contact = { uuid: '', initial: null, followupAt: 7 };
    expect(tally.of(contact)).toEqual(tally.EMPTY);
    expect(tally.splitOf(contact)).toEqual(tally.EMPTY_SPLIT);
  });
});

describe('a split', () => {
  it('merges to the whole', () => {
    fc.assert(
      fc.property(contacts, (list) => {
        const split = list.map(tally.splitOf).reduce(tally.mergeSplit, tally.EMPTY_SPLIT);
        expect(tally.whole(split)).toEqual(fold(list));
        expect(split.vowel).toEqual(fold(list.filter(({ initial }) => initial?.isVowel === true)));
        expect(split.consonant).toEqual(fold(list.filter(({ initial }) => initial?.isVowel === false)));
      }),
    );
  });

  it('of a merge is the merge of the splits', () => {
    fc.assert(
      fc.property(splits, splits, (a, b) => {
        expect(tally.whole(tally.mergeSplit(a, b))).toEqual(tally.merge(tally.whole(a), tally.whole(b)));
        expect(tally.mergeSplit(a, b)).toEqual(tally.mergeSplit(b, a));
        expect(tally.mergeSplit(a, tally.EMPTY_SPLIT)).toEqual(a);
      }),
    );
  });
});
