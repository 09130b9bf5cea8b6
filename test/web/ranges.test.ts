import { describe, expect, it } from 'vitest';
import type { SeriesAnswer } from '../../src/http/routes/dashboard-schemas.js';
import type { Choice, Custom, Preset } from '../../src/reading/choice.js';
import { span } from '../../src/reading/format.js';
import { customBetween, isOpen, shownOf, stepsOfView, viewOf as viewAs } from '../../src/reading/ranges.js';
import { neighbour } from '../../web/time/neighbour.js';

const NOW = Date.parse('2026-11-24T02:43:39Z');
const BEFORE: Choice = { compare: 'before', every: undefined };

/** Compared with the period right before. */
function viewOf(range: Preset | Custom, zone: string, now: number) {
  return viewAs(range, zone, now, BEFORE);
}

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

  // What has come of the month is longer than the whole one before, or as long.
  it.each([
    ['2026-03-28T10:29Z', '2026-02-28T10:30'],
    ['2026-03-28T23:59Z', '2026-03-01T00:00'],
    ['2026-03-29T00:00Z', '2026-03-01T00:00'],
    ['2026-03-31T10:29Z', '2026-03-01T00:00'],
    ['2026-05-31T10:29Z', '2026-05-01T00:00'],
    ['2026-05-30T10:29Z', '2026-04-30T10:30'],
    ['2026-02-28T10:29Z', '2026-01-28T10:30'],
  ])('month is at %s compared until %s', (now, until) => {
    expect(viewOf('month', 'UTC', Date.parse(now)).beforeUntilNow!.upper).toBe(until);
  });

  it('all is what there can be, and shows the days of the contacts, and nothing before', () => {
    const view = viewOf('all', 'America/New_York', NOW);
    const asked = {
      zone: 'America/New_York',
      every: 'fit',
      before: undefined,
      beforeUntilNow: undefined,
      shift: undefined,
      usual: [],
    };
    expect(view).toEqual({ ...asked, lower: '1700-01-01T00:00Z', upper: '2250-01-01T00:00Z' });
    const answer = { lower: '2017-05-31 04:00:00.000000', upper: '2026-11-24 05:00:00.000000' };
    expect(shownOf(view, answer as SeriesAnswer, NOW)).toEqual({
      ...asked,
      lower: '2017-05-31T00:00',
      upper: '2026-11-24T00:00',
    });
  });

  it('all of nothing shows today', () => {
    const answer = { lower: '1700-01-01 00:00:00.000000', upper: '1700-01-01 00:00:00.000000' };
    const view = shownOf(viewOf('all', 'UTC', NOW), answer as SeriesAnswer, NOW);
    expect(view).toMatchObject({ lower: '2026-11-24T00:00', upper: '2026-11-25T00:00', before: undefined });
  });

  it('any other shows what was asked for', () => {
    const view = viewOf('7d', 'UTC', NOW);
    expect(shownOf(view, { lower: 'x', upper: 'x' } as SeriesAnswer, NOW)).toBe(view);
  });
});

describe('a day that does not begin at midnight', () => {
  const at = (now: string, zone: string, preset: Preset = 'today') => {
    const { lower, upper, before } = viewOf(preset, zone, Date.parse(now));
    return { lower, upper, before };
  };

  it('is asked for from its first instant', () => {
    const [saoPaulo, apia] = ['America/Sao_Paulo', 'Pacific/Apia'];
    const [lower, upper] = ['2018-11-04T03:00Z', '2018-11-05T00:00'];
    expect(at('2018-11-04T12:00Z', saoPaulo)).toMatchObject({ lower, upper });
    expect(at('2018-11-03T12:00Z', saoPaulo)).toMatchObject({ lower: '2018-11-03T00:00', upper: lower });
    expect(at('2018-11-05T12:00Z', saoPaulo).before).toEqual({ lower, upper });
    expect(at('2011-12-30T09:00Z', apia)).toMatchObject({
      lower: '2011-12-29T00:00',
      upper: '2011-12-30T10:00Z',
    });
    const whole = { lower: '2018-11-04T00:00', upper: '2018-11-05T00:00' };
    expect(viewOf({ from: whole.lower, to: whole.upper }, saoPaulo, NOW)).toMatchObject({ lower, upper });
  });

  it('is named by its date', () => {
    const name = (now: string, zone: string) => span({ ...at(now, zone), zone });
    expect(name('2018-11-03T12:00Z', 'America/Sao_Paulo')).toBe('Sat 3 Nov 2018');
    expect(name('2018-11-04T12:00Z', 'America/Sao_Paulo')).toBe('Sun 4 Nov 2018');
    expect(name('2011-12-30T09:00Z', 'Pacific/Apia')).toBe('Thu 29 Dec 2011');
    expect(name('2011-12-30T12:00Z', 'Pacific/Apia')).toBe('Sat 31 Dec 2011');
    expect(name('1890-06-15T12:00Z', 'Europe/Berlin')).toBe('Sun 15 Jun 1890');
  });

  it('is asked for by full minutes of UTC', () => {
    expect(at('1890-06-15T12:00Z', 'Europe/Berlin')).toMatchObject({
      lower: '1890-06-14T23:07Z',
      upper: '1890-06-15T23:07Z',
    });
  });
});

