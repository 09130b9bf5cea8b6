import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import type { EventSource, EventSpan, Store } from '../../src/contract/store.js';
import { exportText } from '../../src/transfer/export.js';
import { exportSqlite } from '../../src/transfer/export-sqlite.js';
import { type ImportOptions, type ImportSummary, importSource } from '../../src/transfer/import.js';
import { writeFileWith, writeWhole } from '../../src/transfer/output.js';
import { openSource } from '../../src/transfer/sources/open.js';
import type { Format } from '../../src/transfer/sources/source.js';

/** Exports to a file, which is replaced if it exists. */
export async function exportTo(
  source: EventSource,
  format: Format,
  path: string,
  span: EventSpan = {},
): Promise<void> {
  await writeWhole(
    path,
    true,
    (partial) =>
      format === 'sqlite'
        ? exportSqlite(source, partial, { span })
        : writeFileWith(partial, (output) => exportText(source, format, output, { span })),
    () => true,
  );
}

export async function importFrom(
  path: string,
  store: Store,
  options: ImportOptions & { readonly format?: Format } = {},
): Promise<ImportSummary & { readonly format: Format }> {
  const source = await openSource(path, options.format);
  try {
    return { ...(await importSource(source, store, options)), format: source.format };
  } finally {
    await source.close();
  }
}

export async function textFile(folder: string, name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

/** A database as the original makes it, filled by SQL: one text of values a row. */
export function originalDatabase(folder: string, name: string, rows: readonly string[]): string {
  const path = join(folder, name);
  runSql(
    path,
    'CREATE TABLE api_events (uuid text, symbol text, is_vowel int, url text, date text)',
    ...rows.map((row) => `INSERT INTO api_events VALUES (${row})`),
  );
  return path;
}

export function runSql(path: string, ...statements: readonly string[]): void {
  const database = new Database(path);
  for (const statement of statements) database.exec(statement);
  database.close();
}
