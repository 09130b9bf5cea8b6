import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, INSTANT_MAX, INSTANT_MIN, parseInstant } from '../../src/domain/time.js';
import { type Cell, RowReader } from '../../src/transfer/sources/row.js';
import { uuidOf } from './support.js';

const UUID = uuidOf(7);
const DATE = '2017-06-28 19:34:14.486693';
type Row = [uuid: Cell, symbol: Cell, isVowel: Cell, url: Cell, date: Cell, replay: Cell];
const GOOD: Row = [UUID, 'e', 'True', 'initial', DATE, null];

function read(row: Row) {
  return new RowReader().read(...row);
}

function idsOf(rows: readonly Row[]): (number | string)[] {
  const reader = new RowReader();
  return rows.map((row) => {
    const event = reader.read(...row);
    return 'reason' in event ? event.reason : event.id;
  });
}

describe('a row is read as an event', () => {
  it.each<[string, Row, object]>([
    ['an initial', GOOD, { kind: 'initial', symbol: 'e', isVowel: true, replay: false }],
    ['is_vowel False', [UUID, 'e', 'False', 'initial', DATE, null], { isVowel: false }],
    ['is_vowel 0', [UUID, 'y', 0, 'initial', DATE, null], { isVowel: false }],
    ['is_vowel 1', [UUID, 'y', 1, 'initial', DATE, null], { isVowel: true }],
    ['is_vowel true', [UUID, 'y', true, 'initial', DATE, null], { isVowel: true }],
    ['a followup with nulls', [UUID, null, null, 'followup', DATE, null], { kind: 'followup' }],
    [
      'a followup with empty texts',
      [UUID, '', '', 'followup', DATE, ''],
      { kind: 'followup', replay: false },
    ],
    ['a replay', [UUID, 'e', 'True', 'initial', DATE, 'True'], { replay: true }],
    [
      'an upper-case uuid',
      ['ABCDEF00-0000-4000-8000-000000000000', 'e', '1', 'initial', DATE, 0],
      {
        uuid: 'abcdef00-0000-4000-8000-000000000000',
      },
    ],
    [
      'a date without a fraction',
      [UUID, 'e', '1', 'initial', '2017-06-28 19:34:14', false],
      {
        at: parseInstant('2017-06-28 19:34:14.000000'),
      },
    ],
  ])('%s', (_, row, expected) => {
    expect(read(row)).toMatchObject(expected);
  });

  it.each<[string, Row, string, string?]>([
    ['no uuid', [null, 'e', 'True', 'initial', DATE, null], 'the uuid is missing'],
    ['a uuid that is none', ['abc', 'e', 'True', 'initial', DATE, null], 'the uuid is not a UUID', "'abc'"],
    ['a number for a uuid', [17, 'e', 'True', 'initial', DATE, null], 'the uuid is not a UUID', "'17'"],
    ['no symbol', [UUID, null, 'True', 'initial', DATE, null], 'the symbol is missing'],
    ['a symbol é', [UUID, 'é', 'True', 'initial', DATE, null], 'the symbol is not one letter a to z', "'é'"],
    ['a symbol E', [UUID, 'E', 'True', 'initial', DATE, null], 'the symbol is not one letter a to z', "'E'"],
    ['no is_vowel', [UUID, 'e', null, 'initial', DATE, null], 'is_vowel is missing'],
    ['is_vowel 2', [UUID, 'e', 2, 'initial', DATE, null], 'is_vowel is neither True nor False', "'2'"],
    ['no url', [UUID, 'e', 'True', null, DATE, null], 'the url is missing'],
    ['another url', [UUID, 'e', 'True', 'x', DATE, null], 'the url is neither initial nor followup', "'x'"],
    ['no date', [UUID, 'e', 'True', 'initial', null, null], 'the date is missing'],
    [
      'a date that is none',
      [UUID, 'e', 'True', 'initial', '2017-02-30 00:00:00', null],
      'the date cannot be read',
      "'2017-02-30 00:00:00'",
    ],
    [
      'a date out of the span',
      [UUID, 'e', 'True', 'initial', '1699-12-31 23:59:59', null],
      '1700 to 2249',
      "'1699-12-31 23:59:59'",
    ],
    [
      'a followup with a symbol',
      [UUID, 'e', null, 'followup', DATE, null],
      'a followup has no symbol',
      "'e'",
    ],
    [
      'a followup with is_vowel',
      [UUID, null, 0, 'followup', DATE, null],
      'a followup has no is_vowel',
      "'0'",
    ],
    ['a replay mark that is none', [UUID, 'e', 1, 'initial', DATE, 'maybe'], 'the replay mark', "'maybe'"],
  ])('not: %s', (_, row, reason, value) => {
    const fault = { reason: expect.stringContaining(reason), ...(value === undefined ? {} : { value }) };
    expect(read(row)).toEqual(fault);
  });
});

