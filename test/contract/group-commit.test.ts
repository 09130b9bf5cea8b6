import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TallyboardError } from '../../src/contract/errors.js';
import { dataInterface } from '../../src/contract/group-commit.js';
import type { Commit } from '../../src/contract/lane.js';
import { Model } from '../../src/contract/model.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { followup, initial, opened, uuidOf } from './held-store.js';

describe('calls that come at the same time', () => {
  it('share a batch, in their order', async () => {
    const { data, batches } = await opened();
    const replies = [1, 2, 3].map((contact) => data.logFollowup(followup(contact)));
    expect(data.queueDepth()).toBe(3);
    await nextTurn();
    expect(batches.map(({ events }) => events.map(({ uuid }) => uuid))).toEqual([[1, 2, 3].map(uuidOf)]);
    expect(data.queueDepth()).toBe(0);
    await batches[0]!.commit();
    await expect(Promise.all(replies)).resolves.toEqual([1, 2, 3].map(() => ({ replayed: false })));
  });

  it('are divided by batchEventsMax and batchesInFlightMax', async () => {
    const { data, batches } = await opened({ batchEventsMax: 2, batchesInFlightMax: 3 });
    const replies = Array.from({ length: 9 }, (_, contact) => data.logFollowup(followup(contact)));
    await nextTurn();
    expect(batches.map(({ events }) => events.length)).toEqual([2, 2, 2]);
    expect(data.queueDepth()).toBe(3);
    await batches[1]!.commit();
    await nextTurn();
    expect(batches.map(({ events }) => events.length)).toEqual([2, 2, 2, 2]);
    await batches[0]!.commit();
    await nextTurn();
    expect(batches.map(({ events }) => events.length)).toEqual([2, 2, 2, 2, 1]);
    for (const batch of [2, 3, 4]) await batches[batch]!.commit();
    expect(await Promise.all(replies)).toHaveLength(9);
    const appended = batches.flatMap(({ events }) => events.map(({ uuid }) => uuid));
    expect(appended).toEqual(Array.from({ length: 9 }, (_, contact) => uuidOf(contact)));
  });

  it('wait for their own batch only', async () => {
    const { data, batches } = await opened({ batchEventsMax: 1, batchesInFlightMax: 2 });
    const settled: number[] = [];
    const replies = [0, 1].map((contact) =>
      data.logFollowup(followup(contact)).then(() => settled.push(contact)),
    );
    await nextTurn();
    await batches[1]!.commit();
    await nextTurn();
    expect(settled).toEqual([1]);
    await batches[0]!.commit();
    await Promise.all(replies);
    expect(settled).toEqual([1, 0]);
  });

  it('gather in the queue while the store is at work, and leave as one batch', async () => {
    const { data, batches } = await opened({ batchEventsMax: 100, batchesInFlightMax: 1 });
    const replies = [data.logFollowup(followup(0))];
    await nextTurn();
    for (let contact = 1; contact < 50; contact += 1) {
      replies.push(data.logFollowup(followup(contact)));
      await nextTurn();
    }
    expect(batches).toHaveLength(1);
    await batches[0]!.commit();
    await nextTurn();
    expect(batches[1]!.events).toHaveLength(49);
    await batches[1]!.commit();
    expect(await Promise.all(replies)).toHaveLength(50);
  });

  it('beyond queueEventsMax are refused at once, until there is room', async () => {
    const { data, batches } = await opened(
      { batchEventsMax: 1, batchesInFlightMax: 1 },
      { queueEventsMax: 2 },
    );
    const first = data.logFollowup(followup(0));
    await nextTurn();
    const waiting = [1, 2].map((contact) => data.logFollowup(followup(contact)));
    await expect(data.logFollowup(followup(3))).rejects.toMatchObject({ code: 'STORE_BUSY', status: 503 });
    await expect(data.logInitial(initial(3))).rejects.toMatchObject({ code: 'STORE_BUSY' });
    await batches[0]!.commit();
    await first;
    await nextTurn();
    const taken = data.logFollowup(followup(3));
    for (let next = 1; next <= 3; next += 1) {
      await batches[next]!.commit();
      await nextTurn();
    }
    expect(await Promise.all([...waiting, taken])).toHaveLength(3);
    expect(batches.flatMap(({ events }) => events.map(({ uuid }) => uuid))).toEqual([0, 1, 2, 3].map(uuidOf));
  });
});

