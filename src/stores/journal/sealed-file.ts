import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { syncDirectory } from './files.js';

const SEALED = /^\{"checksum":"([0-9a-f]{8})","value":(.*)\}\n$/s;

/** Writes a value as JSON with its checksum, in the place of the last one: whole, or not at all. */
export async function writeSealed(path: string, kind: string, value: object): Promise<void> {
  const text = asAscii(JSON.stringify({ kind, ...value }));
  const draft = `${path}.new`;
  const handle = await open(draft, 'w');
  try {
    await handle.writeFile(`{"checksum":"${checksumOf(text)}","value":${text}}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
  await syncDirectory(dirname(path));
}

/**
 * What `writeSealed` wrote; undefined where nothing is there, null where what is there is of another kind, or
 * has not all of its bits as they were.
 */
export async function readSealed(path: string, kind: string): Promise<object | null | undefined> {
  let whole: string;
  try {
    whole = await readFile(path, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'EISDIR') return null;
    throw error;
  }
  const [, checksum, text = ''] = SEALED.exec(whole) ?? [];
  if (checksum !== checksumOf(text)) return null;
  const value = JSON.parse(text) as { readonly kind?: unknown };
  return value.kind === kind ? value : null;
}

function asAscii(json: string): string {
  return json.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** JSON of ours has ASCII alone, so it is the same in Latin-1, in which no byte is lost. */
function checksumOf(text: string): string {
  return crc32(Buffer.from(text, 'latin1')).toString(16).padStart(8, '0');
}
