import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { atEnd } from '../at-end.js';
import { cleanEnvironment } from '../faults/server-process.js';
import { type MadeUp, writeMadeUp } from './made-up.js';

const run = promisify(execFile);
const MAIN = new URL('../../bin/tallyboard.js', import.meta.url).pathname;

/** An empty folder that ends with the tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tallyboard-page-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a command of tallyboard to its end. */
export async function tallyboard(...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [MAIN, ...words], { env: cleanEnvironment() });
  return stdout;
}

/** A journal with the contacts of a file, or with made-up ones. */
export async function makeStore(content: string | MadeUp): Promise<string> {
  const folder = temporaryFolder();
  const store = `journal:${join(folder, 'data')}`;
  let file = content;
  if (typeof file !== 'string') {
    const madeUp = join(folder, 'events.ndjson');
    await writeMadeUp(madeUp, file);
    file = madeUp;
  }
  await tallyboard('import', file, '--store', store);
  return store;
}

/** The uuid of the contact with a number. */
export function uuid(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

/** Sends a request of a client, which must be taken. */
export async function post(url: string, path: string): Promise<void> {
  const response = await fetch(`${url}${path}`, { method: 'POST' });
  expect(response.status).toBe(200);
}
