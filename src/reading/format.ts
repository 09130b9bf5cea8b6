import type { SeriesStep } from '../domain/series.js';
import type { View } from './ranges.js';
import { instantOfBound, isMidnight } from './ranges.js';
import type { Rate } from './statistics.js';
import { millisecondsOf, offsetMinutes, secondsOf, type Wall, wallOf, weekdayOf } from './time.js';

export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const LONG_WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const whole = new Intl.NumberFormat('en-US');
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 4 });
const rough = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** A text that stands by itself. */
export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** What a detail says beyond the title that stands above it. */
export function beyond(title: string, detail: string): string {
  const isRepeated = detail.toLowerCase().startsWith(`${title.toLowerCase()}: `);
  return capital(isRepeated ? detail.slice(title.length + 2) : detail);
}

/** `1 vowel`, `2,000 vowels` */
export function counted(value: number, word: string): string {
  return `${number(value)} ${word}${value === 1 ? '' : 's'}`;
}

/** `20,000` */
export function number(value: number): string {
  return whole.format(value);
}

/** `12.35M`, where there is little room. */
export function shortNumber(value: number): string {
  return short.format(value);
}

/** Prints the numbers of an axis, all of them in one way. */
export function axisNumbers(values: readonly number[]): string[] {
  const isLong = values.some((value) => value >= 10_000);
  return values.map(isLong ? shortNumber : number);
}

/** `8.1 %` of a share between 0 and 1. */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** `7.6 – 8.4 %` */
export function interval({ low, high }: Rate, digits = 1): string {
  return `${(low * 100).toFixed(digits)} – ${percent(high, digits)}`;
}

/** `+1.3 points`, with a minus sign that is as wide as the plus. */
export function signed(value: number, unit: string, digits = 1): string {
  const text = Math.abs(value).toFixed(digits);
  const sign = Number(text) === 0 ? '±' : value > 0 ? '+' : '−';
  return `${sign}${text} ${unit}`;
}

/** How much more that is than what was, in three figures at most: `+12.3 %`, `−99.9 %`, `38 times`. */
export function growthText(now: number, before: number): string {
  if (now >= 10 * before) return `${rough.format(now / before)} times`;
  const percentage = (100 * (now - before)) / before;
  return signed(percentage, '%', Math.abs(percentage) < 99.95 ? 1 : 0);
}

/** `28 Jun 2017` */
export function date(wall: Wall): string {
  return `${dayOf(wall)} ${MONTHS[monthOf(wall)]} ${wall.slice(0, 4)}`;
}

/** `28 Jun 2017, 19:34:14` in the zone. */
export function instant(text: string, zone: string): string {
  const at = millisecondsOf(text);
  const wall = wallOf(at, zone);
  return `${date(wall)}, ${clock(wall)}:${secondsOf(at, zone)}`;
}

/** `28 Jun 2017, 19:34` in the zone. */
export function momentOf(text: string, zone: string): string {
  const wall = wallOf(millisecondsOf(text), zone);
  return `${date(wall)}, ${clock(wall)}`;
}

/** `19:34:14` in the zone. */
export function timeOfDay(text: string, zone: string): string {
  const at = millisecondsOf(text);
  return `${clock(wallOf(at, zone))}:${secondsOf(at, zone)}`;
}

/** A range in words: `Wed 28 Jun – Thu 29 Jun 2017`, or with the times where it is not of whole days. */
export function span({ lower, upper, zone }: Pick<View, 'lower' | 'upper' | 'zone'>): string {
  const [from, to] = [instantOfBound(lower, zone), instantOfBound(upper, zone)];
  const [first, end] = [wallOf(from, zone), wallOf(to, zone)];
  if (!isMidnight(from, zone) || !isMidnight(to, zone) || from === to) {
    const sameDay = first.slice(0, 10) === end.slice(0, 10);
    return `${date(first)}, ${clock(first)} – ${sameDay ? '' : `${date(end)}, `}${clock(end)}`;
  }
  const last = wallOf(to - 60_000, zone);
  if (first.slice(0, 10) === last.slice(0, 10)) return `${weekday(first)} ${date(first)}`;
  const year = first.slice(0, 4) === last.slice(0, 4) ? '' : ` ${first.slice(0, 4)}`;
  return `${dayOf(first)} ${MONTHS[monthOf(first)]}${year} – ${date(last)}`;
}

/** `Monday` */
export function weekdayName(wall: Wall): string {
  return LONG_WEEKDAYS[weekdayOf(wall)]!;
}

/**
 * The time zone in words: `UTC`, `Europe/Berlin (UTC+2)`; what it is from UTC at the moments that are given,
 * `Europe/Berlin (UTC+2, UTC+1)` where the clocks were changed between them.
 */
export function zoneName(zone: string, ...moments: readonly number[]): string {
  const name = zone.replaceAll('_', ' ');
  if (zone === 'UTC' || moments.length === 0) return name;
  return `${name} (${[...new Set(moments.map((at) => offsetName(at, zone)))].join(', ')})`;
}

/** What a zone is from UTC at a moment: `UTC+5:45`. */
export function offsetName(at: number, zone: string): string {
  const minutes = offsetMinutes(at, zone);
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
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

/** By how much two clocks may differ before anybody is told. */
const AHEAD_MILLISECONDS = 60_000;

/** How far off a moment is: `3 s ago`; `dated 5 h ahead` where the clock that gave it was wrong. */
export function distance(milliseconds: number): string {
  return milliseconds < -AHEAD_MILLISECONDS
    ? `dated ${age(-milliseconds)} ahead`
    : `${age(milliseconds)} ago`;
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
    case 'year':
      return wall.slice(0, 4);
  }
}

/** The mark of a bucket below the axis; a second line where its day or year is not that of the mark before. */
export function axisMark(wall: Wall, every: SeriesStep, previous: Wall | undefined): string {
  const year = wall.slice(0, 4);
  const isOfNewYear = year !== previous?.slice(0, 4);
  switch (every) {
    case 'minute':
    case 'hour': {
      const isOfNewDay = wall.slice(0, 10) !== previous?.slice(0, 10);
      return isOfNewDay ? `${clock(wall)}\n${dayAndMonth(wall)}` : clock(wall);
    }
    case 'day':
    case 'week':
      return isOfNewYear ? `${dayAndMonth(wall)}\n${year}` : dayAndMonth(wall);
    case 'month': {
      const month = MONTHS[monthOf(wall)]!;
      return isOfNewYear ? `${month}\n${year}` : month;
    }
    case 'year':
      return year;
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
