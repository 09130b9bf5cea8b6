import { describe, expect, test } from 'vitest';
import { SYMBOLS } from '../../src/domain/contact.js';
import { type Instant, MINUTE, parseInstant, SECOND } from '../../src/domain/time.js';
import { compareGains } from '../../src/simulator/check.js';
import type { Dashboard, DashboardRow } from '../../src/simulator/dashboard.js';
import { Ledger } from '../../src/simulator/ledger.js';

const START = parseInstant('2026-05-01 12:00:00')!;
const END = START + MINUTE;
const LONG_AGO = START - 100 * MINUTE;
const WITHIN = START + 30 * SECOND;

type Row = Omit<DashboardRow, 'symbol'>;
const NONE: Row = { count: 0, earliest: null, latest: null, followups: 0 };

/** A dashboard whose row of `e` is given, and which is empty otherwise. */
function dashboard(row: Row, readAt: Instant): Dashboard {
  return { readAt, rows: SYMBOLS.map((symbol) => ({ symbol, ...(symbol === 'e' ? row : NONE) })) };
}

function check(sent: { initials?: number; followups?: number }, before: Row, after: Row) {
  const ledger = new Ledger();
  Object.assign(ledger.symbols[4]!, sent);
  return compareGains(ledger, dashboard(before, START), dashboard(after, END));
}

const rows = (count: number, earliest: Instant, latest: Instant, followups = 0): Row => ({
  count,
  earliest,
  latest,
  followups,
});

describe('the check holds where', () => {
  test.each([
    ['nothing was sent', {}, rows(3, LONG_AGO, LONG_AGO), rows(3, LONG_AGO, LONG_AGO)],
    ['the first contacts came', { initials: 2 }, NONE, rows(2, START, WITHIN)],
    ['more came', { initials: 2 }, rows(1, LONG_AGO, LONG_AGO), rows(3, LONG_AGO, WITHIN)],
    ['followups came', { initials: 2, followups: 1 }, NONE, rows(2, START, WITHIN, 1)],
    [
      'a followup came to an older contact',
      { followups: 1 },
      rows(1, LONG_AGO, LONG_AGO),
      rows(1, LONG_AGO, LONG_AGO, 1),
    ],
    [
      'the store holds later dates',
      { initials: 1 },
      rows(1, END + MINUTE, END + MINUTE),
      rows(2, WITHIN, END + MINUTE),
    ],
    [
      'the clock reads a second less than the reply',
      { initials: 1 },
      NONE,
      rows(1, START - SECOND, START - SECOND),
    ],
  ])('%s', (_name, sent, before, after) => {
    expect(check(sent, before, after)).toEqual({
      ok: true,
      initials: 0,
      followups: 0,
      ...sent,
      differences: [],
    });
  });
});

describe('the check names', () => {
  test.each([
    [
      'a lost initial',
      { initials: 2 },
      NONE,
      rows(1, WITHIN, WITHIN),
      'e: count gained 1 (from 0 to 1), but 2 were sent',
    ],
    ['an initial too many', { initials: 1 }, NONE, rows(2, WITHIN, WITHIN), 'e: count gained 2'],
    [
      'a lost followup',
      { initials: 1, followups: 1 },
      NONE,
      rows(1, WITHIN, WITHIN, 0),
      'e: followups gained 0',
    ],
    [
      'a latest that did not move',
      { initials: 1 },
      rows(1, LONG_AGO, LONG_AGO),
      rows(2, LONG_AGO, LONG_AGO),
      'e: latest went',
    ],
    ['a latest after the run', { initials: 1 }, NONE, rows(1, WITHIN, END + MINUTE), 'e: latest went'],
    [
      'a latest that went back',
      { initials: 1 },
      rows(1, LONG_AGO, END + MINUTE),
      rows(2, LONG_AGO, WITHIN),
      'e: latest went',
    ],
    [
      'an earliest that moved before the run',
      { initials: 1 },
      rows(1, WITHIN, WITHIN),
      rows(2, LONG_AGO, WITHIN),
      'e: earliest went',
    ],
    [
      'an earliest that went forward',
      { initials: 1 },
      rows(1, LONG_AGO, LONG_AGO),
      rows(2, WITHIN, WITHIN),
      'e: earliest went',
    ],
    [
      'a date without a reason',
      {},
      rows(1, LONG_AGO, LONG_AGO),
      rows(1, LONG_AGO, WITHIN),
      'e: latest moved',
    ],
  ])('%s', (_name, sent, before, after, difference) => {
    const result = check(sent, before, after);
    expect(result.ok).toBe(false);
    expect(result.differences.join('\n')).toContain(difference);
  });
});
