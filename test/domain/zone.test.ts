import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/domain/time.js';
import { readRange } from '../../src/domain/zone.js';

describe('a range', () => {
  it.each<[string, string, string | undefined, string, string]>([
    ['2017-06-28', '2017-06-30', undefined, '2017-06-28T00:00Z', '2017-06-30T00:00Z'],
    ['2017-06-28', '2017-06-28', undefined, '2017-06-28T00:00Z', '2017-06-28T00:00Z'],
    ['2017-06-28 10:30', '2017-06-28T10:31:00', undefined, '2017-06-28T10:30Z', '2017-06-28T10:31Z'],
    ['2017-06-28T10:30+05:30', '2017-06-28T10:30', undefined, '2017-06-28T05:00Z', '2017-06-28T10:30Z'],
    ['2017-06-28T10:30-03:00', '2017-06-28T13:31Z', undefined, '2017-06-28T13:30Z', '2017-06-28T13:31Z'],
    // A bound's own zone goes before the one of the range.
    ['2017-06-28T00:00Z', '2017-06-29', 'America/New_York', '2017-06-28T00:00Z', '2017-06-29T04:00Z'],
    ['2017-01-28', '2017-06-28', 'America/New_York', '2017-01-28T05:00Z', '2017-06-28T04:00Z'],
    ['2017-06-28', '2017-06-29', 'Asia/Kathmandu', '2017-06-27T18:15Z', '2017-06-28T18:15Z'],
    ['2017-06-28', '2017-06-29', 'Asia/Kolkata', '2017-06-27T18:30Z', '2017-06-28T18:30Z'],
    ['2017-06-28', '2017-06-29', 'Pacific/Kiritimati', '2017-06-27T10:00Z', '2017-06-28T10:00Z'],
    ['1960-06-28', '1960-06-29', 'Europe/Amsterdam', '1960-06-27T23:00Z', '1960-06-28T23:00Z'],
    ['2017-06-28', '2017-06-29', 'utc', '2017-06-28T00:00Z', '2017-06-29T00:00Z'],
    // Skipped by daylight saving: between the two readings, the earlier.
    ['2017-03-12T02:30', '2017-03-12T03:30', 'America/New_York', '2017-03-12T06:30Z', '2017-03-12T07:30Z'],
    // Twice on the clocks: the first time.
    ['2017-11-05T01:30', '2017-11-05T02:30', 'America/New_York', '2017-11-05T05:30Z', '2017-11-05T07:30Z'],
    // Half an hour of daylight saving.
    ['2017-04-02T01:45', '2017-04-02T02:00', 'Australia/Lord_Howe', '2017-04-01T14:45Z', '2017-04-01T15:30Z'],
    ['0001-01-01', '9999-12-31T23:59', undefined, '0001-01-01T00:00Z', '9999-12-31T23:59Z'],
    ['0001-01-01', '0099-01-01', undefined, '0001-01-01T00:00Z', '0099-01-01T00:00Z'],
    ['2017-06-28', '9999-12-31', 'Asia/Tokyo', '2017-06-27T15:00Z', '9999-12-30T15:00Z'],
  ])('%s to %s in %s', (lowerText, upperText, zone, lower, upper) => {
    expect(readRange(lowerText, upperText, zone)).toEqual({
      ok: true,
      range: { lower: utc(lower), upper: utc(upper) },
    });
  });

  it('may reach beyond the years that can be written, by its offsets', () => {
    expect(readRange('0001-01-01T00:00+23:59', '9999-12-31T23:59-23:59')).toEqual({
      ok: true,
      range: {
        lower: utc('0001-01-01T00:00Z') - 1439 * MINUTE,
        upper: utc('9999-12-31T23:59Z') + 1439 * MINUTE,
      },
    });
  });

  it.each<[string, string, string | undefined, string]>([
    ['yesterday', '2017-06-28', undefined, 'BOUND_INVALID'],
    ['2017-06-28', 'tomorrow', undefined, 'BOUND_INVALID'],
    ['2017-06-28', '2017-06-31', undefined, 'BOUND_INVALID'],
    ['2017-06-28T10:30:30', '2017-06-29', undefined, 'BOUND_TOO_FINE'],
    ['2017-06-28', '2017-06-29T00:00:00.5', undefined, 'BOUND_TOO_FINE'],
    ['2017-06-29', '2017-06-28', undefined, 'RANGE_REVERSED'],
    ['2017-06-28T00:01', '2017-06-28', undefined, 'RANGE_REVERSED'],
    ['2017-06-28T10:30', '2017-06-28T10:30+01:00', undefined, 'RANGE_REVERSED'],
    ['2017-06-28', '2017-06-29', '', 'ZONE_UNKNOWN'],
    ['2017-06-28', '2017-06-29', 'Mars/Olympus', 'ZONE_UNKNOWN'],
    ['2017-06-28', '2017-06-29', 'PST', 'ZONE_UNKNOWN'],
    ['2017-06-28', '2017-06-29', '+05:30', 'ZONE_UNKNOWN'],
    ['2017-06-28', '2017-06-29', 'America/New_York\n', 'ZONE_UNKNOWN'],
    // Local mean time: 4:56:02 behind. Of Liberia's clocks, until 1972: 44:30.
    ['1880-01-01', '1960-01-01', 'America/New_York', 'BOUND_TOO_FINE'],
    ['1971-06-01', '1973-01-01', 'Africa/Monrovia', 'BOUND_TOO_FINE'],
  ])('%s to %s in %s is refused', (lowerText, upperText, zone, problem) => {
    expect(readRange(lowerText, upperText, zone)).toEqual({ ok: false, problem, detail: expect.any(String) });
  });

  it('whatever the texts, is read or refused, and never throws', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.stringMatching(/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/),
    );
    const zones = fc.oneof(fc.constantFrom('UTC', 'America/New_York', 'Africa/Monrovia'), fc.string());
    fc.assert(
      fc.property(texts, texts, zones, (lower, upper, zone) => {
        const reading = readRange(lower, upper, zone);
        if (!reading.ok) {
          expect(reading.detail).not.toBe('');
          return;
        }
        expect(reading.range.lower).toBeLessThanOrEqual(reading.range.upper);
        expect(Math.abs(reading.range.lower % MINUTE)).toBe(0);
        expect(Math.abs(reading.range.upper % MINUTE)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});

function utc(text: string): number {
  return Date.parse(text) * 1000;
}
