import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutRange, SERIES_STEPS } from '../../src/domain/series.js';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.js';
import { clocksOf, readRange, ZONES_REMEMBERED_MAX } from '../../src/domain/zone.js';
import { atOnce } from './at-once.js';
import { countLooks, forgetClocks, writtenIn } from './looks.js';
import { cutByTemporal, instantByTemporal, isZoneByTemporal } from './temporal.js';

const ZONES = Intl.supportedValuesOf('timeZone');
/** Those whose clocks did what others never do, and names that are no place. */
const ODD_ZONES = [
  'UTC',
  'Etc/GMT+5',
  'Etc/GMT-14',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kathmandu',
  'Asia/Pyongyang',
  'America/Caracas',
  'America/Juneau',
  'Asia/Manila',
  'Africa/Casablanca',
  'America/Noronha',
  'Antarctica/Troll',
];
const LENGTHS = { minute: MINUTE, hour: HOUR, day: DAY, week: 7 * DAY, month: 31 * DAY, year: 366 * DAY };

const zones = fc.oneof(fc.constantFrom(...ZONES), fc.constantFrom(...ODD_ZONES));
/** Minutes about the time in which most clocks were changed, and about the changes themselves. */
const minutes = fc.integer({ min: utc('1840-01-01'), max: utc('2060-01-01') });

function utc(text: string): number {
  return Date.parse(`${text}T00:00Z`) / 60_000;
}

/** The last change of a zone's clocks before a minute; the minute itself where there was none. */
function nearChange(zone: string, minute: number): number {
  const clocks = clocksOf(zone);
  const at = minute * MINUTE;
  atOnce(clocks.learn(at - 400 * DAY, at));
  const change = clocks.nextChange(at - 400 * DAY);
  return change === undefined || change > at ? minute : Math.floor(change / MINUTE);
}

