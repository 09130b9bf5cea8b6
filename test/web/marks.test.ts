import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SERIES_STEPS, type SeriesStep } from '../../src/domain/series.js';
import { axisMark } from '../../src/reading/format.js';
import { type Move, moved, type Wall } from '../../src/reading/time.js';
import { marksOf } from '../../web/time/marks.js';

const MOVES: Readonly<Record<SeriesStep, (count: number) => Move>> = {
  minute: (count) => ({ minutes: count }),
  hour: (count) => ({ minutes: count * 60 }),
  day: (count) => ({ minutes: count * 1440 }),
  week: (count) => ({ minutes: count * 7 * 1440 }),
  month: (count) => ({ months: count }),
  year: (count) => ({ months: count * 12 }),
};

function wallsFrom(first: Wall, every: SeriesStep, count: number): Wall[] {
  return Array.from({ length: count }, (_, index) => moved(first, MOVES[every](index)));
}

/** The axis as it is read, its second lines behind a slash. */
function axisOf(first: Wall, every: SeriesStep, count: number, room: number): string[] {
  const walls = wallsFrom(first, every, count);
  return marksOf(walls, every, room).map((index, place, marks) =>
    axisMark(walls[index]!, every, walls[marks[place - 1]!]).replace('\n', '/'),
  );
}

describe('the axis of time', () => {
  it.each<[SeriesStep, Wall, number, string[]]>([
    ['minute', '2017-06-28T23:30', 60, ['23:30/28 Jun', '23:45', '00:00/29 Jun', '00:15']],
    ['hour', '2017-06-28T20:00', 24, ['20:00/28 Jun', '02:00/29 Jun', '08:00', '14:00']],
    ['day', '2017-12-25T00:00', 14, ['25 Dec/2017', '30 Dec', '4 Jan/2018']],
    ['week', '2016-11-28T00:00', 52, ['28 Nov/2016', '27 Feb/2017', '29 May', '28 Aug']],
    ['month', '2017-03-01T00:00', 20, ['Jul/2017', 'Jan/2018', 'Jul']],
    ['month', '2016-12-01T00:00', 40, ['Jan/2017', 'Jan/2018', 'Jan/2019', 'Jan/2020']],
    ['year', '1998-01-01T00:00', 28, ['2000', '2010', '2020']],
  ])('by %s from %s, %i of them', (every, first, count, marks) => {
    expect(axisOf(first, every, count, 4)).toEqual(marks);
  });

  it('has marks that have room, and a year over every change of years', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SERIES_STEPS),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 40 }),
        (every, count, room, start) => {
          const walls = wallsFrom(moved('1990-01-01T00:00', MOVES[every](start)), every, count);
          const marks = marksOf(walls, every, room);
          expect(marks.length).toBeGreaterThan(0);
          expect(marks.length).toBeLessThanOrEqual(room);
          expect(marks.every((index) => index < count)).toBe(true);
          if (every === 'minute' || every === 'hour') return;
          marks.forEach((index, place) => {
            const year = walls[index]!.slice(0, 4);
            const previous = walls[marks[place - 1]!];
            const isNew = previous?.slice(0, 4) !== year;
            expect(axisMark(walls[index]!, every, previous).includes(year)).toBe(isNew || every === 'year');
          });
        },
      ),
    );
  });
});
