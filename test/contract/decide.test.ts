import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CellGain, type Decision, decide, type Known } from '../../src/contract/decide.js';
import { Model } from '../../src/contract/model.js';
import type { Contact, ContactEvent, InitialEvent } from '../../src/domain/contact.js';
import { BUCKETS, bucketStart, DAY } from '../../src/domain/time.js';

const NOTHING: Known = { contacts: [], logged: [] };
const UUID = '00000000-0000-4000-8000-000000000000';

function initial(fields: Partial<InitialEvent> = {}): ContactEvent {
  return { kind: 'initial', id: 1, uuid: UUID, symbol: 'e', isVowel: true, at: 10, replay: false, ...fields };
}

function followup(fields: { id?: number; at?: number; replay?: boolean } = {}): ContactEvent {
  return { kind: 'followup', id: 2, uuid: UUID, at: 20, replay: false, ...fields };
}

function contact(fields: Partial<Contact> = {}): Contact {
  return { uuid: UUID, initial: { symbol: 'e', isVowel: false, at: 5 }, followupAt: null, ...fields };
}

const ACCEPTED = { status: 'accepted', isVowel: true };
const FOLLOWED = { status: 'accepted', isVowel: false };

describe('what becomes of an event', () => {
  // The table of docs/writing-a-store.md, row by row.
  it.each<[string, Known, ContactEvent, object]>([
    ['an initial of a new contact', NOTHING, initial(), { outcome: ACCEPTED, logged: false, count: 1 }],
    [
      'an initial after its followup',
      { contacts: [contact({ initial: null, followupAt: 3 })], logged: [] },
      initial(),
      { outcome: ACCEPTED, logged: false, count: 1, followups: 1, unmatched: -1 },
    ],
    [
      'an initial again: the guess is the stored one',
      { contacts: [contact()], logged: [] },
      initial(),
      { outcome: { status: 'replayed', isVowel: false }, logged: true, replays: 1 },
    ],
    [
      'an initial with another symbol',
      { contacts: [contact()], logged: [] },
      initial({ symbol: 'x' }),
      { outcome: { status: 'conflict', symbol: 'e' } },
    ],
    [
      'a followup of a contact',
      { contacts: [contact()], logged: [] },
      followup(),
      { outcome: FOLLOWED, logged: false, count: 0, followups: 1 },
    ],
    ['a followup that comes first', NOTHING, followup(), { outcome: FOLLOWED, logged: false, unmatched: 1 }],
    [
      'a followup again',
      { contacts: [contact({ followupAt: 7 })], logged: [] },
      followup(),
      { outcome: { status: 'replayed', isVowel: false }, logged: true, replays: 1 },
    ],
    [
      'an id that the contact has',
      { contacts: [contact()], logged: [{ uuid: UUID, id: 1, replay: false }] },
      initial(),
      { outcome: { status: 'accepted', isVowel: false } },
    ],
    [
      'an id that the contact has, of a replay',
      { contacts: [contact()], logged: [{ uuid: UUID, id: 1, replay: true }] },
      initial(),
      { outcome: { status: 'replayed', isVowel: false } },
    ],
    [
      'an initial that is marked as a replay, of a contact that is not there',
      NOTHING,
      initial({ replay: true }),
      { outcome: { status: 'replayed', isVowel: true }, logged: true, replays: 1 },
    ],
  ])('%s', (_, known, event, expected) => {
    const { outcomes, events, cells, unmatched, replays } = decide([event], known);
    const [day] = cells.filter(({ bucket }) => bucket === 'day');
    const found = {
      outcome: outcomes[0],
      logged: events[0]?.replay,
      count: day?.count,
      followups: day?.followups === 0 ? undefined : day?.followups,
      unmatched: unmatched === 0 ? undefined : unmatched,
      replays: replays === 0 ? undefined : replays,
    };
    expect(JSON.parse(JSON.stringify(found))).toEqual(expected);
    expect(cells).toHaveLength(day === undefined ? 0 : 4);
  });

  it('a followup that comes late is a gain at the instant of its initial', () => {
    const { cells } = decide([followup({ at: 3 * DAY })], { contacts: [contact()], logged: [] });
    expect(cells.map(({ start, earliest, latest }) => [start, earliest, latest])).toEqual(
      cells.map(() => [0, 5, 5]),
    );
  });
});

