import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Model } from '../../../src/contract/model.js';
import type { Store } from '../../../src/contract/store.js';
import { type ContactEvent, SYMBOLS } from '../../../src/domain/contact.js';
import { encodeSegmentHeader, HEADER_BYTES } from '../../../src/stores/journal/log/format.js';
import { segmentPath } from '../../../src/stores/journal/log/segments.js';
import { copyEvents } from '../../../src/transfer/copy.js';
import { verifyStore } from '../../../src/transfer/verify/verify.js';
import {
  eventsOf,
  flip,
  frameOf,
  freshDirectory,
  initial,
  initials,
  lines,
  logOf,
  openStore,
  segmentFiles,
} from './support.js';

// A store that took known contacts for new ones has logged first events that are none.

const SALT = 4711;

/** A journal with these events, a frame for each list. */
function journalOf(frames: readonly (readonly ContactEvent[])[]): string {
  const directory = freshDirectory();
  const header = encodeSegmentHeader({
    firstSequence: 0,
    previousEnd: 0,
    salt: SALT,
    salvaged: false,
    mark: 0,
  });
  let sequence = 0;
  const bytes = frames.map((events) => {
    sequence += events.length;
    return frameOf(events, sequence - events.length, SALT);
  });
  mkdirSync(join(directory, 'journal'));
  writeFileSync(segmentPath(join(directory, 'journal'), 0), Buffer.concat([header, ...bytes]));
  return directory;
}

/** The events that a journal ought to have had, and a model of them. */
async function rightly(logged: readonly ContactEvent[]) {
  const model = new Model();
  for (const event of logged) await model.append([event]);
  return { model, events: await eventsOf(model) };
}

/** Which guess a replay has was decided when it was answered: the model answers otherwise. */
function withoutGuesses(events: readonly ContactEvent[]): object[] {
  return events.map((event) => (event.replay ? { ...event, isVowel: undefined } : event));
}

async function expectAgreement(directory: string, logged: readonly ContactEvent[]): Promise<void> {
  const { model, events } = await rightly(logged);
  const store = await openStore(`journal:${directory}`);
  await expectAnswers(store, model);
  const last = (await store.lastEvents?.(4)) ?? [];
  expect(withoutGuesses(last)).toEqual(withoutGuesses(await model.lastEvents(4)));
  expect(withoutGuesses(await eventsOf(store))).toEqual(withoutGuesses(events));
  expect(withoutGuesses(await logOf(directory))).toEqual(withoutGuesses(events));
  const { differences } = await verifyStore(store, { ranges: 5, random: () => 0.5 });
  expect(differences).toEqual([]);
  const copy = new Model();
  const { counts, refusals } = await copyEvents(store, copy);
  expect(refusals).toEqual([]);
  expect(counts.accepted + counts.replays).toBe(events.length);
  await expectAnswers(store, copy);
  await store.close();
}

async function expectAnswers(store: Store, model: Model): Promise<void> {
  const at = initial(0).at;
  for (const range of [
    { lower: at - 86_400_000_000, upper: at + 86_400_000_000 },
    { lower: at + 60_000_000, upper: at + 120_000_000 },
  ]) {
    expect(await store.talliesOfRange(range)).toEqual(await model.talliesOfRange(range));
  }
  for (const symbol of SYMBOLS.slice(0, 5)) {
    expect(await store.tallyOfSymbol(symbol)).toEqual(await model.tallyOfSymbol(symbol));
  }
  expect(await store.unmatched()).toBe(await model.unmatched());
  expect(await store.replays?.()).toBe(await model.replays());
  for (const { uuid } of initials(0, 5)) {
    const story = await store.eventsOfContact?.(uuid, 3);
    const expected = await model.eventsOfContact(uuid, 3);
    expect(story?.leftOut).toBe(expected.leftOut);
    expect(withoutGuesses(story?.events ?? [])).toEqual(withoutGuesses(expected.events));
  }
}

/** An initial (with a symbol) or a followup of one of a few contacts, `at` so many seconds in. */
function event(
  contact: number,
  symbol: string | undefined,
  { id, at, isVowel = true, replay = false }: { id: number; at: number; isVowel?: boolean; replay?: boolean },
): ContactEvent {
  const common = { id, uuid: initial(contact).uuid, at: initial(0).at + at * 1_000_000, replay };
  return symbol === undefined
    ? { kind: 'followup', ...common }
    : { kind: 'initial', symbol, isVowel, ...common };
}