describe('a range of its own', () => {
  it('may be compared with one that begins or ends at a time that is skipped', () => {
    // Clocks went from two to three.
    const range = { from: '2017-03-26T02:30', to: '2017-03-26T03:15' };
    expect(viewOf(range, 'Europe/Berlin', NOW)).toMatchObject({
      lower: '2017-03-26T01:00Z',
      upper: '2017-03-26T03:15',
      before: { lower: '2017-03-26T01:45', upper: '2017-03-26T01:00Z' },
    });
    const { before } = viewOf({ from: '2017-03-26T03:15', to: '2017-03-26T03:45' }, 'Europe/Berlin', NOW);
    expect(before).toEqual({ lower: '2017-03-26T01:00Z', upper: '2017-03-26T03:15' });
  });

  it('is cut by years where there would be too many months', () => {
    const view = viewOf({ from: '1950-03-01T00:00', to: '2017-06-01T00:00' }, 'UTC', NOW);
    expect(view).toMatchObject({ every: 'year', before: { lower: '1882-03-01T00:00' } });
  });

  it('is compared with one of the same length before it', () => {
    const view = viewOf({ from: '2017-06-28T10:30', to: '2017-06-28T12:00' }, 'Europe/Berlin', NOW);
    expect(view).toMatchObject({ lower: '2017-06-28T10:30', upper: '2017-06-28T12:00', every: 'minute' });
    expect(view.before).toEqual({ lower: '2017-06-28T09:00', upper: '2017-06-28T10:30' });
    expect(view.beforeUntilNow).toEqual(view.before);
  });

  it.each([
    // By the hour, the day, the week and the month: so many whole ones back.
    ['2017-06-28T10:30', '2017-06-29T12:00', '2017-06-27T08:30', '2017-06-28T10:00'],
    ['2017-06-01T10:30', '2017-06-11T12:00', '2017-05-21T10:30', '2017-05-31T12:00'],
    ['2017-01-02T00:00', '2017-07-02T00:00', '2016-07-04T00:00', '2017-01-01T00:00'],
    // Whole months with whole months.
    ['2017-01-01T00:00', '2017-07-01T00:00', '2016-07-01T00:00', '2017-01-01T00:00'],
    ['2017-06-01T00:00', '2017-07-01T00:00', '2017-05-01T00:00', '2017-06-01T00:00'],
    ['2013-01-15T00:00', '2017-02-01T00:00', '2008-12-15T00:00', '2013-01-01T00:00'],
  ])('from %s until %s is compared with %s until %s', (from, to, lower, upper) => {
    expect(viewOf({ from, to }, 'UTC', NOW).before).toEqual({ lower, upper });
  });

  it('has none where that would lie before all events', () => {
    expect(viewOf({ from: '1700-02-01T00:00', to: '1701-01-01T00:00' }, 'UTC', NOW).before).toBeUndefined();
    expect(viewOf({ from: '2017-06-28', to: '2017-06-28' }, 'UTC', NOW).before).toBeUndefined();
  });

  it('that is under way is compared as far as it has come', () => {
    const { before, beforeUntilNow } = viewOf(
      { from: '2026-11-20T00:00', to: '2026-11-30T00:00' },
      'UTC',
      NOW,
    );
    expect(before).toEqual({ lower: '2026-11-10T00:00', upper: '2026-11-20T00:00' });
    expect(beforeUntilNow).toEqual({ lower: '2026-11-10T00:00', upper: '2026-11-14T02:44' });
  });

  it('of years is compared with the whole of a month that is shorter', () => {
    const range = { from: '2022-01-01T00:00', to: '2027-01-01T00:00' };
    const until = (now: string) => viewOf(range, 'UTC', Date.parse(now)).beforeUntilNow!.upper;
    expect(until('2024-02-29T10:29Z')).toBe('2019-03-01T00:00');
    expect(until('2024-02-28T10:29Z')).toBe('2019-02-28T10:30');
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

describe('what a range is compared with', () => {
  const beforeOf = (range: Preset | Custom, compare: Choice['compare']) =>
    viewAs(range, 'UTC', NOW, { compare, every: undefined }).before;

  it.each<[Preset, string, string]>([
    // 7, 7, 28 and 84 days before.
    ['today', '2026-11-17T00:00', '2026-11-18T00:00'],
    ['7d', '2026-11-11T00:00', '2026-11-18T00:00'],
    ['30d', '2026-09-28T00:00', '2026-10-28T00:00'],
    ['90d', '2026-06-04T00:00', '2026-09-02T00:00'],
    ['month', '2026-10-01T00:00', '2026-11-01T00:00'],
    ['hour', '2026-11-24T00:44Z', '2026-11-24T01:44Z'],
  ])(
    '%s begins on the same weekday, from %s until %s, unless it is shorter than a day or of months',
    (range, lower, upper) => {
      expect(beforeOf(range, 'week')).toEqual({ lower, upper });
    },
  );

  it('is that of last year, a chosen one, or none', () => {
    expect(beforeOf('7d', 'year')).toEqual({ lower: '2025-11-18T00:00', upper: '2025-11-25T00:00' });
    expect(beforeOf('7d', '2026-01-01T00:00')).toEqual({
      lower: '2026-01-01T00:00',
      upper: '2026-01-08T00:00',
    });
    expect(beforeOf('7d', '2249-12-31T00:00')).toBeUndefined();
    expect(beforeOf('7d', 'no')).toBeUndefined();
  });

  it('is usual on the same weekdays, as far as this one has come', () => {
    const { usual } = viewAs('today', 'UTC', NOW, { compare: 'no', every: undefined });
    expect(usual).toHaveLength(6);
    expect(usual[0]).toEqual({ lower: '2026-11-17T00:00', upper: '2026-11-17T02:44' });
    expect(usual[5]).toEqual({ lower: '2026-10-13T00:00', upper: '2026-10-13T02:44' });
    const months = viewAs('month', 'UTC', NOW, BEFORE).usual.map(({ lower }) => lower.slice(0, 7));
    expect(months).toEqual(['2026-10', '2026-09', '2026-08', '2026-07', '2026-06', '2026-05']);
  });
});

describe('a range is cut', () => {
  it('as is wanted, where that makes neither one bucket nor too many', () => {
    const everyOf = (range: Preset, every: Choice['every']) =>
      viewAs(range, 'UTC', NOW, { compare: 'week', every }).every;
    expect(everyOf('today', 'minute')).toBe('minute');
    expect(everyOf('7d', 'minute')).toBe('day');
    expect(everyOf('7d', 'hour')).toBe('hour');
    expect(everyOf('7d', 'month')).toBe('day');
    expect(everyOf('90d', 'week')).toBe('week');
    expect(stepsOfView(viewOf('30d', 'UTC', NOW))).toEqual(['hour', 'day', 'week']);
  });
});

describe('the neighbour of a range', () => {
  const next = (range: Preset | Custom, direction: 1 | -1, zone = 'UTC') =>
    neighbour(viewAs(range, zone, NOW, BEFORE), direction, NOW);

  it('is as long, by the calendar, and a range of the bar where it is one', () => {
    expect(next('today', -1)).toBe('yesterday');
    expect(next('yesterday', 1)).toBe('today');
    expect(next('7d', -1)).toEqual({ from: '2026-11-11T00:00', to: '2026-11-18T00:00' });
    expect(next({ from: '2026-11-11T00:00', to: '2026-11-18T00:00' }, 1)).toBe('7d');
    expect(next('month', -1)).toEqual({ from: '2026-10-01T00:00', to: '2026-11-01T00:00' });
    expect(next('hour', -1)).toEqual({ from: '2026-11-24T00:44', to: '2026-11-24T01:44' });
    // A day of 25 hours lies between.
    expect(next({ from: '2026-10-26T00:00', to: '2026-10-27T00:00' }, -1, 'Europe/Berlin')).toEqual({
      from: '2026-10-25T00:00',
      to: '2026-10-26T00:00',
    });
  });
});

it('a range is open until its end has come', () => {
  expect(isOpen(viewOf('yesterday', 'UTC', NOW), NOW)).toBe(false);
  expect(isOpen(viewOf('today', 'UTC', NOW), NOW)).toBe(true);
  expect(isOpen(viewOf('all', 'UTC', NOW), NOW)).toBe(true);
});