const uuids = fc.integer({ min: 0, max: 5 }).map((n) => `${n}0000000-0000-4000-8000-000000000000`);
const instants = fc.integer({ min: -2 * DAY, max: 2 * DAY });
const events: fc.Arbitrary<ContactEvent> = fc
  .record({
    kind: fc.constantFrom('initial', 'followup'),
    id: fc.integer({ min: 0, max: 12 }),
    uuid: uuids,
    symbol: fc.constantFrom('a', 'b'),
    isVowel: fc.boolean(),
    at: instants,
    replay: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  })
  .map(({ symbol, isVowel, kind, ...event }) =>
    kind === 'initial' ? { kind, symbol, isVowel, ...event } : { kind: 'followup', ...event },
  );

/** Decides batch by batch, and carries on what is known. */
function inBatches(batches: readonly (readonly ContactEvent[])[]): Decision[] {
  const contacts = new Map<string, Contact>();
  const logged: ContactEvent[] = [];
  return batches.map((batch) => {
    const decision = decide(batch, { contacts: [...contacts.values()], logged });
    for (const one of decision.contacts) contacts.set(one.uuid, one);
    logged.push(...decision.events);
    return decision;
  });
}

/** What the cells of a list of decisions come to, by bucket, start, symbol and guess. */
function summed(
  decisions: readonly Decision[],
): Map<string, Omit<CellGain, 'bucket' | 'start' | 'symbol' | 'isVowel'>> {
  const sums = new Map<string, { count: number; followups: number; earliest: number; latest: number }>();
  for (const { bucket, start, symbol, isVowel, ...gain } of decisions.flatMap(({ cells }) => cells)) {
    const key = `${bucket} ${start} ${symbol} ${isVowel}`;
    const sum = sums.get(key) ?? { ...gain, count: 0, followups: 0 };
    sums.set(key, {
      count: sum.count + gain.count,
      followups: sum.followups + gain.followups,
      earliest: Math.min(sum.earliest, gain.earliest),
      latest: Math.max(sum.latest, gain.latest),
    });
  }
  return sums;
}

describe('a decision', () => {
  it('is the same however events are cut into batches', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), (all, size) => {
        const batches = all.flatMap((_, i) => (i % size === 0 ? [all.slice(i, i + size)] : []));
        const [whole, parts] = [inBatches([all]), inBatches(batches)];
        expect(parts.flatMap(({ outcomes }) => outcomes)).toEqual(whole[0]!.outcomes);
        expect(parts.flatMap((part) => part.events)).toEqual(whole[0]!.events);
        expect(summed(parts)).toEqual(summed(whole));
        expect(parts.reduce((sum, { unmatched }) => sum + unmatched, 0)).toBe(whole[0]!.unmatched);
        expect(parts.reduce((sum, { replays }) => sum + replays, 0)).toBe(whole[0]!.replays);
      }),
    );
  });

  it('takes a batch of any length, and so does the model', async () => {
    const all = Array.from({ length: 300_000 }, (_, id) => initial({ id }));
    expect(decide(all, NOTHING).replays).toBe(all.length - 1);
    expect(await new Model().append(all)).toHaveLength(all.length);
  });

  it('has cells that come to what its contacts are, each once', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (all) => {
        const decision = decide(all, NOTHING);
        const counted = new Map<
          string,
          { count: number; followups: number; earliest: number; latest: number }
        >();
        for (const { initial: first, followupAt } of decision.contacts) {
          if (first === null) continue;
          for (const [bucket, start] of [
            ['total', 0],
            ...Object.entries(BUCKETS).map(([name, length]) => [name, bucketStart(first.at, length)]),
          ]) {
            const key = `${bucket} ${start} ${first.symbol} ${first.isVowel}`;
            const sum = counted.get(key) ?? { count: 0, followups: 0, earliest: first.at, latest: first.at };
            counted.set(key, {
              count: sum.count + 1,
              followups: sum.followups + (followupAt === null ? 0 : 1),
              earliest: Math.min(sum.earliest, first.at),
              latest: Math.max(sum.latest, first.at),
            });
          }
        }
        expect(summed([decision])).toEqual(counted);
        expect(decision.cells).toHaveLength(counted.size);
        const unmatched = decision.contacts.filter((one) => one.initial === null && one.followupAt !== null);
        expect(decision.unmatched).toBe(unmatched.length);
      }),
    );
  });

  it('has contacts and cells in one order, whatever that of the batch', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 40 }), (all) => {
        const { contacts, cells } = decide(all, NOTHING);
        const order = contacts.map(({ uuid }) => uuid);
        expect(order).toEqual(order.toSorted());
        const places = cells.map(
          ({ bucket, start, symbol, isVowel }) =>
            ['total', 'day', 'hour', 'minute'].indexOf(bucket) * 1e15 +
            start * 10 +
            (symbol === 'a' ? 0 : 2) +
            Number(isVowel),
        );
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        expect(new Set(places).size).toBe(places.length);
      }),
    );
  });
});