const POISONED: [string, ContactEvent[], { replays: number; leftOut: number }][] = [
  [
    'a second initial',
    [event(0, 'e', { id: 1, at: 1 }), event(0, 'e', { id: 2, at: 70, isVowel: false })],
    { replays: 1, leftOut: 0 },
  ],
  [
    'a second initial whose clock was behind',
    [event(0, 'e', { id: 1, at: 70 }), event(0, 'e', { id: 2, at: 1 })],
    { replays: 1, leftOut: 0 },
  ],
  [
    'a second initial with another symbol, and its replays',
    [
      event(0, 'e', { id: 1, at: 1 }),
      event(0, 'b', { id: 2, at: 2 }),
      event(0, 'b', { id: 3, at: 3, replay: true }),
      event(0, undefined, { id: 4, at: 4 }),
    ],
    { replays: 0, leftOut: 2 },
  ],
  [
    'a second followup, and one of a contact without an initial',
    [
      event(0, 'e', { id: 1, at: 1 }),
      event(0, undefined, { id: 2, at: 2 }),
      event(1, undefined, { id: 3, at: 3 }),
      event(0, undefined, { id: 4, at: 4 }),
      event(1, undefined, { id: 5, at: 5 }),
      event(2, undefined, { id: 6, at: 6 }),
      event(2, undefined, { id: 7, at: 7 }),
      event(2, 'c', { id: 8, at: 8 }),
    ],
    { replays: 3, leftOut: 0 },
  ],
  [
    'events that were copied twice, with their ids',
    [
      event(0, 'e', { id: 1, at: 1 }),
      event(0, undefined, { id: 2, at: 2 }),
      event(0, 'e', { id: 3, at: 3, replay: true }),
      event(0, 'e', { id: 1, at: 1 }),
      event(0, undefined, { id: 2, at: 2 }),
      event(0, 'e', { id: 3, at: 3, replay: true }),
    ],
    { replays: 0, leftOut: 3 },
  ],
];

it.each(POISONED)(
  'heals a journal with %s: the first in the order of the log is the first',
  async (_, events, counts) => {
    for (const frames of [[events], events.map((each) => [each])]) {
      const directory = journalOf(frames);
      await expectAgreement(directory, events);
      // From what the projection has kept, and from the journal once more.
      const log = lines();
      await (await openStore(`journal:${directory}`, log)).close();
      expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
        expect.objectContaining({ fields: counts, message: expect.stringContaining('second first events') }),
      ]);
      await expectAgreement(directory, events);
      await rm(join(directory, 'projection'), { recursive: true });
      await expectAgreement(directory, events);
    }
  },
);

it('takes any journal for what it would have been, had every event met what came before it', async () => {
  const anyEvent = fc.record({
    contact: fc.nat({ max: 3 }),
    symbol: fc.constantFrom('a', 'a', 'b', undefined, undefined),
    id: fc.nat({ max: 20 }),
    at: fc.nat({ max: 200 }),
    replay: fc.constantFrom(false, false, false, true),
    isVowel: fc.boolean(),
  });
  const frames = fc.array(fc.array(anyEvent, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(frames, async (drawn) => {
      const seen = new Set<string>();
      const made = drawn.map((frame) =>
        frame.map(({ contact, symbol, replay, ...rest }) => {
          const kind = symbol === undefined ? 1 : 0;
          // No event is logged as a replay before the first of its kind; and a followup has no initial's id.
          const isReplay = replay && seen.has(`${contact} ${kind}`);
          seen.add(`${contact} ${kind}`);
          return event(contact, symbol, { ...rest, id: rest.id * 2 + kind, replay: isReplay });
        }),
      );
      await expectAgreement(journalOf(made), made.flat());
    }),
    { numRuns: 30 },
  );
});

it('keeps the numbers of its events over a salvage', async () => {
  const events = [...initials(0, 30), ...initials(15, 25).map((each) => ({ ...each, id: each.id + 1000 }))];
  const frames = [0, 1, 2, 3].map((i) => events.slice(i * 10, i * 10 + 10));
  const directory = journalOf(frames);
  const [path] = await segmentFiles(directory);
  await flip(path!, HEADER_BYTES + 14 + 10 * 32 + 50);
  await (await openStore(`journal:${directory}`, lines(), true)).close();
  // The second frame is lost, so its contacts have their first initials in the last one; others have not.
  await expectAgreement(directory, [...events.slice(0, 10), ...events.slice(20)]);
});

it('says nothing of a journal that is sound, and leaves no file', async () => {
  const directory = journalOf([initials(0, 10), initials(10, 20)]);
  const log = lines();
  await (await openStore(`journal:${directory}`, log)).close();
  expect(log.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  expect(await readdir(directory)).not.toContain('corrections');
});

it('does not believe a file of corrections that is damaged, or of another journal', async () => {
  const [, events] = POISONED[0]!;
  const directory = journalOf([events]);
  await (await openStore(`journal:${directory}`)).close();
  const path = join(directory, 'corrections');
  const whole = readFileSync(path);
  const marked = await logOf(directory);
  expect(marked.map(({ replay }) => replay)).toEqual([false, true]);
  for (let at = 0; at < whole.length; at += 1) {
    writeFileSync(path, whole);
    await flip(path, at);
    await expect(logOf(directory)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  }
  rmSync(path);
  mkdirSync(path);
  await expect(logOf(directory)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  await (await openStore(`journal:${directory}`)).close();
  expect(await logOf(directory)).toEqual(marked);
  const other = freshDirectory();
  await (await openStore(`journal:${other}`)).close();
  const [segment] = await segmentFiles(other);
  const salt = readFileSync(segment!).readUInt32LE(12);
  writeFileSync(segment!, Buffer.concat([readFileSync(segment!), frameOf(events, 0, salt)]));
  cpSync(path, join(other, 'corrections'));
  expect(await logOf(other)).toEqual(events);
});
