import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { HOUR, MINUTE } from '../../../src/domain/time.js';
import { putChanges } from '../../../src/stores/journal/projection/checkpoint.js';
import { ContactTable } from '../../../src/stores/journal/projection/contact-table.js';
import { Rollups } from '../../../src/stores/journal/projection/rollups.js';
import { TALLY_CHANGE, TallyChanges } from '../../../src/stores/journal/projection/tally-changes.js';
import { KeyHash } from '../../../src/stores/journal/runs/key-filter.js';
import { RunWriter } from '../../../src/stores/journal/runs/run-writer.js';
import { neighbour, PIECES_SEEN_MAX } from '../../neighbour.js';
import { freshDirectory, initial, initials, openStore } from './support.js';

const EVENTS = 6000;
const FRAME_EVENTS = 1000;
/** How much is done between two looks at the clock: of records as they are read, and of events as they are handed on. */
const RECORDS_A_LOOK = 1000;
const EVENTS_A_LOOK = 64;

/** Events in no order of time, in frames of so many. */
async function filled(events: readonly ContactEvent[]) {
  const store = await openStore(`journal:${freshDirectory()}`);
  for (let at = 0; at < events.length; at += FRAME_EVENTS)
    await store.append(events.slice(at, at + FRAME_EVENTS));
  return store;
}

describe('a journal that is read', () => {
  it('as a whole, lets others have a turn all the way', async () => {
    const store = await filled(
      initials(0, EVENTS).toSorted((a, b) => ((a.id * 7919) % EVENTS) - ((b.id * 7919) % EVENTS)),
    );
    const { seen, workByLooks, end } = neighbour();
    workByLooks();
    let events = 0;
    let most = 0;
    let before = 0;
    let looked = seen.pieces;
    for await (const event of store.events()) {
      if (event.id !== events) expect.fail(`event ${event.id} comes in place ${events}`);
      events += 1;
      // The neighbour has had a turn where the pieces were counted anew.
      if (seen.pieces - looked < PIECES_SEEN_MAX) continue;
      most = Math.max(most, events - before);
      before = events;
      looked = seen.pieces;
    }
    await end();
    expect(events).toBe(EVENTS);
    // Surveyed, gathered, and handed on.
    expect(seen.pieces).toBeGreaterThan(2 * (EVENTS / RECORDS_A_LOOK) + EVENTS / EVENTS_A_LOOK);
    expect(seen.most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
    expect(most).toBeLessThanOrEqual((PIECES_SEEN_MAX + 1) * EVENTS_A_LOOK);
    await store.close();
  });

  it('for the story of a contact that repeated itself, too', async () => {
    const replays = Array.from({ length: EVENTS }, (_, i) => ({
      ...initial(1),
      id: i,
      at: initial(EVENTS - i).at,
    }));
    const store = await filled(replays);
    const { seen, workByLooks, end } = neighbour();
    workByLooks();
    const story = await store.eventsOfContact!(initial(1).uuid, 1000);
    await end();
    expect([story.events.length, story.leftOut]).toEqual([1000, EVENTS - 1000]);
    expect(seen.pieces).toBeGreaterThan(EVENTS / RECORDS_A_LOOK);
    expect(seen.most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
    await store.close();
  });

  it('in frames of one event, as a quiet server writes them, between two frames', async () => {
    const store = await openStore(`journal:${freshDirectory()}`);
    for (const event of initials(0, 300)) await store.append([event]);
    const { seen, workByLooks, end } = neighbour();
    workByLooks();
    expect(await store.lastEvents!(10)).toHaveLength(10);
    await end();
    expect(seen.pieces).toBeGreaterThan(300);
    expect(seen.most).toBeLessThanOrEqual(PIECES_SEEN_MAX);
    await store.close();
  });
});

/** Contacts in so many minutes from 1970 on, and their followups. */
function changes(minutes: number, kind: keyof typeof TALLY_CHANGE): TallyChanges {
  const result = new TallyChanges();
  for (let minute = 0; minute < minutes; minute += 1) {
    result.add(minute * 7 * MINUTE + minute, minute % 52, TALLY_CHANGE[kind]);
  }
  return result;
}

function rolledUp(...all: readonly TallyChanges[]): Rollups {
  const rollups = new Rollups(() => undefined, 1 << 26);
  for (const each of all) {
    rollups.prepare(each);
    rollups.apply(each);
  }
  return rollups;
}

function written(entries: ReturnType<Rollups['takeChanges']>): string[] {
  return entries.map((entry) => `${entry.key.toString('hex')} ${entry.value().toString('hex')}`);
}

describe('a checkpoint', () => {
  it('has pages and days as they were when it began, whatever comes before they are written', () => {
    const [contacts, followups] = [changes(2000, 'contact'), changes(1000, 'followup')];
    const wanted = written(rolledUp(contacts).takeChanges());
    const rollups = rolledUp(contacts);
    const taken = rollups.takeChanges();
    const firstHalf = written(taken.slice(0, taken.length / 2));
    rollups.prepare(followups);
    rollups.apply(followups);
    expect([...firstHalf, ...written(taken.slice(taken.length / 2))]).toEqual(wanted);
    rollups.written(true, taken);
    // What came since is in the next one, whole.
    const next = new Set(written(rollups.takeChanges()));
    const all = written(rolledUp(contacts, followups).takeChanges());
    expect(next.size).toBeGreaterThan((1000 * 7 * MINUTE) / HOUR);
    expect(all.filter((entry) => next.has(entry))).toHaveLength(next.size);
  });

  it('that fails leaves its pages to the next', () => {
    const [contacts, followups] = [changes(2000, 'contact'), changes(1000, 'followup')];
    const rollups = rolledUp(contacts);
    rollups.written(false, rollups.takeChanges());
    rollups.prepare(followups);
    rollups.apply(followups);
    expect(written(rollups.takeChanges()).toSorted()).toEqual(
      written(rolledUp(contacts, followups).takeChanges()).toSorted(),
    );
  });

  it('is handed to the database bit by bit', async () => {
    const rollups = rolledUp(changes(2000, 'contact'));
    const ids = new Set(Array.from({ length: 2000 }, (_, id) => id));
    let puts = 0;
    let most = 0;
    let isOver = false;
    const others = (async () => {
      for (let before = 0; !isOver; before = puts) {
        await nextTurn();
        most = Math.max(most, puts - before);
      }
    })();
    const entries = rollups.takeChanges();
    const writer = await RunWriter.create({
      path: join(freshDirectory(), 'run'),
      number: 1,
      rowsMax: entries.length + ids.size,
      hash: new KeyHash(1),
    });
    const put = writer.put.bind(writer);
    writer.put = (key, value) => {
      puts += 1;
      put(key, value);
    };
    const replays = new Map([[initial(0).uuid, ids]]);
    await putChanges(writer, { rollups: entries, contacts: new ContactTable(), replays, corrections: [] });
    isOver = true;
    await others;
    expect((await writer.finish()).rows).toBe(entries.length + 2000);
    // As many of the small ones as have a turn, after the last pages.
    expect(most).toBeLessThan(256 + 8);
  });
});