describe('a batch that fails', () => {
  it('rejects its own calls only, with the cause kept', async () => {
    const commits: Commit[] = [];
    const { data, batches } = await opened(
      { batchEventsMax: 2, batchesInFlightMax: 2 },
      { onCommit: (commit) => commits.push(commit) },
    );
    const replies = [0, 1, 2, 3, 4].map((contact) => data.logFollowup(followup(contact)));
    const settled = Promise.allSettled(replies);
    await nextTurn();
    const cause = new Error('disk full');
    batches[0]!.fail(cause);
    await batches[1]!.commit();
    await nextTurn();
    await batches[2]!.commit();
    const results = await settled;
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(results[0]).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE', status: 503, cause } });
    expect(commits.map(({ events, failed }) => [events, failed])).toEqual([
      [2, true],
      [2, false],
      [1, false],
    ]);
    expect(commits.every(({ seconds }) => seconds >= 0)).toBe(true);
  });

  it('with an error of ours keeps it', async () => {
    const { data, batches } = await opened();
    const reply = data.logFollowup(followup(0));
    const settled = expect(reply).rejects.toMatchObject({ code: 'STORE_DAMAGED', message: 'segment 3' });
    await nextTurn();
    batches[0]!.fail(new TallyboardError('STORE_DAMAGED', 'segment 3'));
    await settled;
  });
});

describe('closing', () => {
  it('waits for what is under way and what waits, each time that it is called', async () => {
    const { data, batches, closed } = await opened({ batchEventsMax: 1, batchesInFlightMax: 1 });
    const replies = [0, 1].map((contact) => data.logFollowup(followup(contact)));
    await nextTurn();
    const closing = [data.close(), data.close()];
    await nextTurn();
    expect(closed()).toBe(0);
    await batches[0]!.commit();
    await nextTurn();
    expect(closed()).toBe(0);
    await batches[1]!.commit();
    await Promise.all(closing);
    expect(closed()).toBe(2);
    expect(await Promise.all(replies)).toHaveLength(2);
  });

  it('waits as well for a batch that fails', async () => {
    const { data, batches, closed } = await opened();
    const settled = Promise.allSettled([data.logFollowup(followup(0))]);
    await nextTurn();
    const closing = data.close();
    batches[0]!.fail(new Error('disk full'));
    await closing;
    expect(closed()).toBe(1);
    expect(await settled).toMatchObject([{ status: 'rejected' }]);
  });

  it('refuses the calls that come after it, and before opening', async () => {
    const store = new Model();
    const data = dataInterface(store);
    await expect(data.logFollowup(followup(0))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await data.open();
    await data.logFollowup(followup(0));
    await data.close();
    await expect(data.logInitial(initial(1))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    expect(await store.unmatched()).toBe(1);
    await data.open();
    await data.logInitial({ ...initial(0), id: 1 });
    expect(await data.unmatched()).toBe(0);
  });
});

describe('the four methods', () => {
  it('answer a replay with the stored guess, and refuse another symbol', async () => {
    const data = dataInterface(new Model());
    await data.open();
    const request = { ...initial(0), isVowel: true };
    expect(await data.logInitial(request)).toEqual({ isVowel: true, replayed: false });
    expect(await data.logInitial({ ...request, id: 1, isVowel: false })).toEqual({
      isVowel: true,
      replayed: true,
    });
    expect(await data.logFollowup({ ...followup(0), id: 2 })).toEqual({ replayed: false });
    expect(await data.logFollowup({ ...followup(0), id: 3 })).toEqual({ replayed: true });
    const refused = data.logInitial({ ...request, id: 4, symbol: 'f' });
    await expect(refused).rejects.toMatchObject({ code: 'SYMBOL_CONFLICT', status: 409 });
    await expect(refused).rejects.toThrow(/'e' already, not 'f'/);
    expect((await data.tallyOfSymbol('e')).vowel).toEqual({ count: 1, earliest: 0, latest: 0, followups: 1 });
    expect((await data.talliesOfRange({ lower: 0, upper: 60_000_000 }))[4]!.vowel.count).toBe(1);
    const kept: ContactEvent[] = [];
    for await (const event of data.events()) kept.push(event);
    expect(kept.map(({ id, replay }) => [id, replay])).toEqual([
      [0, false],
      [1, true],
      [2, false],
      [3, true],
    ]);
  });
});
