import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Model } from '../../src/contract/model.js';
import type { EventSource, Store } from '../../src/contract/store.js';
import { type ContactEvent, SYMBOLS } from '../../src/domain/contact.js';
import { DAY, HOUR, type Instant, MINUTE } from '../../src/domain/time.js';
import { atEnd } from '../at-end.js';

/** A folder for the files of one test file; removed when its tests are done. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyboard-test-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function uuidOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function initial(uuid: number, at: Instant, more: Partial<ContactEvent> = {}): ContactEvent {
  const base = { id: at, uuid: uuidOf(uuid), symbol: 'e', isVowel: true, at, replay: false };
  return { kind: 'initial', ...base, ...more } as ContactEvent;
}

export function followup(uuid: number, at: Instant, more: Partial<ContactEvent> = {}): ContactEvent {
  return { kind: 'followup', id: at, uuid: uuidOf(uuid), at, replay: false, ...more } as ContactEvent;
}

const BASE = Date.UTC(2017, 5, 28) * 1000;

/** Instants that often coincide, in one minute, hour and day, in others, and before 1970. */
const instants: fc.Arbitrary<Instant> = fc.oneof(
  fc.integer({ min: BASE, max: BASE + 3 }),
  fc.integer({ min: 0, max: 180 }).map((minutes) => BASE + minutes * MINUTE + minutes * 7),
  fc.integer({ min: 0, max: 24 * 40 }).map((hours) => BASE + hours * HOUR - 1),
  fc.integer({ min: -100, max: 100 }).map((days) => BASE + days * 60 * DAY),
);

/**
 * Streams with replays, followups that come first or alone, and conflicts, as events for `append`. Contacts
 * of an odd number have marked replays; those of an even number have conflicts.
 */
export const streams: fc.Arbitrary<ContactEvent[]> = fc
  .array(
    fc.record({
      uuid: fc.integer({ min: 0, max: 15 }),
      symbol: fc.constantFrom('a', 'e', 'y', 'z'),
      isInitial: fc.boolean(),
      isVowel: fc.boolean(),
      isMarked: fc.boolean(),
      at: instants,
    }),
    { maxLength: 60 },
  )
  .map((steps) =>
    steps.map(({ uuid, symbol, isInitial, isVowel, isMarked, at }, id) => {
      const isOdd = uuid % 2 === 1;
      const replay = isOdd && isMarked;
      // A replay that is marked already carries the guess and the symbol of its contact.
      const answer = isOdd ? { symbol: SYMBOLS[uuid]!, isVowel: uuid % 4 === 1 } : { symbol, isVowel };
      return isInitial ? initial(uuid, at, { id, replay, ...answer }) : followup(uuid, at, { id, replay });
    }),
  );

export async function modelOf(
  events: readonly ContactEvent[],
  replays: 'recognised' | 'counted' = 'recognised',
): Promise<Model> {
  const model = new Model(replays);
  await model.append(events);
  return model;
}

/** A store over another one, wrong or different where `changes` make it so. */
export function over(store: Store, changes: Partial<Store> = {}): Store {
  return {
    promises: store.promises,
    limits: store.limits,
    open: () => store.open(),
    close: () => store.close(),
    append: (batch) => store.append(batch),
    tallyOfSymbol: (symbol) => store.tallyOfSymbol(symbol),
    talliesOfRange: (range) => store.talliesOfRange(range),
    unmatched: () => store.unmatched(),
    events: (span) => store.events(span),
    ...changes,
  };
}

/** The raw events without their ids. The order of contacts within one instant is nobody's promise. */
export async function rowsOf(source: Pick<EventSource, 'events'>): Promise<object[]> {
  const rows: (ContactEvent & { id?: number })[] = [];
  for await (const event of source.events()) rows.push(event);
  return rows
    .map(({ id, ...row }) => row)
    .sort((a, b) => a.at - b.at || (a.uuid < b.uuid ? -1 : a.uuid > b.uuid ? 1 : 0));
}

/** Every answer that a store gives about all of its contacts. */
export async function answersOf(store: Store): Promise<object> {
  return {
    symbols: await Promise.all(SYMBOLS.map((symbol) => store.tallyOfSymbol(symbol))),
    unmatched: await store.unmatched(),
    day: await store.talliesOfRange({ lower: BASE, upper: BASE + DAY }),
  };
}
