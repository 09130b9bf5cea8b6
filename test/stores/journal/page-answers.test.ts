import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../src/contract/store.js';
import type { ContactStory } from '../../../src/contract/store-page.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { FRAME_HEADER_BYTES, HEADER_BYTES, RECORD_BYTES } from '../../../src/stores/journal/log/format.js';
import { eventsOf, flip, freshDirectory, initial, initials, openStore, segmentFiles } from './support.js';

/** The least that a segment may have: eight frames of a thousand events. */
const SMALL_SEGMENTS = 'segment-bytes=262172';
const FRAME_EVENTS = 1000;
const FRAME_BYTES = FRAME_HEADER_BYTES + FRAME_EVENTS * RECORD_BYTES;

function replayOf(n: number, id: number): ContactEvent {
  return { ...initial(n), id, at: initial(n).at + id };
}

function followupOf(n: number, at: number): ContactEvent {
  return { kind: 'followup', id: n, uuid: initial(n).uuid, at, replay: false };
}

function tell(store: Store, contact: number, eventsMax = 1000): Promise<ContactStory> {
  return store.eventsOfContact!(initial(contact).uuid, eventsMax);
}

/** A store of several segments, a thousand events a frame; every thousandth contact comes again at the end. */
async function manySegments(): Promise<{ directory: string; url: string; store: Store }> {
  const directory = freshDirectory();
  const url = `journal:${directory}?${SMALL_SEGMENTS}`;
  const store = await openStore(url);
  for (let i = 0; i < 20; i += 1) await store.append(initials(i * FRAME_EVENTS, (i + 1) * FRAME_EVENTS));
  await store.append(Array.from({ length: 20 }, (_, i) => replayOf(i * FRAME_EVENTS, 900_000 + i)));
  expect((await segmentFiles(directory)).length).toBeGreaterThan(2);
  return { directory, url, store };
}

describe('the last events of a journal', () => {
  it('are those that were logged last, over the edges of segments', async () => {
    const { store } = await manySegments();
    const all = [...initials(0, 20_000), ...(await eventsOf(store)).filter((event) => event.replay)];
    for (const eventsMax of [0, 1, 19, 20, 21, 1500, 9000, 20_000, 50_000]) {
      const last = await store.lastEvents!(eventsMax);
      expect(last.length).toBe(Math.min(eventsMax, 20_020));
      expect(last.map(({ uuid, id }) => `${uuid} ${id}`)).toEqual(
        all.slice(Math.max(0, all.length - eventsMax)).map(({ uuid, id }) => `${uuid} ${id}`),
      );
    }
    await store.close();
  });

  it('are none of an empty journal', async () => {
    const store = await openStore(`journal:${freshDirectory()}`);
    expect(await store.lastEvents!(50)).toEqual([]);
    expect(await store.replays!()).toBe(0);
    await store.close();
  });
});

