import { describe, expect, it } from 'vitest';
import { dashboardQuestions } from '../../src/contract/dashboard-questions.js';
import { Model } from '../../src/contract/model.js';
import type { Store } from '../../src/contract/store.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { MINUTE } from '../../src/domain/time.js';

/** A store with the methods that every store has, and no more. */
function plain(replays: 'recognised' | 'counted' = 'recognised'): Store {
  const model = new Model(replays);
  return {
    promises: model.promises,
    limits: model.limits,
    open: () => model.open(),
    close: () => model.close(),
    append: (batch) => model.append(batch),
    tallyOfSymbol: (symbol) => model.tallyOfSymbol(symbol),
    talliesOfRange: (range) => model.talliesOfRange(range),
    unmatched: () => model.unmatched(),
    events: (span) => model.events(span),
  };
}

function initial(n: number, at = n * MINUTE): ContactEvent {
  const uuid = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  return { kind: 'initial', id: n, uuid, symbol: 'e', isVowel: true, at, replay: false };
}

describe('a store without methods of its own for the page', () => {
  it('is asked for the range of each bucket', async () => {
    const store = plain();
    await store.append(Array.from({ length: 10 }, (_, i) => initial(i)));
    const questions = dashboardQuestions(store);
    const counts: number[] = [];
    const edges = [-MINUTE, 0, 3 * MINUTE, 4 * MINUTE, 100 * MINUTE];
    for await (const rows of questions.talliesOfSeries(edges)) {
      expect(rows).toHaveLength(26);
      counts.push(rows[4]!.vowel.count);
    }
    expect(counts).toEqual([0, 3, 1, 6]);
    for (const none of [[], [0]]) {
      for await (const rows of questions.talliesOfSeries(none)) expect.fail(`a bucket of ${rows.length}`);
    }
  });

  it('lets others have a turn between two buckets', async () => {
    let turns = 0;
    let timer: NodeJS.Immediate;
    const turn = () => {
      turns += 1;
      timer = setImmediate(turn);
    };
    timer = setImmediate(turn);
    const edges = Array.from({ length: 200 }, (_, i) => i * MINUTE);
    for await (const rows of dashboardQuestions(plain()).talliesOfSeries(edges))
      expect(rows).toHaveLength(26);
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(0);
  });

  it('is read as a whole for its last events, in time order', async () => {
    const store = plain();
    // Backwards, and more than are held at a time.
    for (let n = 4000; n > 0; n -= 1000) {
      await store.append(Array.from({ length: 1000 }, (_, i) => initial(n - i)));
    }
    const { lastEvents } = dashboardQuestions(store);
    for (const eventsMax of [0, 1, 50, 3999, 4000, 9000]) {
      const last = await lastEvents(eventsMax);
      expect(last.length).toBe(Math.min(eventsMax, 4000));
      expect(last.map(({ id }) => id)).toEqual(last.map((_, i) => 4000 - last.length + 1 + i));
    }
  });

  it('is read as a whole for the events of a contact', async () => {
    const store = plain();
    await store.append([initial(1, 9), initial(2, 8), { ...initial(1, 7), id: 5 }]);
    const { eventsOfContact } = dashboardQuestions(store);
    const { events, leftOut } = await eventsOfContact(initial(1).uuid, 10);
    expect(events.map(({ at, replay }) => [at, replay])).toEqual([
      [7, true],
      [9, false],
    ]);
    expect(leftOut).toBe(0);
    expect(await eventsOfContact(initial(1).uuid, 1)).toMatchObject({ events: [{ at: 7 }], leftOut: 1 });
    expect(await eventsOfContact(initial(3).uuid, 10)).toEqual({ events: [], leftOut: 0 });
  });

  it('is read no further for a contact that nobody waits for, and lets others have a turn', async () => {
    const seen = { read: 0, ended: false };
    const store: Store = {
      ...plain(),
      async *events() {
        try {
          for (;;) {
            seen.read += 1;
            yield initial(1);
          }
        } finally {
          seen.ended = true;
        }
      },
    };
    const controller = new AbortController();
    const asked = dashboardQuestions(store).eventsOfContact(initial(2).uuid, 10, controller.signal);
    const reason = new Error('gone');
    setTimeout(() => controller.abort(reason), 5);
    await expect(asked).rejects.toBe(reason);
    expect(seen).toEqual({ read: expect.any(Number), ended: true });
    const { read } = seen;
    await expect(
      dashboardQuestions(store).eventsOfContact(initial(2).uuid, 10, controller.signal),
    ).rejects.toBe(reason);
    expect(seen.read).toBe(read);
  });

  it('cannot tell its replays, unless it has none by its promises', async () => {
    expect(await dashboardQuestions(plain()).replays()).toBeNull();
    expect(await dashboardQuestions(plain('counted')).replays()).toBe(0);
    const empty = plain();
    const keepsNothing = { ...empty, promises: { ...empty.promises, keepsEvents: false } };
    expect(await dashboardQuestions(keepsNothing).replays()).toBe(0);
  });

  it('keeps no verification', async () => {
    const questions = dashboardQuestions(plain());
    expect(questions.keepsVerification).toBe(false);
    expect(await questions.verification()).toBeNull();
  });
});

it('a store with methods of its own is asked by them', async () => {
  const model = new Model();
  const asked: string[] = [];
  const store: Store = Object.assign(model, {
    async *talliesOfSeries(edges: readonly number[]) {
      asked.push(`series of ${edges.length}`);
      yield [];
    },
    async eventsOfContact(_uuid: string, eventsMax: number, signal?: AbortSignal) {
      asked.push(`${eventsMax} of a contact, ${signal?.aborted}`);
      return { events: [], leftOut: 7 };
    },
  });
  await model.append([initial(2), initial(1), { ...initial(1), id: 9 }]);
  await model.recordVerification({ at: 1, events: 2, contacts: 3, differences: 4 });
  const questions = dashboardQuestions(store);
  for await (const rows of questions.talliesOfSeries([0, MINUTE])) expect(rows).toEqual([]);
  await questions.eventsOfContact(initial(1).uuid, 5, new AbortController().signal);
  expect(asked).toEqual(['series of 2', '5 of a contact, false']);
  // In the order of their arrival, which reading in time order does not tell.
  expect((await questions.lastEvents(3)).map(({ id }) => id)).toEqual([2, 1, 9]);
  expect(await questions.replays()).toBe(1);
  expect(questions.keepsVerification).toBe(true);
  expect(await questions.verification()).toEqual({ at: 1, events: 2, contacts: 3, differences: 4 });
});
