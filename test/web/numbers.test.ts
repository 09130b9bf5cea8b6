import Database from 'libsql';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { SHARED_MISSING, sharedFile } from '../shared-data.js';
import { BROWSER_MISSING } from './browser.js';
import { oneWindow } from './one-window.js';
import { makeStore } from './support.js';

/**
 * Ten ranges in three zones, with their bounds in UTC, worked out by hand. In Casablanca the clocks of 2017
 * went from 02:00 to 03:00 on the 2nd of July, the end of Ramadan's winter time.
 */
const RANGES = [
  ['UTC', '2017-06-01T00:00', '2017-07-11T00:00', '2017-06-01 00:00', '2017-07-11 00:00'],
  ['UTC', '2017-06-28T00:00', '2017-06-30T00:00', '2017-06-28 00:00', '2017-06-30 00:00'],
  ['UTC', '2017-06-15T10:07', '2017-06-15T11:53', '2017-06-15 10:07', '2017-06-15 11:53'],
  ['UTC', '2017-08-01T00:00', '2017-08-02T00:00', '2017-08-01 00:00', '2017-08-02 00:00'],
  ['America/New_York', '2017-06-01T00:00', '2017-07-01T00:00', '2017-06-01 04:00', '2017-07-01 04:00'],
  ['America/New_York', '2017-06-20T18:45', '2017-06-23T07:20', '2017-06-20 22:45', '2017-06-23 11:20'],
  ['America/New_York', '2017-07-04T00:00', '2017-07-05T00:00', '2017-07-04 04:00', '2017-07-05 04:00'],
  ['Africa/Casablanca', '2017-06-26T00:00', '2017-07-08T00:00', '2017-06-26 00:00', '2017-07-07 23:00'],
  ['Africa/Casablanca', '2017-07-02T00:00', '2017-07-03T00:00', '2017-07-02 00:00', '2017-07-02 23:00'],
  ['Africa/Casablanca', '2017-07-02T01:30', '2017-07-02T04:30', '2017-07-02 01:30', '2017-07-02 03:30'],
] as const;

const SYMBOL_ROWS = `
  SELECT initial.symbol AS symbol, count(*) AS count, count(followup.uuid) AS followups,
         min(initial.date) AS earliest, max(initial.date) AS latest
  FROM api_events AS initial
  LEFT JOIN api_events AS followup ON followup.uuid = initial.uuid AND followup.url = 'followup'
  WHERE initial.url = 'initial' AND initial.date >= ? AND initial.date < ?
  GROUP BY initial.symbol ORDER BY initial.symbol`;

const GUESS_ROWS = `
  SELECT CASE WHEN initial.symbol IN ('a', 'e', 'i', 'o', 'u') THEN 'Vowels'
              WHEN initial.symbol = 'y' THEN 'y' ELSE 'Consonants' END AS letters,
         CASE WHEN initial.is_vowel IN ('True', 1) THEN 'True' ELSE 'False' END AS said,
         count(*) AS count, count(followup.uuid) AS followups
  FROM api_events AS initial
  LEFT JOIN api_events AS followup ON followup.uuid = initial.uuid AND followup.url = 'followup'
  WHERE initial.url = 'initial' AND initial.date >= ? AND initial.date < ?
  GROUP BY 1, 2`;

interface Row {
  readonly symbol: string;
  readonly count: number;
  readonly followups: number;
  readonly earliest: string | null;
  readonly latest: string | null;
}

const missing = BROWSER_MISSING ?? SHARED_MISSING;
const skipped = missing === null ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== null)(`the numbers of forty days${skipped}`, () => {
  let server: ServerProcess;
  let database: Database.Database;
  beforeAll(async () => {
    const file = sharedFile('forty-days.db');
    database = new Database(file, { readonly: true });
    server = await startServerProcess(await makeStore(file));
  });
  const { go } = oneWindow(() => server.url);
  let page: Page;
  afterAll(async () => {
    await server?.end('SIGTERM');
    database?.close();
  });

  it.each(RANGES)('in %s from %s until %s', async (zone, from, to, lower, upper) => {
    page = await go(`?from=${from}&to=${to}&tz=${zone}&sort=symbol.up&moments=yes`);
    const expected = database.prepare(SYMBOL_ROWS).all(lower, upper) as Row[];

    const shown = await page.locator('.symbols tbody tr').evaluateAll((rows) =>
      rows.map((row) => {
        const cells = [...row.children].map((cell) => cell.textContent ?? '');
        const moments = [...row.querySelectorAll('time')].map(({ title }) => title.replace(' UTC', ''));
        return {
          symbol: cells[0],
          count: Number(cells[1]!.replaceAll(',', '')),
          followups: Number(cells[2]!.replaceAll(',', '')),
          earliest: moments[0] ?? null,
          latest: moments[1] ?? null,
        };
      }),
    );
    // Of a range without contacts, tables would say nothing.
    const isEmpty = expected.length === 0;
    expect(shown).toHaveLength(isEmpty ? 0 : 26);
    expect(shown.filter(({ count }) => count > 0)).toEqual(expected);
    const answer = await fetch(`${server.url}/dashboard/range/${from}/${to}?tz=${zone}`);
    const rows = (await answer.json()) as Row[];
    expect(shown).toEqual(isEmpty ? [] : rows);
    expect(rows.filter(({ count }) => count > 0)).toEqual(expected);

    const sum = (key: 'count' | 'followups') => expected.reduce((total, row) => total + row[key], 0);
    const cards = await page.locator('.card .value').allTextContents();
    expect(cards.slice(0, 2).map((text) => Number(text.replace('–', '0').replaceAll(',', '')))).toEqual([
      sum('count'),
      sum('followups'),
    ]);
    expect(cards[2]).toBe(
      sum('count') === 0 ? '–' : `${((100 * sum('followups')) / sum('count')).toFixed(1)} %`,
    );

    const guesses = await page.locator('.guesses tbody tr').evaluateAll((rows) =>
      rows.map((row) => {
        const cells = [...row.children].map((cell) => (cell.textContent ?? '').replace(/ \(wrong.*/, ''));
        const [letters, said, count, followups] = cells;
        return {
          letters,
          said,
          count: Number(count!.replaceAll(',', '')),
          followups: Number(followups!.replaceAll(',', '')),
        };
      }),
    );
    expect(guesses).toHaveLength(isEmpty ? 0 : 6);
    const expectedGuesses = database.prepare(GUESS_ROWS).all(lower, upper);
    const byName = (one: object, other: object) => JSON.stringify(one).localeCompare(JSON.stringify(other));
    expect(guesses.filter(({ count }) => count > 0).toSorted(byName)).toEqual(
      (expectedGuesses as object[]).toSorted(byName),
    );
    await expectSeries(sum('count'), sum('followups'));
  });

  /** The buckets add up to the range. */
  async function expectSeries(contacts: number, followups: number): Promise<void> {
    if (contacts === 0) return;
    const table = page.locator('.as-table');
    if (!(await table.evaluate((element) => (element as HTMLDetailsElement).open))) {
      await table.locator('summary').click();
    }
    await table.locator('tbody tr').first().waitFor();
    const cells = await table
      .locator('tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
    const sum = (column: number) =>
      cells.reduce((total, row) => total + Number(row[column]!.replaceAll(',', '')), 0);
    expect([sum(1), sum(2)]).toEqual([contacts, followups]);
  }
});