describe('the events of a contact', () => {
  it('are found in every segment', async () => {
    const { store } = await manySegments();
    const replay = { ...replayOf(3000, 900_003), replay: true };
    expect(await tell(store, 3000)).toEqual({ events: [initial(3000), replay], leftOut: 0 });
    expect(await tell(store, 3000, 1)).toEqual({ events: [initial(3000)], leftOut: 1 });
    expect(await tell(store, 3001)).toEqual({ events: [initial(3001)], leftOut: 0 });
    expect(await tell(store, 99_999)).toEqual({ events: [], leftOut: 0 });
    await store.close();
  });

  it('are the first in time order, however many there are and in whatever order they came', async () => {
    const store = await openStore(`journal:${freshDirectory()}`);
    const { at, uuid } = initial(1);
    await store.append([initial(1)]);
    // Each thousand comes before the thousand that was logged before it, and each instant comes twice.
    const instants = Array.from({ length: 8000 }, (_, i) => at + 1 + Math.floor(i / 2));
    for (let batch = 7; batch >= 0; batch -= 1) {
      const part = instants.slice(batch * 1000, (batch + 1) * 1000);
      await store.append(part.map((when, i) => ({ ...initial(1), id: 10_000 + batch * 1000 + i, at: when })));
    }
    const ids = Array.from({ length: 8000 }, (_, i) => 10_000 + i);
    for (const eventsMax of [1, 2, 1000, 1023, 8001, 9000]) {
      const { events, leftOut } = await store.eventsOfContact!(uuid, eventsMax);
      expect(events.map(({ id }) => id)).toEqual([1, ...ids].slice(0, eventsMax));
      expect(leftOut).toBe(8001 - events.length);
    }
    await store.close();
  });

  it('are read no further when nobody waits for them', async () => {
    const { store, directory } = await manySegments();
    const [, second] = await segmentFiles(directory);
    // Whoever reads on comes upon damage.
    await flip(second!, HEADER_BYTES + FRAME_BYTES / 2);
    await expect(tell(store, 3000)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    const controller = new AbortController();
    const reason = new Error('gone');
    const asked = store.eventsOfContact!(initial(3000).uuid, 10, controller.signal);
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await store.close();
  });

  it('of the same instant are in the order of their arrival', async () => {
    const store = await openStore(`journal:${freshDirectory()}`);
    const { at } = initial(1);
    await store.append([
      followupOf(1, at),
      { ...initial(1), id: 7 },
      { ...initial(2), id: 7 },
      followupOf(2, initial(2).at),
    ]);
    expect((await tell(store, 1)).events.map(({ kind }) => kind)).toEqual(['followup', 'initial']);
    expect((await tell(store, 2)).events.map(({ kind }) => kind)).toEqual(['initial', 'followup']);
    await store.close();
  });

  it('without replays are told without reading the journal', async () => {
    const directory = freshDirectory();
    const store = await openStore(`journal:${directory}`);
    await store.append([initial(1), followupOf(1, 5), followupOf(2, 6), initial(3), replayOf(3, 999)]);
    const [segment] = await segmentFiles(directory);
    // The journal is spoilt, so that whatever reads it fails.
    await flip(segment!, HEADER_BYTES - 1);
    expect(await tell(store, 1)).toEqual({ events: [followupOf(1, 5), initial(1)], leftOut: 0 });
    expect(await tell(store, 1, 1)).toEqual({ events: [followupOf(1, 5)], leftOut: 1 });
    expect(await tell(store, 2)).toEqual({ events: [followupOf(2, 6)], leftOut: 0 });
    await expect(tell(store, 3)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    await flip(segment!, HEADER_BYTES - 1);
    await store.close();
  });
});

describe('the replays of a journal', () => {
  it('are counted over a restart', async () => {
    const { store, url } = await manySegments();
    await store.append([followupOf(90_000, 1), followupOf(90_001, 2), { ...followupOf(90_000, 3), id: 8 }]);
    expect(await store.replays!()).toBe(21);
    await store.close();
    const again = await openStore(url);
    expect(await again.replays!()).toBe(21);
    await again.append([initial(90_000), { ...initial(90_000), id: 5 }]);
    expect(await again.replays!()).toBe(22);
    await again.close();
  });

  it('are those that are left, where a salvage lost events', async () => {
    const { store, url, directory } = await manySegments();
    await store.close();
    const files = await segmentFiles(directory);
    // A frame in the middle of a segment, and another in the next.
    for (const path of files.slice(0, 2)) await flip(path, HEADER_BYTES + FRAME_BYTES + 100);
    const salvaged = await openStore(url, undefined, true);
    const left = await eventsOf(salvaged);
    expect(left.length).toBe(20_020 - 2 * FRAME_EVENTS);
    const replays = left.filter((event) => event.replay).length;
    expect(replays).toBeGreaterThan(0);
    expect(await salvaged.replays!()).toBe(replays);
    await salvaged.append([initial(50_000), { ...initial(50_000), id: 1 }]);
    expect(await salvaged.replays!()).toBe(replays + 1);
    await salvaged.close();
  });
});

describe('the last verification of a journal', () => {
  const verification = { at: initial(1).at, events: 12, contacts: 10, differences: 1 };

  it('is a file that can be read, and is forgotten by a salvage', async () => {
    const directory = freshDirectory();
    const store = await openStore(`journal:${directory}`);
    await store.recordVerification!(verification);
    await store.close();
    const { value } = JSON.parse(await readFile(join(directory, 'verification.json'), 'utf8'));
    expect(value).toMatchObject({ ...verification, at: '2024-01-01 00:00:01.000000' });
    const again = await openStore(`journal:${directory}`);
    expect(await again.verification!()).toEqual(verification);
    await again.close();
    const salvaged = await openStore(`journal:${directory}`, undefined, true);
    expect(await salvaged.verification!()).toBeNull();
    await salvaged.close();
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"at":"2024-01-01 00:00:01.000000"}',
    '{"at":"soon","events":1,"contacts":1,"differences":0}',
    '{"at":"2024-01-01 00:00:01.000000","events":"1","contacts":1,"differences":0}',
  ])('is none where the file says %s', async (text) => {
    const directory = freshDirectory();
    const store = await openStore(`journal:${directory}`);
    await writeFile(join(directory, 'verification.json'), text);
    expect(await store.verification!()).toBeNull();
    await store.recordVerification!(verification);
    expect(await store.verification!()).toEqual(verification);
    await expect(stat(join(directory, 'verification.json.new'))).rejects.toMatchObject({ code: 'ENOENT' });
    await store.close();
  });

  it('is not told of a store that is closed', async () => {
    const store = await openStore(`journal:${freshDirectory()}`);
    await store.close();
    await expect(store.verification!()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(store.recordVerification!(verification)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(store.replays!()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});
