import type { SeriesStep } from '../../src/domain/series.js';
import type { Wall } from '../../src/reading/time.js';

/** From one mark to the next, in buckets, as people count those. */
const STRIDES: Readonly<Record<SeriesStep, readonly number[]>> = {
  minute: [1, 2, 5, 10, 15, 30, 60, 120, 360],
  hour: [1, 2, 3, 6, 12, 24, 48, 168],
  day: [1, 2, 3, 5, 7, 10, 14, 28, 56],
  week: [1, 2, 4, 8, 13, 26, 52],
  month: [1, 2, 3, 6, 12, 24, 60, 120],
  year: [1, 2, 5, 10, 20, 50, 100],
};

/** What is marked in full years and decades. */
const MONTHS: Readonly<Partial<Record<SeriesStep, number>>> = { month: 1, year: 12 };

/** Which buckets are marked below the axis, where there is room for so many marks. */
export function marksOf(walls: readonly Wall[], every: SeriesStep, room: number): number[] {
  const { length } = walls;
  const stride = STRIDES[every].find((each) => length / each <= room) ?? Math.ceil(length / room);
  const months = MONTHS[every];
  const round = (wall: Wall) => Math.floor(monthsOf(wall) / months!) % stride === 0;
  const first = months === undefined ? 0 : Math.max(0, walls.findIndex(round));
  return Array.from({ length: Math.ceil((length - first) / stride) }, (_, mark) => first + mark * stride);
}

function monthsOf(wall: Wall): number {
  return Number(wall.slice(0, 4)) * 12 + Number(wall.slice(5, 7)) - 1;
}
