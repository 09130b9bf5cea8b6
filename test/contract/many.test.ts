import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TallyboardError } from '../../src/contract/errors.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { followup, initial, opened, uuidOf } from './held-store.js';

function followups(...contacts: number[]): ContactEvent[] {
  return contacts.map((contact, id) => ({ kind: 'followup', replay: false, ...followup(contact), id }));
}

const contactsOf = ({ events }: { events: readonly ContactEvent[] }) =>
  events.map(({ uuid }) => Number.parseInt(uuid.slice(-2), 16));

describe('many events of one caller', () => {
  it('reach the store part by part, in their order, whatever else may be in flight', async () => {
    const { data, batches } = await opened({ batchEventsMax: 2, batchesInFlightMax: 3 });
    const one = data.logMany(followups(1, 2, 3, 4, 1));
    const other = data.logMany(followups(11, 12));
    expect(data.queueDepth()).toBe(7);
    await nextTurn();
    expect(batches.map(contactsOf)).toEqual([
      [1, 2],
      [11, 12],
    ]);
    await batches[1]!.commit();
    await expect(other).resolves.toMatchObject([{ status: 'accepted' }, { status: 'accepted' }]);
    expect(batches).toHaveLength(2);
    const before = performance.now();
    await batches[0]!.commit();
    await nextTurn();
    expect(batches.slice(2).map(contactsOf)).toEqual([[3, 4]]);
    expect(batches[2]!.since).toBeGreaterThanOrEqual(before);
    await batches[2]!.commit();
    await nextTurn();
    await batches[3]!.commit();
    expect((await one).map(({ status }) => status)).toEqual([
      ...['accepted', 'accepted', 'accepted', 'accepted'],
      'replayed',
    ]);
    await expect(data.logMany([])).resolves.toEqual([]);
    expect(batches).toHaveLength(4);
    await data.close();
    await expect(data.logMany(followups(1))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  it.each([1, 2, 4])('take turns with single calls, in batches of %i', async (batchEventsMax) => {
    const { data, batches } = await opened({ batchEventsMax, batchesInFlightMax: 1 });
    const many = [1, 2].map((from) => data.logMany(followups(from, from + 2, from + 4, from + 6)));
    const singles = [11, 12, 13, 14, 15, 16, 17, 18].map((contact) => data.logFollowup(followup(contact)));
    for (let at = 0; at < 16 / batchEventsMax; at += 1) {
      await nextTurn();
      await batches[at]!.commit();
    }
    await Promise.all([...many, ...singles]);
    const order = batches.flatMap(contactsOf);
    expect(order.filter((contact) => contact > 10)).toEqual([11, 12, 13, 14, 15, 16, 17, 18]);
    // Of two batches that follow each other, each kind has its share.
    const first = new Set(order.slice(0, 2 * batchEventsMax).map((contact) => contact > 10));
    expect(first.size).toBe(2);
    expect(batches).toHaveLength(16 / batchEventsMax);
  });

  it('are many in a batch, and fewer beside single calls', async () => {
    const { data, batches } = await opened({ batchEventsMax: 4096, batchesInFlightMax: 1 });
    const many = data.logMany(followups(...Array.from({ length: 3000 }, (_, i) => i % 256)));
    await nextTurn();
    const singles = Array.from({ length: 50 }, (_, contact) => data.logFollowup(followup(contact)));
    await batches[0]!.commit();
    await nextTurn();
    const more = Array.from({ length: 100 }, (_, contact) => data.logFollowup(followup(contact)));
    for (const at of [1, 2, 3, 4]) {
      await batches[at]!.commit();
      await nextTurn();
    }
    expect(batches.map(({ events }) => events.length)).toEqual([1024, 50 + 150, 100 + 300, 1024, 502]);
    await Promise.all([many, ...singles, ...more]);
  });

  it('are neither refused for single calls that wait, nor keep those out', async () => {
    const { data, batches } = await opened(
      { batchEventsMax: 100, batchesInFlightMax: 1 },
      { queueEventsMax: 1 },
    );
    const first = data.logFollowup(followup(0));
    await nextTurn();
    const waiting = [
      data.logMany(followups(1, 2, 3)),
      data.logFollowup(followup(4)),
      data.logMany(followups(5)),
    ];
    await batches[0]!.commit();
    await nextTurn();
    expect(contactsOf(batches[1]!).sort()).toEqual([1, 2, 3, 4, 5]);
    await batches[1]!.commit();
    await Promise.all([first, ...waiting]);
  });

  it('tell a conflict from what is stored', async () => {
    const { data, batches } = await opened();
    const event = { kind: 'initial' as const, replay: false, ...initial(1) };
    const outcomes = data.logMany([event, { ...event, id: 1, symbol: 'f' }]);
    await nextTurn();
    await batches[0]!.commit();
    expect(await outcomes).toEqual([
      { status: 'accepted', isVowel: false },
      { status: 'conflict', symbol: 'e' },
    ]);
  });
});

describe('many events of which the store fails', () => {
  const failure = new TallyboardError('STORE_UNAVAILABLE', 'no disk');

  it('are refused as the store says where none was taken, and nothing more is handed to it', async () => {
    const { data, batches } = await opened({ batchEventsMax: 2, batchesInFlightMax: 1 });
    const many = data.logMany(followups(1, 2, 3));
    const single = data.logFollowup(followup(4));
    await nextTurn();
    batches[0]!.fail(failure);
    await expect(many).rejects.toBe(failure);
    await nextTurn();
    await batches[1]!.commit();
    await single;
    expect(batches.map(contactsOf)).toEqual([[1, 2], [4]]);
    expect(data.queueDepth()).toBe(0);
  });

  it.each(['fails', 'is closed'])('are uncertain where the store %s after a part of them', async (how) => {
    const { data, batches } = await opened({ batchEventsMax: 2, batchesInFlightMax: 1 });
    const many = data.logMany(followups(1, 2, 3));
    const singles = [4, 5, 6].map((contact) => data.logFollowup(followup(contact)));
    await nextTurn();
    await batches[0]!.commit();
    await nextTurn();
    // The rest of the many waits behind these.
    expect(contactsOf(batches[1]!)).toEqual([4, 5]);
    if (how === 'is closed') data.giveUp();
    else {
      await batches[1]!.commit();
      await nextTurn();
      batches[2]!.fail(failure);
    }
    await expect(many).rejects.toMatchObject({
      code: 'STORE_UNCERTAIN',
      cause: { code: how === 'is closed' ? 'STORE_CLOSED' : 'STORE_UNAVAILABLE' },
    });
    await Promise.allSettled(singles.slice(2));
    await batches[1]!.commit();
    await data.close();
  });

  it('are divided among lanes, and uncertain where one of these took its part', async () => {
    const lanes = { count: 2, of: (uuid: string) => Number.parseInt(uuid.slice(-1), 16) % 2 };
    const { data, batches } = await opened({}, {}, { lanes });
    const good = data.logMany(followups(1, 2, 3, 1));
    await nextTurn();
    expect(batches.map(contactsOf)).toEqual([[2], [1, 3, 1]]);
    for (const batch of batches) await batch.commit();
    expect((await good).map(({ status }) => status)).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'replayed',
    ]);

    const half = data.logMany(followups(4, 5));
    await nextTurn();
    await batches[2]!.commit();
    batches[3]!.fail(failure);
    await expect(half).rejects.toMatchObject({ code: 'STORE_UNCERTAIN', cause: failure });

    const none = data.logMany(followups(6, 7));
    await nextTurn();
    for (const batch of batches.slice(4)) batch.fail(failure);
    await expect(none).rejects.toBe(failure);
    expect(batches.flatMap(contactsOf)).toContain(Number.parseInt(uuidOf(7).slice(-2), 16));
  });
});
