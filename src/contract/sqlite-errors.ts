import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';

/** Primary codes of SQLite: there are several of each, told apart above the lowest byte. */
const READONLY = 8;
const CANTOPEN = 14;

/**
 * What to do where SQLite cannot even read a database because it may write nothing beside it, as in WAL mode or
 * after a crash of whoever wrote it; undefined where that is not the matter.
 */
export function unwritableAdvice(file: string, error: unknown): string | undefined {
  const { rawCode } = error as { readonly rawCode?: unknown };
  const code = typeof rawCode === 'number' ? rawCode & 0xff : undefined;
  if (code !== READONLY && !(code === CANTOPEN && isWal(file))) return undefined;
  const name = basename(file);
  return `SQLite reads '${file}' only where it may write beside it, for it is in WAL mode or was left by a crash: copy ${name}, with ${name}-wal and ${name}-journal if they are there, to a directory that can be written, and name the copy`;
}

const WAL_OFFSET = 19;
const WAL = 2;

function isWal(file: string): boolean {
  try {
    const handle = openSync(file, 'r');
    try {
      const mode = Buffer.alloc(1);
      readSync(handle, mode, 0, 1, WAL_OFFSET);
      return mode[0] === WAL;
    } finally {
      closeSync(handle);
    }
  } catch {
    return false;
  }
}
