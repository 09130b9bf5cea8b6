import { expect, it } from 'vitest';
import { repetitions, tried } from '../long.js';
import { beginWhenFirstShown, growAboutMidnights, ZONES } from './midnights.js';

it('days, weeks, months and years begin when the clocks of any zone first show them', () => {
  const ranges = repetitions(1500);
  beginWhenFirstShown(ranges);
  tried('ranges about changes of the clocks', ranges, 'every bucket begins where the clocks show it');
});

it('they grow wherever a range begins in an hour that is shown twice about a midnight', () => {
  const changes = growAboutMidnights(ZONES);
  // St. John's alone has dozens.
  expect(changes).toBeGreaterThan(50);
  tried('hours shown twice about a midnight', changes, 'every bucket is longer than nothing');
});
