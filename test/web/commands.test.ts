import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { parseInstant } from '../../src/domain/time.js';
import type { OverviewAnswer } from '../../src/http/routes/dashboard-schemas.js';
import { overviewPath } from '../../src/reading/question.js';
import { viewOf } from '../../src/reading/ranges.js';
import { type EventTable, openEventTable } from '../../src/transfer/duckdb/event-table.js';
import { curlOf, type Panel, sqlOf } from '../../web/data/commands.js';
import { startTestServer, type TestServer } from '../http/support.js';
import { madeUpEvents } from './made-up.js';

const ZONE = 'Asia/Kathmandu';
const NOW = Date.UTC(2017, 5, 28, 12);
const until = parseInstant('2017-06-28 12:00:00.000000')!;

describe('the commands that the page gives', () => {
  let server: TestServer;
  let table: EventTable;
  beforeAll(async () => {
    const store = new Model();
    const events: ContactEvent[] = madeUpEvents({ until, days: 20, contactsPerDay: 60 });
    for (let from = 0; from < events.length; from += 1024)
      await store.append(events.slice(from, from + 1024));
    server = await startTestServer({ store, now: () => until });
    table = await openEventTable(store);
  });
  afterAll(async () => {
    await table.close();
    await server.stop();
  });

  const view = viewOf('7d', ZONE, NOW, { compare: 'no', every: undefined });
  const ask = async <Answer>(path: string) => (await (await fetch(server.url + path)).json()) as Answer;
  const query = async (panel: Panel, symbol?: string) => {
    const { series } = await ask<OverviewAnswer>(overviewPath({ ...view, symbol }, undefined));
    const sql = sqlOf(panel, { asked: view, view, symbol, series, summary: { signedIn: false } }, NOW);
    const reader = await table.connection.runAndReadAll(sql);
    return { series, rows: reader.getRowObjectsJson() as Record<string, string | number | boolean>[] };
  };
  const counts = (row: Record<string, unknown>) => [Number(row.contacts), Number(row.followups)];

  it.each([undefined, 'e'])('say in SQL what the chart shows, of %s', async (symbol) => {
    const { series, rows } = await query('series', symbol);
    expect(rows.map(counts)).toEqual(
      series.buckets
        .filter(({ contacts }) => contacts > 0)
        .map(({ contacts, followups }) => [contacts, followups]),
    );
    expect(String(rows[0]!.start).slice(0, 10)).toBe(view.lower.slice(0, 10));
  });

  it('say in SQL what the tables show', async () => {
    const { rows: all, guesses } = await ask<OverviewAnswer>(
      overviewPath({ ...view, symbol: undefined }, undefined),
    );
    const symbols = await query('symbols');
    expect(symbols.rows.map((row) => [row.symbol, ...counts(row)])).toEqual(
      all.filter(({ count }) => count > 0).map(({ symbol, count, followups }) => [symbol, count, followups]),
    );
    const said = await query('guesses');
    expect(said.rows.map((row) => [row.letters, row.said, ...counts(row)]).sort()).toEqual(
      guesses
        .filter(({ contacts }) => contacts > 0)
        .map(({ letters, said, contacts, followups }) => [letters, said, contacts, followups])
        .sort(),
    );
    const hours = await query('week');
    expect(hours.rows.reduce((sum, row) => sum + Number(row.contacts), 0)).toBe(
      all.reduce((sum, { count }) => sum + count, 0),
    );
    expect(
      hours.rows.every(
        ({ weekday, hour }) => Number(weekday) >= 1 && Number(weekday) <= 7 && Number(hour) < 24,
      ),
    ).toBe(true);
  });

  it.each(['series', 'symbols', 'guesses', 'week'] as const)('ask the server for the %s', async (panel) => {
    const { series } = await ask<OverviewAnswer>(overviewPath({ ...view, symbol: 'e' }, undefined));
    const shown = { asked: view, view, symbol: 'e', series, summary: { signedIn: true } };
    const line = curlOf(panel, shown, server.url, NOW);
    expect(line).toContain('-H "Authorization: Bearer $TALLYBOARD_DASHBOARD_TOKEN"');
    expect((await fetch(/'([^']+)'/.exec(line)![1]!)).status).toBe(200);
  });
});
