import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contact, SYMBOLS } from '../../src/domain/contact.js';
import { GrowingRow } from '../../src/domain/growing-row.js';
import { EMPTY_SPLIT, mergeSplit, splitOf } from '../../src/domain/tally.js';
import {
  addContact,
  addFollowup,
  cellOf,
  mergeCell,
  mergeRow,
  ROW_LENGTH,
  splitOfRow,
  type TallyRow,
  visitCells,
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
        visitCells(row, (cell, ...values) => mergeCell(again, cell, ...values));
        expect(again).toEqual(row);
      }),
    );
  });
});

describe('a row that grows', () => {
  function growingRowOf(drawn: readonly Drawn[]): GrowingRow {
    const row = new GrowingRow();
    for (const { symbol, isVowel, offset, followed, later } of drawn) {
      row.addContact(cellOf(symbol, isVowel), offset, followed && !later ? 1 : 0);
      if (followed && later) row.addFollowup(cellOf(symbol, isVowel));
    }
    return row;
  }

  // Few and many symbols: it stays sparse, and it is packed.
  const some = fc.oneof(contacts, fc.array(contact, { maxLength: 12 }));

  it('is what a packed row is, wherever its base lies', () => {
    fc.assert(
      fc.property(some, fc.integer({ min: -40_000, max: 40_000 }), contacts, (drawn, hour, others) => {
        const [sum, expected] = [others, others].map((each) => rowOf(new Float64Array(ROW_LENGTH), each));
        growingRowOf(drawn).mergeInto(sum!, hour * HOUR);
        mergeRow(expected!, rowOf(new Uint32Array(ROW_LENGTH), drawn), hour * HOUR);
        expect(sum).toEqual(expected);
      }),
    );
  });

  it('is made again from its cells, of which it knows the number', () => {
    fc.assert(
      fc.property(some, (drawn) => {
        const row = growingRowOf(drawn);
        const again = new Uint32Array(ROW_LENGTH);
        let cells = 0;
        row.visit((cell, ...values) => {
          cells += 1;
          mergeCell(again, cell, ...values);
        });
        expect(again).toEqual(rowOf(new Uint32Array(ROW_LENGTH), drawn));
        expect(row.cellCount).toBe(cells);
      }),
    );
  });

  it('takes memory for the cells that have contacts', () => {
    const one = new GrowingRow();
    one.addContact(cellOf('e', true), 5, 0);
    const all = new GrowingRow();
    for (const symbol of SYMBOLS) all.addContact(cellOf(symbol, false), 5, 0);
    expect(one.bytes).toBeLessThan(150);
    expect(all.bytes).toBeLessThan(ROW_LENGTH * 4 + 100);
  });
});
