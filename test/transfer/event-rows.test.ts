import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { collect } from '../../src/contract/conformance/answers.js';
import { COLUMN_EVENTS_MAX, type EventColumns, eventColumns } from '../../src/contract/event-columns.js';
import type { EventSource, EventSpan } from '../../src/contract/store.js';
import { type ContactEvent, SYMBOLS } from '../../src/domain/contact.js';
import { INSTANT_MAX, INSTANT_MIN } from '../../src/domain/time.js';
import { createReader } from '../../src/stores/index.js';
import { openDatabase } from '../../src/transfer/duckdb/database.js';
import { EVENT_ROWS, runOverEvents } from '../../src/transfer/duckdb/event-rows.js';
import { openEventTable } from '../../src/transfer/duckdb/event-table.js';
import { exportParquet } from '../../src/transfer/duckdb/export-parquet.js';
import { lines, openStore } from '../stores/journal/support.js';
import { temporaryFolder } from './support.js';

const folder = await temporaryFolder();

type Source = Pick<EventSource, 'events' | 'eventColumns'>;

/** Of all years, in no order, each uuid twice at most. */
function anyEvents(count: number): ContactEvent[] {
  const uuids = Array.from({ length: count }, () => randomUUID() as string);
  return uuids.map((own, id) => {
    const uuid = id % 3 === 0 ? uuids[id >> 1]! : own;
    const at = INSTANT_MIN + randomInt(2 ** 47) * 123 + randomInt(2);
    if (id % 4 === 0) return { kind: 'followup', id, uuid, at, replay: false };
    const isVowel = randomInt(2) === 1;
    return {
      kind: 'initial',
      id,
      uuid,
      symbol: SYMBOLS[uuid.charCodeAt(0) % 26]!,
      isVowel,
      at,
      replay: false,
    };
  });
}

async function rowsIn(source: Source, span?: EventSpan): Promise<unknown[][]> {
  const table = await openEventTable(source, span === undefined ? {} : { span });
  try {
    const query =
      'SELECT uuid::VARCHAR, symbol, is_vowel, url, epoch_us(date)::VARCHAR, replay FROM api_events';
    return (await table.connection.runAndReadAll(query)).getRows();
  } finally {
    await table.close();
  }
}

it('are what the events are, of a journal by column and of every store by event', async () => {
  const store = await openStore(`journal:${folder}/journal`);
  const { batchEventsMax } = store.limits;
  const all = anyEvents(3 * COLUMN_EVENTS_MAX);
  for (let i = 0; i < all.length; i += batchEventsMax) await store.append(all.slice(i, i + batchEventsMax));
  await store.close();
  const reader = await createReader(`journal:${folder}/journal`, { log: lines() });
  await reader.open();
  for (const span of [undefined, { lower: INSTANT_MIN / 2, upper: INSTANT_MAX / 2 }]) {
    const events = await collect(reader.events(span));
    const rows = events.map((event) => {
      const answer = event.kind === 'initial' ? [event.symbol, event.isVowel] : [null, null];
      return [event.uuid, ...answer, event.kind, String(event.at), event.replay];
    });
    expect(new Set(rows.map((row) => row.at(-1))), 'replays and others').toEqual(new Set([true, false]));
    expect(await rowsIn(reader, span)).toEqual(rows);
    expect(await rowsIn({ events: (asked) => reader.events(asked) }, span)).toEqual(rows);
  }
  expect(await rowsIn(await createReader('null:', { log: lines() }))).toEqual([]);
  await reader.close();
});

/** Columns without end, the first event of each a replay, and how many were asked for. */
function endless(): Source & { asked: number; isClosed: boolean } {
  return {
    asked: 0,
    isClosed: false,
    events: () => expect.fail('columns are preferred'),
    async *eventColumns(): AsyncGenerator<EventColumns> {
      try {
        for (;;) {
          this.asked += 1;
          const columns = eventColumns(COLUMN_EVENTS_MAX);
          columns.replays[0] = 1;
          yield columns;
        }
      } finally {
        this.isClosed = true;
      }
    },
  };
}

it('wait for a source that is slower than the statement', async () => {
  const slow: Source = {
    async *events() {
      for (const [i, event] of anyEvents(3000).entries()) {
        if (i % 500 === 0) await sleep(20);
        yield event;
      }
    },
  };
  expect(await rowsIn(slow)).toHaveLength(3000);
});

it('are read no further than the statement needs', async () => {
  const { connection, close } = await openDatabase();
  const source = endless();
  const summary = await runOverEvents(connection, `FROM ${EVENT_ROWS} LIMIT 1`, source, {});
  expect(summary.result).toBe('stopped');
  expect(source).toMatchObject({ isClosed: true });
  await close();
});

it('are not kept in memory while the statement is busy', async () => {
  const { connection, close } = await openDatabase();
  const source = endless();
  const interruption = new AbortController();
  const statement = `SELECT count(CASE WHEN replay THEN sleep_ms(10) END) FROM ${EVENT_ROWS}`;
  const running = runOverEvents(connection, statement, source, { interrupted: interruption.signal });
  await sleep(300);
  expect(source.asked).toBeGreaterThan(1);
  expect(source.asked).toBeLessThan(100);
  interruption.abort();
  expect((await running).result).toBe('interrupted');
  await close();
});

it('end with what went wrong, in the source or in the statement', async () => {
  const broken: Source = {
    async *events() {
      yield* anyEvents(2000);
      throw new Error('the store is gone');
    },
  };
  await expect(exportParquet(broken, join(folder, 'a.parquet'), false)).rejects.toThrow('the store is gone');
  await expect(openEventTable(broken)).rejects.toThrow('the store is gone');
  const source = endless();
  await expect(exportParquet(source, join(folder, 'nowhere', 'a.parquet'), false)).rejects.toThrow('nowhere');
  const { connection, close } = await openDatabase();
  const failing = `SELECT count(error('the disk is full')) FROM ${EVENT_ROWS}`;
  await expect(runOverEvents(connection, failing, source, {})).rejects.toThrow('the disk is full');
  expect(source.isClosed).toBe(true);
  await close();
});
