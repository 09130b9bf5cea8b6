import type { EventSource } from '../../contract/store.js';
import type { ExportOptions, ExportSummary } from '../export.js';
import { openDatabase } from './database.js';
import { EVENT_ROWS, runOverEvents } from './event-rows.js';

/**
 * Writes the raw events in time order as Parquet: into a new file or, `byDay`, into a new folder with one of each
 * day of UTC in `day=2017-06-28`, which readers take for a column `day`.
 */
export async function exportParquet(
  source: Pick<EventSource, 'events' | 'eventColumns'>,
  path: string,
  byDay: boolean,
  options: ExportOptions = {},
): Promise<ExportSummary> {
  const { connection, close } = await openDatabase();
  const columns = byDay ? '*, date::DATE AS day' : '*';
  const days = byDay ? ', PARTITION_BY (day)' : '';
  try {
    return await runOverEvents(
      connection,
      `COPY (SELECT ${columns} FROM ${EVENT_ROWS}) TO '${path.replaceAll("'", "''")}'
       (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2${days})`,
      source,
      options,
    );
  } finally {
    await close();
  }
}
