import type { SeriesStep } from '../src/domain/series.js';
import type { View } from './ranges.js';
import { instantOfBound, wallOfBound } from './ranges.js';
import type { Rate } from './statistics.js';
import { millisecondsOf, moved, secondsOf, type Wall, wallOf, weekdayOf } from './time.js';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const whole = new Intl.NumberFormat('en-US');
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** `20,000` */
export function number(value: number): string {
  return whole.format(value);
}

/** `20K`, where there is little room. */
export function shortNumber(value: number): string {
  return value < 10_000 ? whole.format(value) : short.format(value);
}

/** `8.1 %` of a share between 0 and 1. */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** `7.6 – 8.4 %` */
export function interval({ low, high }: Rate, digits = 1): string {
  return `${(low * 100).toFixed(digits)} – ${percent(high, digits)}`;
}

/** `+12.3 %`, with a minus sign that is as wide as the plus. */
export function signed(value: number, unit: string, digits = 1): string {
  const text = Math.abs(value).toFixed(digits);
  const sign = Number(text) === 0 ? '±' : value > 0 ? '+' : '−';
  return `${sign}${text} ${unit}`;
}

/** `28 Jun 2017` */
export function date(wall: Wall): string {
  return `${dayOf(wall)} ${MONTHS[monthOf(wall)]} ${wall.slice(0, 4)}`;
}

/** `28 Jun 2017, 19:34:14` in the zone. */
export function instant(text: string, zone: string): string {
  const at = millisecondsOf(text);
  const wall = wallOf(at, zone);
  return `${date(wall)}, ${clock(wall)}:${secondsOf(at)}`;
}

/** `28 Jun 2017, 19:34` in the zone. */
export function momentOf(text: string, zone: string): string {
  const wall = wallOf(millisecondsOf(text), zone);
  return `${date(wall)}, ${clock(wall)}`;
}

/** `19:34:14` in the zone. */
export function timeOfDay(text: string, zone: string): string {
  const at = millisecondsOf(text);
  return `${clock(wallOf(at, zone))}:${secondsOf(at)}`;
}

/** A range in words: `Wed 28 Jun – Thu 29 Jun 2017`, or with the times where it is not of whole days. */
export function span({ lower, upper, zone }: Pick<View, 'lower' | 'upper' | 'zone'>): string {
  const [first, end] = [wallOfBound(lower, zone), wallOfBound(upper, zone)];
  if (!first.endsWith('T00:00') || !end.endsWith('T00:00') || first === end) {
    const sameDay = first.slice(0, 10) === end.slice(0, 10);
    return `${date(first)}, ${clock(first)} – ${sameDay ? '' : `${date(end)}, `}${clock(end)}`;
  }
  const last = moved(end, { days: -1 });
  if (first === last) return `${weekday(first)} ${date(first)}`;
  const year = first.slice(0, 4) === last.slice(0, 4) ? '' : ` ${first.slice(0, 4)}`;
  return `${dayOf(first)} ${MONTHS[monthOf(first)]}${year} – ${date(last)}`;
}

/** The time zone in words: `UTC`, `Europe/Berlin (UTC+2)`. */
export function zoneName(zone: string, at: number): string {
  if (zone === 'UTC') return 'UTC';
  const minutes = (instantOfBound(wallOf(at, zone), 'UTC') - Math.floor(at / 60_000) * 60_000) / 60_000;
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const sign = minutes < 0 ? '−' : '+';
  return `${zone.replaceAll('_', ' ')} (UTC${sign}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`})`;
}

/** How long ago that was, roughly: `3 s`, `12 min`, `5 h`, `9 days`. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? '1 day' : `${whole.format(days)} days`;
}

/** The time between two events: `0.4 s`, `12 min`. */
export function delay(milliseconds: number): string {
  return milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : age(milliseconds);
}

/** The name of a bucket in a sentence: `Wed 28 Jun 2017, 10:00`, `week from Mon 5 Jun 2017`. */
export function bucketName(wall: Wall, every: SeriesStep): string {
  switch (every) {
    case 'minute':
    case 'hour':
      return `${weekday(wall)} ${date(wall)}, ${clock(wall)}`;
    case 'day':
      return `${weekday(wall)} ${date(wall)}`;
    case 'week':
      return `week from ${weekday(wall)} ${date(wall)}`;
    case 'month':
      return `${MONTHS[monthOf(wall)]} ${wall.slice(0, 4)}`;
  }
}

/** The mark of a bucket below the axis; a second line where a new day, month or year begins. */
export function axisMark(wall: Wall, every: SeriesStep, isFirst: boolean): string {
  switch (every) {
    case 'minute':
    case 'hour':
      return isFirst || clock(wall) === '00:00' ? `${clock(wall)}\n${dayAndMonth(wall)}` : clock(wall);
    case 'day':
    case 'week':
      return isFirst ? `${dayAndMonth(wall)}\n${wall.slice(0, 4)}` : dayAndMonth(wall);
    case 'month':
      return isFirst || monthOf(wall) === 0
        ? `${MONTHS[monthOf(wall)]}\n${wall.slice(0, 4)}`
        : MONTHS[monthOf(wall)]!;
  }
}

export function clock(wall: Wall): string {
  return wall.slice(11, 16);
}

function dayAndMonth(wall: Wall): string {
  return `${dayOf(wall)} ${MONTHS[monthOf(wall)]}`;
}

function weekday(wall: Wall): string {
  return WEEKDAYS[weekdayOf(wall)]!;
}

function dayOf(wall: Wall): number {
  return Number(wall.slice(8, 10));
}

function monthOf(wall: Wall): number {
  return Number(wall.slice(5, 7)) - 1;
}
