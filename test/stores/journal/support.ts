import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log, Store } from '../../../src/contract/store.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { MINUTE } from '../../../src/domain/time.js';
import { createReader, createStore } from '../../../src/stores/index.js';
import {
  FRAME_HEADER_BYTES,
  RECORD_BYTES,
  sealFrame,
  writeRecord,
} from '../../../src/stores/journal/log/format.js';
import { atEnd } from '../../at-end.js';

/** A log that can be read. */
export interface Lines extends Log {
  readonly lines: { level: string; message: string; fields: Record<string, unknown> }[];
}

export function lines(): Lines {
  const kept: Lines['lines'] = [];
  const keep = (level: string) => (fields: object, message: string) => {
    kept.push({ level, message, fields: fields as Record<string, unknown> });
  };
  return { lines: kept, info: keep('info'), warn: keep('warn'), error: keep('error') };
}

export function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tallyboard-journal-'));
  atEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function openStore(url: string, log: Log = lines(), salvage = false): Promise<Store> {
  const store = await createStore(url, { log, salvage });
  await store.open();
  return store;
}

const START = Date.UTC(2024, 0, 1) * 1000;

/** The `n`-th of a stream of initials, a second apart. */
export function initial(n: number): ContactEvent {
  const uuid = `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
  return {
    kind: 'initial',
    id: n,
    uuid,
    symbol: 'e',
    isVowel: true,
    at: START + n * 1_000_000,
    replay: false,
  };
}

export function initials(from: number, to: number): ContactEvent[] {
  return Array.from({ length: to - from }, (_, i) => initial(from + i));
}

export async function eventsOf(store: Pick<Store, 'events'>): Promise<ContactEvent[]> {
  const events: ContactEvent[] = [];
  for await (const event of store.events()) events.push(event);
  return events;
}

/** What the journal in a directory has, read without its lock. */
export async function logOf(directory: string): Promise<ContactEvent[]> {
  const reader = await createReader(`journal:${directory}`, { log: lines() });
  await reader.open();
  return eventsOf(reader);
}

export async function countOf(store: Store): Promise<number> {
  const { vowel, consonant } = await store.tallyOfSymbol('e');
  return vowel.count + consonant.count;
}

/** The number of contacts that ranges of a minute add up to. */
export async function countByMinutes(store: Store, events: number): Promise<number> {
  const end = Math.ceil((events * 1_000_000) / MINUTE) * MINUTE;
  const tallies = await store.talliesOfRange({ lower: START + MINUTE, upper: START + end });
  const first = await store.talliesOfRange({ lower: START, upper: START + MINUTE });
  return tallies[4]!.vowel.count + first[4]!.vowel.count;
}

export async function segmentFiles(directory: string): Promise<string[]> {
  const journal = join(directory, 'journal');
  return (await readdir(journal)).sort().map((name) => join(journal, name));
}

/** Events as a frame of a journal. */
export function frameOf(events: readonly ContactEvent[], sequence: number, salt: number): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + events.length * RECORD_BYTES);
  for (const [i, event] of events.entries()) {
    writeRecord(bytes, FRAME_HEADER_BYTES + i * RECORD_BYTES, event);
  }
  return sealFrame(bytes, events.length, sequence, salt);
}

/** Deletes what is in a directory under these names; answers with the directory. */
export function removeFrom(directory: string, ...names: string[]): string {
  for (const name of names) rmSync(join(directory, name), { recursive: true });
  return directory;
}

/**
 * Another path to a directory. LevelDB refuses its own process a second lock by the path, so a test that is
 * two processes in one has two paths.
 */
export function aliasOf(directory: string): string {
  const alias = `${directory}.alias`;
  symlinkSync(directory, alias);
  atEnd(() => rmSync(alias, { force: true }));
  return alias;
}

/** Damages one byte of a file. */
export async function flip(path: string, offset: number, bits = 1): Promise<void> {
  const handle = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, offset);
  byte[0]! ^= bits;
  await handle.write(byte, 0, 1, offset);
  await handle.close();
}