describe('a date', () => {
  it('is read as parseInstant reads it, whatever row came before', () => {
    const texts = fc.oneof(
      fc.integer({ min: INSTANT_MIN, max: INSTANT_MAX - 1 }).map(formatInstant),
      fc.integer({ min: 0, max: 86_400_000_000 }).map((at) => formatInstant(at + 1_498_608_000_000_000)),
      fc
        .tuple(
          fc.constantFrom(DATE, '2017-06-28 23:59:59.999999'),
          fc.nat({ max: 25 }),
          fc.string({ maxLength: 1 }),
        )
        .map(([text, at, letter]) => text.slice(0, at) + letter + text.slice(at + 1)),
    );
    fc.assert(
      fc.property(fc.array(texts, { minLength: 2, maxLength: 6 }), (dates) => {
        const reader = new RowReader();
        for (const date of dates) {
          const event = reader.read(UUID, 'e', 'True', 'initial', date, null);
          expect('reason' in event ? undefined : event.at).toBe(parseInstant(date));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an event id', () => {
  it('is a safe integer, the same for the same rows', () => {
    const ids = idsOf([GOOD, GOOD, GOOD]);
    expect(ids).toEqual(idsOf([GOOD, GOOD, GOOD]));
    for (const id of ids) expect(Number.isSafeInteger(id) && Number(id) >= 0).toBe(true);
  });

  it('tells apart identical rows of one instant, and rows that differ in anything but the uuid', () => {
    const rows: Row[] = [GOOD, GOOD];
    for (const symbol of 'abcdefghijklmnopqrstuvwxyz') {
      for (const isVowel of [0, 1]) {
        for (const replay of [0, 1]) rows.push([UUID, symbol, isVowel, 'initial', DATE, replay]);
      }
    }
    for (const replay of [0, 1]) rows.push([UUID, null, null, 'followup', DATE, replay]);
    // The row for e, True, not a replay is GOOD for the third time.
    expect(new Set(idsOf(rows)).size).toBe(rows.length);
  });

  it('does not depend on the rows of other contacts in the same instant', () => {
    const other: Row = [uuidOf(8), 'e', 'True', 'initial', DATE, null];
    const [first, second] = idsOf([GOOD, GOOD]);
    expect(idsOf([GOOD, other, GOOD, other])).toEqual([first, first, second, second]);
  });

  it('is spread well: a million instants a microsecond apart share none', () => {
    const reader = new RowReader();
    const ids = new Set<number>();
    for (let i = 0; i < 1_000_000; i += 1) {
      const date = `2017-06-28 19:34:14.${String(i).padStart(6, '0')}`;
      ids.add((reader.read(UUID, 'e', 'True', 'initial', date, null) as { id: number }).id);
    }
    expect(ids.size).toBe(1_000_000);
  });

  it('tells apart more identical rows of one instant than are remembered', () => {
    const reader = new RowReader();
    const ids = new Set<number>();
    for (let i = 0; i < 70_000; i += 1) reader.read(uuidOf(i), 'e', 'True', 'initial', DATE, null);
    for (let i = 0; i < 1000; i += 1) {
      ids.add((reader.read(uuidOf(99_999_999), 'e', 'True', 'initial', DATE, null) as { id: number }).id);
    }
    expect(ids.size).toBe(1000);
  });
});
