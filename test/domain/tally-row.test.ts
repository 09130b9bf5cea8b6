import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contact, SYMBOLS } from '../../src/domain/contact.js';
import { EMPTY_SPLIT, mergeSplit, splitOf } from '../../src/domain/tally.js';
import {
  addContact,
  addFollowup,
  cellOf,
  cellsOf,
  mergeCell,
  mergeRow,
  ROW_LENGTH,
  splitOfRow,
  type TallyRow,
} from '../../src/domain/tally-row.js';

const BASE = Date.UTC(2024, 4, 1) * 1000;
const HOUR = 3_600_000_000;

const contact = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  isVowel: fc.boolean(),
  offset: fc.integer({ min: 0, max: HOUR - 1 }),
  followed: fc.boolean(),
  /** The followup comes when the contact is in the row already. */
  later: fc.boolean(),
});
type Drawn = typeof contact extends fc.Arbitrary<infer T> ? T : never;
const contacts = fc.array(contact, { maxLength: 200 });

function rowOf<Row extends TallyRow>(row: Row, drawn: readonly Drawn[]): Row {
  for (const { symbol, isVowel, offset, followed, later } of drawn) {
    addContact(row, cellOf(symbol, isVowel), offset, followed && !later ? 1 : 0);
    if (followed && later) addFollowup(row, cellOf(symbol, isVowel));
  }
  return row;
}

function splitsOf(drawn: readonly Drawn[], base: number) {
  const asContact = ({ symbol, isVowel, offset, followed }: Drawn): Contact => ({
    uuid: '',
    initial: { symbol, isVowel, at: base + offset },
    followupAt: followed ? base : null,
  });
  return SYMBOLS.map((symbol) =>
    drawn
      .filter((one) => one.symbol === symbol)
      .map((one) => splitOf(asContact(one)))
      .reduce(mergeSplit, EMPTY_SPLIT),
  );
}

describe('a row', () => {
  it.each([
    ['32 bits', () => new Uint32Array(ROW_LENGTH)],
    ['doubles', () => new Float64Array(ROW_LENGTH)],
  ])('of %s has the tallies of its contacts', (_, make) => {
    fc.assert(
      fc.property(contacts, (drawn) => {
        const row = rowOf(make(), drawn);
        expect(SYMBOLS.map((symbol) => splitOfRow(row, symbol, BASE))).toEqual(splitsOf(drawn, BASE));
      }),
    );
  });

  it('merges with others as the algebra does, wherever their bases lie', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: -40_000, max: 40_000 }), contacts), { maxLength: 6 });
    fc.assert(
      fc.property(rows, (drawn) => {
        const sum = new Float64Array(ROW_LENGTH);
        for (const [hour, inHour] of drawn)
          mergeRow(sum, rowOf(new Uint32Array(ROW_LENGTH), inHour), hour * HOUR);
        const expected = drawn
          .map(([hour, inHour]) => splitsOf(inHour, hour * HOUR))
          .reduce(
            (all, some) => all.map((split, index) => mergeSplit(split, some[index]!)),
            SYMBOLS.map(() => EMPTY_SPLIT),
          );
        expect(SYMBOLS.map((symbol) => splitOfRow(sum, symbol, 0))).toEqual(expected);
      }),
    );
  });

  it('is made again from its cells', () => {
    fc.assert(
      fc.property(contacts, (drawn) => {
        const row = rowOf(new Uint32Array(ROW_LENGTH), drawn);
        const again = new Uint32Array(ROW_LENGTH);
        for (const { cell, count, followups, earliest, latest } of cellsOf(row)) {
          mergeCell(again, cell, count, followups, earliest, latest);
        }
        expect(again).toEqual(row);
      }),
    );
  });
});
