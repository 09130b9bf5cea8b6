import type { EventSource } from '../../contract/store.js';
import type { ExportOptions, ExportSummary } from '../export.js';
import { openEventTable } from './event-table.js';

/**
 * Writes the raw events in time order as Parquet: into a new file or, `byDay`, into a new folder with one of each
 * day of UTC in `day=2017-06-28`, which readers take for a column `day`.
 */
export async function exportParquet(
  source: Pick<EventSource, 'events'>,
  path: string,
  byDay: boolean,
  options: ExportOptions = {},
): Promise<ExportSummary> {
  const { connection, summary, close } = await openEventTable(source, options);
  try {
    if (summary.result !== 'complete') return summary;
    const columns = byDay ? '*, date::DATE AS day' : '*';
    const days = byDay ? ', PARTITION_BY (day)' : '';
    await connection.run(
      `COPY (SELECT ${columns} FROM api_events) TO '${path.replaceAll("'", "''")}'
       (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2${days})`,
    );
    return summary;
  } finally {
    await close();
  }
}
