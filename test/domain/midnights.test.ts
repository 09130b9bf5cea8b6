import { describe, expect, it } from 'vitest';
import { beginWhenFirstShown, cut, growAboutMidnights, utc } from './midnights.js';

describe('where the clocks go back over midnight', () => {
  it.each([
    // At 00:01 on the 29th it was 23:01 on the 28th again: 02:31 UTC. The 29th began a minute before.
    ['America/St_Johns', '2006-10-28T02:30', '2006-10-30T03:30', ['2006-10-29T02:30']],
    ['America/St_Johns', '2006-10-29T03:00', '2006-10-31T03:30', ['2006-10-30T03:30']],
    // At one o'clock it was midnight again.
    ['America/Havana', '2017-11-04T04:00', '2017-11-07T05:00', ['2017-11-05T04:00', '2017-11-06T05:00']],
    ['Atlantic/Azores', '2017-10-28T00:00', '2017-10-31T01:00', ['2017-10-29T00:00', '2017-10-30T01:00']],
    ['Atlantic/Azores', '2017-10-29T01:00', '2017-10-30T12:00', ['2017-10-30T01:00']],
    // Midnight came, and it was eleven again: the next one is the only one.
    ['America/Asuncion', '2017-03-25T03:00', '2017-03-27T04:00', ['2017-03-26T04:00']],
  ])('days of %s from %s to %s begin once', (zone, lower, upper, inside) => {
    expect(cut(utc(lower), utc(upper), 'day', zone)).toEqual([lower, ...inside, upper].map(utc));
  });

  it('a Monday begins once as well', () => {
    // The clocks show the Saturday again.
    const lower = utc('2006-10-29T02:45');
    expect(cut(lower, utc('2006-11-10T00:00'), 'week', 'America/St_Johns')).toEqual(
      ['2006-10-29T02:45', '2006-10-30T03:30', '2006-11-06T03:30', '2006-11-10T00:00'].map(utc),
    );
  });
});

describe('days, weeks, months and years', () => {
  it('begin when the clocks of any zone first show them, whenever the clocks were changed', () => {
    beginWhenFirstShown(150);
  });

  it('grow wherever a range begins in an hour that is shown twice about a midnight', () => {
    expect(growAboutMidnights(['America/Goose_Bay'])).toBeGreaterThan(5);
  });
});
