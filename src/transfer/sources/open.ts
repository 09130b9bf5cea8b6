import { type FileHandle, open, stat } from 'node:fs/promises';
import { TallyboardError } from '../../contract/errors.js';
import { loadWithClient } from '../../contract/missing-client.js';
import type { Format, Source } from './source.js';

const HEAD_BYTES = 4096;
const SQLITE_MAGIC = 'SQLite format 3\0';

/** Opens an original database or an export. Without a format it is told from what the file holds. */
export async function openSource(path: string, format?: Format): Promise<Source> {
  const handle = await openFile(path);
  try {
    const { size } = await handle.stat();
    const chosen = format ?? formatOf(await readHead(handle), path);
    if (chosen === 'ndjson') return (await import('./ndjson.js')).openNdjson(handle, size);
    if (chosen === 'csv') return await (await import('./csv.js')).openCsv(handle, size, path);
    await handle.close();
    const { openSqlite } = await loadWithClient(() => import('./sqlite.js'));
    return openSqlite(path);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Opening a pipe would wait for somebody who writes to it.
    if ((await stat(path)).isFile()) return await open(path, 'r');
  } catch (error) {
    throw new TallyboardError('INPUT_INVALID', `'${path}' cannot be opened`, { cause: error });
  }
  throw new TallyboardError(
    'INPUT_INVALID',
    `'${path}' is not a regular file: it is read twice, so write a pipe's content to a file first`,
  );
}

async function readHead(handle: FileHandle): Promise<Buffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
  return head.subarray(0, bytesRead);
}

function formatOf(head: Buffer, path: string): Format {
  if (head.toString('latin1', 0, SQLITE_MAGIC.length) === SQLITE_MAGIC) return 'sqlite';
  const text = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  // An export of no events in ndjson is an empty file.
  if (text === '' || text.startsWith('{')) return 'ndjson';
  const [firstLine = ''] = text.split('\n', 1);
  if (/(^|,)\s*"?uuid"?\s*(,|\r?$)/.test(firstLine)) return 'csv';
  throw new TallyboardError(
    'INPUT_INVALID',
    `'${path}' is neither a SQLite database, nor lines of JSON, nor a CSV file whose first line names the columns: if it is one all the same, say which with --format`,
  );
}
