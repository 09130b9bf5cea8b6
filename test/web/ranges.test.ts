import { describe, expect, it } from 'vitest';
import { customBetween, viewOf } from '../../web/ranges.js';
import type { Preset } from '../../web/state.js';

const NOW = Date.parse('2026-11-24T02:43:39Z');

describe('a range of the bar', () => {
  it.each<[Preset, string, string, string, string]>([
    ['hour', 'UTC', '2026-11-24T01:44Z', '2026-11-24T02:44Z', 'minute'],
    ['today', 'UTC', '2026-11-24T00:00', '2026-11-25T00:00', 'hour'],
    ['today', 'America/New_York', '2026-11-23T00:00', '2026-11-24T00:00', 'hour'],
    ['yesterday', 'UTC', '2026-11-23T00:00', '2026-11-24T00:00', 'hour'],
    ['7d', 'UTC', '2026-11-18T00:00', '2026-11-25T00:00', 'day'],
    ['30d', 'UTC', '2026-10-26T00:00', '2026-11-25T00:00', 'day'],
    ['90d', 'UTC', '2026-08-27T00:00', '2026-11-25T00:00', 'day'],
    ['month', 'UTC', '2026-11-01T00:00', '2026-12-01T00:00', 'day'],
  ])('%s in %s is from %s until %s, by %s', (preset, zone, lower, upper, every) => {
    expect(viewOf(preset, zone, NOW)).toMatchObject({ lower, upper, zone, every });
  });

  it.each<[Preset, string, string, string]>([
    ['hour', '2026-11-24T00:44Z', '2026-11-24T01:44Z', '2026-11-24T01:44Z'],
    ['today', '2026-11-23T00:00', '2026-11-24T00:00', '2026-11-23T02:44'],
    ['yesterday', '2026-11-22T00:00', '2026-11-23T00:00', '2026-11-23T00:00'],
    ['7d', '2026-11-11T00:00', '2026-11-18T00:00', '2026-11-17T02:44'],
    ['month', '2026-10-01T00:00', '2026-11-01T00:00', '2026-10-24T02:44'],
  ])('%s is compared with %s until %s, and by now until %s', (preset, lower, upper, untilNow) => {
    const { before, beforeUntilNow } = viewOf(preset, 'UTC', NOW);
    expect(before).toEqual({ lower, upper });
    expect(beforeUntilNow).toEqual({ lower, upper: untilNow });
  });

  it('all has the days of the first and of the last contact, and nothing before', () => {
    const extent = { earliest: Date.parse('2017-06-01T03:00Z'), latest: NOW };
    expect(viewOf('all', 'America/New_York', NOW, extent)).toEqual({
      lower: '2017-05-31T00:00',
      upper: '2026-11-24T00:00',
      zone: 'America/New_York',
      every: 'month',
      before: undefined,
      beforeUntilNow: undefined,
    });
  });

  it('all of nothing is today', () => {
    const view = viewOf('all', 'UTC', NOW, { earliest: null, latest: null });
    expect(view).toMatchObject({ lower: '2026-11-24T00:00', upper: '2026-11-25T00:00', every: 'hour' });
  });
});

describe('a range of its own', () => {
  it('is compared with one of the same length before it', () => {
    const view = viewOf({ from: '2017-06-28T10:30', to: '2017-06-28T12:00' }, 'Europe/Berlin', NOW);
    expect(view).toMatchObject({ lower: '2017-06-28T10:30', upper: '2017-06-28T12:00', every: 'minute' });
    expect(view.before).toEqual({ lower: '2017-06-28T09:00', upper: '2017-06-28T10:30' });
    expect(view.beforeUntilNow).toEqual(view.before);
  });

  it('in UTC stays so in another zone', () => {
    const view = viewOf({ from: '2026-10-25T01:00Z', to: '2026-10-25T02:00Z' }, 'Europe/Berlin', NOW);
    expect(view).toMatchObject({ lower: '2026-10-25T01:00Z', upper: '2026-10-25T02:00Z' });
    expect(view.before).toEqual({ lower: '2026-10-25T00:00Z', upper: '2026-10-25T01:00Z' });
  });

  it('with a bound of either kind', () => {
    const view = viewOf({ from: '2026-10-25T01:30Z', to: '2026-10-25T04:00' }, 'Europe/Berlin', NOW);
    expect(view).toMatchObject({ lower: '2026-10-25T01:30Z', upper: '2026-10-25T04:00', every: 'minute' });
  });

  it('between two instants is said in the zone, unless its clocks show that twice', () => {
    const [first, second] = [Date.parse('2026-10-25T00:00Z'), Date.parse('2026-10-25T01:00Z')];
    expect(customBetween(first, second, 'Europe/Berlin')).toEqual({
      from: '2026-10-25T02:00',
      to: '2026-10-25T01:00Z',
    });
  });
});
