import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { readRange } from '../../src/domain/zone.js';
import { instantOf, isRepeated, isTwice, isZone, moved, readWall, wallOf } from '../../src/reading/time.js';

const ZONES = ['UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Kathmandu', 'Africa/Casablanca'];

const zone = fc.constantFrom(...ZONES);
const minute = fc
  .integer({ min: Date.UTC(1975, 0, 1) / 60_000, max: Date.UTC(2100, 0, 1) / 60_000 })
  .map((minutes) => minutes * 60_000);

describe('what the clocks of a zone show', () => {
  it('is what the rules of the server say', () => {
    fc.assert(
      fc.property(minute, zone, (at, name) => {
        const shown = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(name);
        expect(wallOf(at, name)).toBe(shown.toPlainDateTime().toString({ smallestUnit: 'minute' }));
      }),
    );
  });

  it('names the first instant that shows it, or the end of what is skipped', () => {
    fc.assert(
      fc.property(minute, zone, (at, name) => {
        const wall = wallOf(at, 'UTC');
        const earlier = Temporal.PlainDateTime.from(wall).toZonedDateTime(name, {
          disambiguation: 'earlier',
        });
        const isShown = earlier.toPlainDateTime().toString({ smallestUnit: 'minute' }) === wall;
        const first = isShown ? earlier : earlier.getTimeZoneTransition('next')!;
        expect(instantOf(wall, name)).toBe(first.epochMilliseconds);
      }),
    );
  });

  it.each([
    ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:00Z', 'skipped'],
    ['2018-11-04T00:00', 'America/Sao_Paulo', '2018-11-04T03:00Z', 'skipped'],
    ['1919-03-31T00:00', 'America/Toronto', '1919-03-31T04:30Z', 'skipped'],
    ['2011-12-30T00:00', 'Pacific/Apia', '2011-12-30T10:00Z', 'skipped'],
    ['2011-12-30T17:00', 'Pacific/Apia', '2011-12-30T10:00Z', 'skipped'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30Z', 'repeated'],
    ['2026-11-01T01:30', 'America/New_York', '2026-11-01T05:30Z', 'repeated'],
  ])('%s in %s, which is %s', (wall, name, instant) => {
    expect(new Date(instantOf(wall, name)).toISOString().replace(':00.000Z', 'Z')).toBe(instant);
  });

  it('is known to be shown twice, by both of its instants', () => {
    const minutes = ['2026-10-24T23:59Z', '2026-10-25T00:00Z', '2026-10-25T01:59Z', '2026-10-25T02:00Z'];
    expect(minutes.map((text) => isTwice(Date.parse(text), 'Europe/Berlin'))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(isTwice(Date.parse('2026-03-29T00:30Z'), 'Europe/Berlin')).toBe(false);
    expect(isTwice(Date.parse('2026-10-25T00:30Z'), 'UTC')).toBe(false);
  });

  it('is known to be shown before', () => {
    expect(isRepeated(Date.parse('2026-10-25T00:30Z'), 'Europe/Berlin')).toBe(false);
    expect(isRepeated(Date.parse('2026-10-25T01:30Z'), 'Europe/Berlin')).toBe(true);
    expect(isRepeated(Date.parse('2026-10-25T02:30Z'), 'Europe/Berlin')).toBe(false);
  });
});

describe('a wall time', () => {
  it.each([
    ['2026-03-31T10:30', { months: -1 }, '2026-02-28T10:30'],
    ['2028-02-29T00:00', { months: 12 }, '2029-02-28T00:00'],
    ['2026-01-01T00:00', { days: -1 }, '2025-12-31T00:00'],
    ['2026-12-31T23:59', { minutes: 1 }, '2027-01-01T00:00'],
  ])('%s moves by %o to %s', (wall, by, moved_) => {
    expect(moved(wall, by)).toBe(moved_);
  });

  it.each([
    ['2017-06-28', '2017-06-28T00:00'],
    ['2017-06-28T10:30', '2017-06-28T10:30'],
    ['2017-02-29', undefined],
    ['2017-06-28T24:00', undefined],
    ['2017-06-28T10:30Z', undefined],
    ['', undefined],
  ])('is read from %j as %s', (text, wall) => {
    expect(readWall(text)).toBe(wall);
  });
});

it('knows what a zone is', () => {
  expect(isZone('Asia/Kathmandu')).toBe(true);
  for (const name of ['Mars/Olympus', '+05:30', 'PST', 'ist', '']) expect(isZone(name), name).toBe(false);
  for (const name of Intl.supportedValuesOf('timeZone')) expect(isZone(name), name).toBe(true);
  const names = ['EST', 'MST', 'HST', 'CET', 'EET', 'MET', 'WET', 'GMT', 'UTC', 'US/Eastern', 'EST5EDT'];
  for (const name of names) {
    expect(isZone(name), name).toBe(true);
    expect(readRange('2017-06-28', '2017-06-29', name).ok, name).toBe(true);
  }
});
