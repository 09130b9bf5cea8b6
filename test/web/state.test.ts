import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPARISONS, PRESETS } from '../../src/reading/choice.js';
import { SERIES_STEPS } from '../../src/reading/steps.js';
import {
  type Home,
  type PageState,
  queryOf,
  readState,
  SORT_KEYS,
  START,
  unreadableOf,
} from '../../web/state.js';

const state: fc.Arbitrary<PageState> = fc.record({
  range: fc.oneof(
    fc.constantFrom(...PRESETS),
    fc.constant({ from: '2017-06-28T10:30', to: '2017-06-30T00:00' }),
    fc.constant({ from: '2017-06-28T10:30Z', to: '2017-06-30T00:00' }),
  ),
  zone: fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/Argentina/Buenos_Aires'),
  compare: fc.constantFrom(...COMPARISONS, '2017-06-28T10:30'),
  every: fc.option(fc.constantFrom(...SERIES_STEPS), { nil: undefined }),
  symbol: fc.option(fc.constantFrom('a', 'y', 'z'), { nil: undefined }),
  sort: fc.constantFrom(...SORT_KEYS),
  descending: fc.boolean(),
  moments: fc.boolean(),
  uuid: fc.option(fc.constantFrom('6f1c2a52-9a3e-4b7e-8c55-0d1f6a7b9c10', 'no uuid & more'), {
    nil: undefined,
  }),
  share: fc.constantFrom(undefined, 'vSJ2_x-9'),
  embed: fc.boolean(),
});

const home: fc.Arbitrary<Home> = fc.record({
  zone: fc.constantFrom('UTC', 'Asia/Kathmandu'),
  compare: fc.constantFrom(...COMPARISONS),
});

describe('the state of the page', () => {
  it('is in its URL, all of it, whatever the reader chose before', () => {
    fc.assert(
      fc.property(state, home, (each, bare) => {
        expect(readState(queryOf(each, bare), bare)).toEqual(each);
      }),
    );
  });

  it('is as its reader chose it before only where the URL says nothing', () => {
    const bare: Home = { zone: 'Asia/Kathmandu', compare: 'no' };
    expect(readState('', bare)).toEqual({ ...START, ...bare });
    expect(readState('?utm_source=letter', bare)).toEqual({ ...START, ...bare });
    expect(readState('?range=30d', bare)).toEqual({ ...START, range: '30d' });
  });

  it('reads what links of before said, and the bounds that the form allows', () => {
    expect(readState('?compare=yes').compare).toBe('week');
    const range = { from: '1700-01-01', to: '2250-01-01T00:00' };
    expect(readState('?from=1700-01-01&to=2250-01-01T00:00').range).toEqual(range);
    expect(unreadableOf('?from=1699-12-31&to=2250-01-01T00:01')).toHaveLength(2);
  });

  it('has a short URL where it is as always', () => {
    expect(queryOf(START, START)).toBe('');
    expect(queryOf(readState('?range=30d&tz=Europe/Berlin&symbol=e'))).toBe(
      '?range=30d&tz=Europe/Berlin&symbol=e',
    );
  });

  it.each([
    '?range=decade',
    '?tz=Mars/Olympus',
    '?symbol=E',
    '?symbol=ab',
    '?sort=colour.down',
    '?from=2017-02-30&to=2017-06-28',
    '?from=2017-06-28',
    '?uuid=',
    '?tz=%2B05:30',
    '?tz=PST',
    '?sort=rate',
    '?every=decade',
    '?from=2017-06-28&to=yesterday',
  ])('leaves out what cannot be read: %s', (query) => {
    expect(readState(query)).toEqual(START);
  });

  it.each([
    ['?range=decade&tz=Europe/Berlin', ['range=decade']],
    ['?tz=Mars/Olympus&symbol=E', ['tz=Mars/Olympus', 'symbol=E']],
    ['?from=2017-06-28', ['from=2017-06-28']],
    ['?from=2017-06-28&to=2017-06-29T10', ['to=2017-06-29T10']],
    ['?compare=perhaps&sort=rate', ['compare=perhaps', 'sort=rate']],
    [`?tz=${'x'.repeat(100)}`, [`tz=${'x'.repeat(60)}…`]],
    ['?rnage=30d&Symbol=e&sybmol=e&time=7', ['rnage=30d', 'Symbol=e', 'sybmol=e']],
    ['?__proto__=1&constructor=2&uuid=nobody', []],
    ['?utm_source=letter&utm_id=7&fbclid=IwAR&gclid=Cj0&mc_cid=a&mc_eid=b&ref=mail&_hsenc=p2&msclkid=1', []],
  ])('says what of %s cannot be read', (query, texts) => {
    expect(unreadableOf(query)).toEqual(texts);
  });

  it('can be read as a whole from its own URL', () => {
    fc.assert(
      fc.property(state, (each) => {
        expect(unreadableOf(queryOf(each))).toEqual([]);
      }),
    );
  });
});
