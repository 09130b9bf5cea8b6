import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { followup, opened, uuidOf } from './held-store.js';

describe('lanes', () => {
  it('have batches, room and flights of their own, so that one that stands still stops no other', async () => {
    const lanes = { count: 2, of: (uuid: string) => Number.parseInt(uuid.slice(-1), 16) % 2 };
    const { data, batches } = await opened(
      { batchEventsMax: 10, batchesInFlightMax: 1 },
      { queueEventsMax: 4 },
      { lanes },
    );
    const stuck = data.logFollowup(followup(1));
    await nextTurn();
    const waiting = [data.logFollowup(followup(3)), data.logFollowup(followup(5))];
    await expect(data.logFollowup(followup(7))).rejects.toMatchObject({ code: 'STORE_BUSY' });
    for (const contact of [0, 2, 4]) {
      const reply = data.logFollowup(followup(contact));
      await nextTurn();
      expect(batches.at(-1)!.events.map(({ uuid }) => uuid)).toEqual([uuidOf(contact)]);
      await batches.at(-1)!.commit();
      await reply;
    }
    expect(data.queueDepth()).toBe(2);
    await batches[0]!.commit();
    await stuck;
    await nextTurn();
    expect(batches.at(-1)!.events.map(({ uuid }) => uuid)).toEqual([3, 5].map(uuidOf));
    await batches.at(-1)!.commit();
    expect(await Promise.all(waiting)).toHaveLength(2);
  });

  it('tell the store since when the first of a batch waits', async () => {
    const { data, batches } = await opened({ batchEventsMax: 10, batchesInFlightMax: 1 });
    const before = performance.now();
    const replies = [data.logFollowup(followup(0))];
    await nextTurn();
    replies.push(data.logFollowup(followup(1)));
    const between = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    replies.push(data.logFollowup(followup(2)));
    await batches[0]!.commit();
    await nextTurn();
    expect(batches[0]!.since).toBeGreaterThanOrEqual(before);
    expect(batches[1]!.since).toBeLessThanOrEqual(between);
    expect(batches[1]!.since).toBeGreaterThanOrEqual(batches[0]!.since!);
    await batches[1]!.commit();
    await Promise.all(replies);
  });
});

describe('giving up', () => {
  it('refuses what waits, tells the store, and lets what is in flight end', async () => {
    let told = 0;
    const { data, batches, closed } = await opened(
      { batchEventsMax: 1, batchesInFlightMax: 1 },
      {},
      { giveUp: () => (told += 1) },
    );
    const inFlight = data.logFollowup(followup(0));
    await nextTurn();
    const waiting = data.logFollowup(followup(1));
    data.giveUp();
    await expect(waiting).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    expect(told).toBe(1);
    const closing = data.close();
    await nextTurn();
    expect(closed()).toBe(0);
    await batches[0]!.commit();
    expect(await inFlight).toEqual({ replayed: false });
    await closing;
    expect(closed()).toBe(1);
  });
});