describe('the clocks of a zone', () => {
  it('cut a range where Temporal does', () => {
    const cases = fc.record({
      zone: zones,
      minute: minutes,
      isNear: fc.boolean(),
      before: fc.integer({ min: -100, max: 3000 }),
      length: fc.integer({ min: 0, max: 5000 }),
      step: fc.constantFrom(...SERIES_STEPS),
    });
    fc.assert(
      fc.property(cases, ({ zone, minute, isNear, before, length, step }) => {
        const lower = ((isNear ? nearChange(zone, minute) : minute) - before) * MINUTE;
        const upper = lower + Math.round((length * LENGTHS[step]) / 1000 / MINUTE) * MINUTE;
        const reading = atOnce(cutRange({ lower, upper }, step, zone, 1000));
        if (!reading.ok) throw new Error(reading.detail);
        expect(reading.edges).toEqual(cutByTemporal({ lower, upper }, step, zone));
      }),
      { numRuns: 200 },
    );
  });

  it('give a local time the instant that Temporal gives it', () => {
    const cases = fc.record({
      zone: zones,
      minute: minutes,
      isNear: fc.boolean(),
      shift: fc.integer({ min: -1600, max: 1600 }),
    });
    fc.assert(
      fc.property(cases, ({ zone, minute, isNear, shift }) => {
        const text = textOf((isNear ? nearChange(zone, minute) : minute) + shift);
        const wanted = instantByTemporal(localOf(text), zone);
        const reading = readRange(text, text, zone);
        const lower = reading.ok ? reading.range.lower : reading.problem;
        expect({ text, lower }).toEqual({ text, lower: wanted % MINUTE === 0 ? wanted : 'BOUND_TOO_FINE' });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    // Skipped: a midnight, a whole day. Shown twice: half an hour, an hour, a day.
    ['2018-11-04T00:00', 'America/Sao_Paulo'],
    ['2011-12-30T12:00', 'Pacific/Apia'],
    ['2017-04-02T01:45', 'Australia/Lord_Howe'],
    ['2006-10-28T23:30', 'America/St_Johns'],
    ['1867-10-18T12:00', 'America/Juneau'],
    ['1844-12-31T12:00', 'Asia/Manila'],
    ['0001-01-01T00:00', 'Asia/Tokyo'],
    ['9999-12-31T23:59', 'America/New_York'],
  ])('give %s in %s the instant that Temporal gives it', (text, zone) => {
    const wanted = instantByTemporal(localOf(text), zone);
    const reading = readRange(text, text, zone);
    expect(reading.ok ? reading.range.lower : reading.problem).toBe(
      wanted % MINUTE === 0 ? wanted : 'BOUND_TOO_FINE',
    );
  });
});

describe('the name of a zone', () => {
  it('is one that both Temporal and Intl take, however it is written', () => {
    const names = [
      ...ZONES.filter((_, i) => i % 8 === 0),
      ...'EST MST HST EST5EDT PST8PDT GMT UCT Zulu GB NZ PRC ROK W-SU Navajo US/Eastern GMT+0 GMT0'.split(
        ' ',
      ),
      ...'PST ACT AET AST CST CTT IST JST NST SST VST XST ABC Etc/Unknown SystemV/AST4 posix/UTC'.split(' '),
      ...['', 'UTC ', ' UTC', 'UTC+5', 'GMT+5', 'Etc/GMT+15', 'America', 'America/', 'Asia/\u212Aolkata'],
    ].flatMap((name) => [name, name.toUpperCase(), name.toLowerCase()]);
    const taken = names.filter((name) => readRange('2017-06-28', '2017-06-29', name).ok);
    expect(taken).toEqual(names.filter(isZoneByTemporal));
  });
});

describe('what was looked up', () => {
  const range = { lower: utc('1990-01-01') * MINUTE, upper: utc('2020-01-01') * MINUTE };

  it('is shared by all who ask at the same time, however they write the name', () => {
    forgetClocks();
    const alone = countLooks();
    const wanted = atOnce(cutRange(range, 'month', 'Asia/Kolkata', 2000));
    alone.end();
    forgetClocks();
    const names = Array.from({ length: 20 }, (_, i) =>
      writtenIn(i % 2 === 0 ? 'Asia/Kolkata' : 'Asia/Calcutta', i),
    );
    const together = countLooks();
    const cuts = sideBySide(names.map((name) => cutRange(range, 'month', name, 2000)));
    together.end();
    expect(new Set(names).size).toBe(20);
    expect(cuts).toEqual(names.map(() => wanted));
    expect(alone.looks).toBeGreaterThan(1000);
    expect(together.looks).toBe(alone.looks);
  });

  it('is asked for no more, in any part or by any step', () => {
    atOnce(cutRange(range, 'month', 'America/New_York', 2000));
    const again = countLooks();
    atOnce(cutRange(range, 'year', 'US/Eastern', 2000));
    const part = { lower: range.lower + 5000 * DAY, upper: range.lower + 5050 * DAY };
    for (const step of ['hour', 'day', 'week'] as const)
      atOnce(cutRange(part, step, 'america/new_york', 2000));
    again.end();
    expect(again.looks).toBe(0);
  });

  it('is forgotten of the zones that were asked for longest ago', () => {
    const [first, last] = ['Europe/Paris', 'Europe/Rome'];
    forgetClocks();
    const paris = clocksOf(first);
    const others = ZONES.filter((name) => name !== first && name !== last);
    for (const zone of others.slice(0, ZONES_REMEMBERED_MAX - 1)) clocksOf(zone);
    expect(clocksOf('europe/paris')).toBe(paris);
    // One goes, and it is not the one that was asked for just now.
    clocksOf(last);
    expect(clocksOf(first)).toBe(paris);
    forgetClocks();
    expect(clocksOf(first)).not.toBe(paris);
  });

  it('pauses after each look', () => {
    forgetClocks();
    const count = countLooks();
    let most = 0;
    const work = cutRange(range, 'day', 'America/St_Johns', 20_000);
    for (let before = 0; work.next().done !== true; before = count.looks) {
      most = Math.max(most, count.looks - before);
    }
    count.end();
    // To find when clocks were changed within six days takes nineteen.
    expect(most).toBeLessThan(25);
  });
});

/** Each does a piece in turn. */
function sideBySide<T>(works: readonly Generator<void, T>[]): T[] {
  const results: T[] = [];
  const pending = new Map(works.entries());
  while (pending.size > 0) {
    for (const [i, work] of pending) {
      const step = work.next();
      if (step.done !== true) continue;
      results[i] = step.value;
      pending.delete(i);
    }
  }
  return results;
}

function textOf(minute: number): string {
  return new Date(minute * 60_000).toISOString().slice(0, 16);
}

function localOf(text: string) {
  const [year, month, day, hour, minute] = text.match(/\d+/g)!.map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { year, month, day, hour, minute };
}
