import type { EventSource } from '../../contract/store.js';
import type { ExportOptions, ExportSummary } from '../export.js';
import { type EventDatabase, openDatabase } from './database.js';
import { EVENT_ROWS, runOverEvents } from './event-rows.js';

/** Raw events as a table, where `api_events`, and the view `contacts`, can be asked for. */
export interface EventTable extends EventDatabase {
  readonly summary: ExportSummary;
}

/** Reads the raw events of a source, in time order, into a table. */
export async function openEventTable(
  source: Pick<EventSource, 'events' | 'eventColumns'>,
  options: ExportOptions = {},
): Promise<EventTable> {
  const { connection, close } = await openDatabase();
  try {
    const statement = `CREATE TABLE stored_events AS FROM ${EVENT_ROWS}`;
    const summary = await runOverEvents(connection, statement, source, options);
    await connection.run(VIEWS);
    return { connection, summary, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const VIEWS = `
CREATE VIEW api_events AS
  SELECT uuid, symbol::VARCHAR AS symbol, is_vowel, url::VARCHAR AS url, date, replay FROM stored_events;
CREATE VIEW contacts AS
  SELECT uuid,
         any_value(symbol::VARCHAR) AS symbol,
         any_value(is_vowel) AS is_vowel,
         min(date) FILTER (url = 'initial') AS initial_at,
         min(date) FILTER (url = 'followup') AS followup_at
  FROM stored_events
  WHERE NOT replay
  GROUP BY uuid
  HAVING initial_at IS NOT NULL;
`;
