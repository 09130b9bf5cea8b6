import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Promises, Store } from '../../src/contract/store.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import type { SplitTally } from '../../src/domain/tally.js';
import { DAY, HOUR, MINUTE, parseInstant, type Range } from '../../src/domain/time.js';
import { EVENT_WORDS, writeEvent } from '../../src/transfer/event-record.js';
import { DIFFERENCES_MAX } from '../../src/transfer/verify/comparison.js';
import { type VerifyOptions, verifyStore } from '../../src/transfer/verify/verify.js';
import { followup, initial, modelOf, over, streams, temporaryFolder, uuidOf } from './support.js';

const folder = await temporaryFolder();
const AT = parseInstant('2017-06-28 10:30:00')!;

function options(more: Partial<VerifyOptions> = {}): VerifyOptions {
  // Drawn by a fixed sequence: the same ranges in each run.
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
  return { ranges: 60, random, ...more };
}

function withRollups(store: Store, changes: Partial<Store> = {}): Store {
  const promises: Promises = { ...store.promises, rollups: ['minute', 'hour', 'day'] };
  return over(store, { promises, ...changes });
}

/** Three contacts: two in one minute, one of them followed up, one the next day; and a lone followup. */
const EVENTS: ContactEvent[] = [
  initial(1, AT + 1),
  initial(2, AT + 2, { symbol: 'b', isVowel: false }),
  followup(2, AT + HOUR),
  initial(3, AT + DAY + 3),
  initial(1, AT + DAY + 4, { replay: true }),
  followup(4, AT + 5),
];

describe('verify finds nothing in a right store', () => {
  it.each(['recognised', 'counted'] as const)('with replays %s, in memory and spilled', async (replays) => {
    const own = join(folder, replays);
    await mkdir(own);
    await fc.assert(
      fc.asyncProperty(streams, fc.constantFrom(undefined, 1, 7), async (events, recordsMax) => {
        const spill = recordsMax === undefined ? {} : { recordsMax, mergeBytesMax: 1 };
        const store = withRollups(await modelOf(events, replays));
        const summary = await verifyStore(store, options({ spill: { ...spill, folder: own } }));
        expect(summary).toMatchObject({ complete: true, differencesTotal: 0, differences: [] });
        expect(summary.unmatched).toBe(await store.unmatched());
        expect(summary.compared).toMatchObject({ symbol: 26, unmatched: 1 });
      }),
      { numRuns: 25 },
    );
    expect(await readdir(own)).toEqual([]);
  });

  it('and says what it compared', async () => {
    const summary = await verifyStore(withRollups(await modelOf(EVENTS)), options());
    expect(summary).toMatchObject({ events: 6, contacts: 3, unmatched: 1 });
    expect(summary.compared).toEqual({
      contact: 0,
      symbol: 26,
      unmatched: 1,
      minute: 2,
      hour: 2,
      day: 2,
      gap: 1,
      range: 68,
    });
  });

  it('of no events at all', async () => {
    const summary = await verifyStore(withRollups(await modelOf([])), options());
    expect(summary).toMatchObject({ events: 0, contacts: 0, differencesTotal: 0 });
  });
});

/** Adds a contact that no event speaks of to the answers about some ranges. */
function lying(isLie: (range: Range) => boolean): (store: Store) => Partial<Store> {
  return (store) => ({
    async talliesOfRange(range) {
      const rows = await store.talliesOfRange(range);
      return isLie(range) ? rows.map((row, i) => (i === 4 ? addOne(row) : row)) : rows;
    },
  });
}

function addOne({ vowel, consonant }: SplitTally): SplitTally {
  return { vowel: { ...vowel, count: vowel.count + 1 }, consonant };
}

const lengthIs = (length: number) => (range: Range) => range.upper - range.lower === length;

function reading(events: readonly ContactEvent[]): () => Partial<Store> {
  return () => ({
    async *events() {
      yield* [...events].sort((a, b) => a.at - b.at);
    },
  });
}

describe('verify finds', () => {
  it.each<[string, (store: Store) => Partial<Store>, RegExp]>([
    [
      'a symbol with one too many',
      (store) => ({
        tallyOfSymbol: async (symbol) => {
          const split = await store.tallyOfSymbol(symbol);
          return symbol === 'e' ? addOne(split) : split;
        },
      }),
      /^the symbol e, guessed a vowel: 2 contacts from .* 3 contacts from/,
    ],
    [
      'a split the wrong way round',
      (store) => ({
        tallyOfSymbol: async (symbol) => {
          const { vowel, consonant } = await store.tallyOfSymbol(symbol);
          return symbol === 'b' ? { vowel: consonant, consonant: vowel } : { vowel, consonant };
        },
      }),
      /^the symbol b, guessed a vowel: 0 contacts no dates, 0 followed up != 1 contact from/,
    ],
    [
      'an earliest that lost its microseconds',
      (store) => ({
        tallyOfSymbol: async (symbol) => {
          const { vowel, consonant } = await store.tallyOfSymbol(symbol);
          const earliest = vowel.earliest === null ? null : Math.floor(vowel.earliest / 1000) * 1000;
          return { vowel: { ...vowel, earliest }, consonant };
        },
      }),
      /^the symbol e.*from 2017-06-28 10:30:00\.000001.* != .*from 2017-06-28 10:30:00\.000000/,
    ],
    ['an unmatched too many', () => ({ unmatched: async () => 2 }), /^the unmatched contacts: 1 != 2/],
    [
      'one wrong minute',
      lying((range) => lengthIs(MINUTE)(range) && range.lower === AT),
      /^the minute 2017-06-28 10:30:00/,
    ],
    [
      'one wrong hour',
      lying((range) => lengthIs(HOUR)(range) && range.lower === AT - 30 * MINUTE),
      /^the hour 2017-06-28 10:00:00/,
    ],
    [
      'one wrong day',
      lying((range) => lengthIs(DAY)(range) && range.lower > AT),
      /^the day 2017-06-29 00:00:00/,
    ],
    [
      'something where there is no contact',
      lying(({ lower, upper }) => lower > AT && lower < upper && upper <= AT + DAY),
      /^the (gap|range) /,
    ],
    [
      'something before the first contact',
      lying(({ lower, upper }) => lower < AT - 400 * DAY && upper <= AT),
      /^the range 1700-01-01/,
    ],
    [
      'something after the last contact',
      lying(({ lower }) => lower > AT + DAY),
      /^the range 2017-06-29 10:31/,
    ],
    [
      'a wrong whole span',
      lying(({ lower, upper }) => lower === AT && upper === AT + DAY + MINUTE),
      /^the range 2017-06-28 10:30.*to 2017-06-29 10:31/,
    ],
    [
      'an included upper bound',
      lying(({ upper }) => upper === AT + DAY),
      /^the (range|gap) .* to 2017-06-29 10:30/,
    ],
    [
      'two unmarked initials',
      reading([...EVENTS, initial(3, AT + DAY + 9)]),
      /^the raw events of contact 00000000-0000-4000-8000-000000000003: initials that are not marked as replays: at most 1 != 2/,
    ],
    [
      'two unmarked followups',
      reading([...EVENTS, followup(2, AT + DAY + 9)]),
      /followups that are not marked as replays: at most 1 != 2/,
    ],
    [
      'a replay with another symbol',
      reading([...EVENTS, initial(1, AT + DAY + 9, { symbol: 'z', replay: true })]),
      /contact 00000000-0000-4000-8000-000000000001: symbols: one != e, z/,
    ],
    [
      'an event id that was logged twice',
      reading([...EVENTS, followup(2, AT + DAY + 9, { id: AT + HOUR, replay: true })]),
      /event id \d+: once != more than once/,
    ],
    ['a lost raw event', reading(EVENTS.slice(1)), /^the minute 2017-06-28 10:30:00/],
  ])('%s', async (_, changes, says) => {
    const model = await modelOf(EVENTS);
    const { differences, differencesTotal } = await verifyStore(
      withRollups(model, changes(model)),
      options(),
    );
    expect(differencesTotal).toBeGreaterThan(0);
    const lines = differences.map(({ what, expected, got }) => `${what}: ${expected} != ${got}`);
    expect(lines).toContainEqual(expect.stringMatching(says));
  });

  it('more differences than it tells', async () => {
    const model = await modelOf(EVENTS);
    const store = withRollups(model, lying(() => true)(model));
    const { differences, differencesTotal } = await verifyStore(store, options());
    expect(differences).toHaveLength(DIFFERENCES_MAX);
    expect(differencesTotal).toBeGreaterThan(DIFFERENCES_MAX);
  });
});

describe('verify', () => {
  it('tells contacts apart whose uuids share the key that they are sorted by', async () => {
    // The key is a hash of 32 bits: of so many contacts about eight pairs share one.
    const drawn = Array.from({ length: 260_000 }, (_, i) => {
      const words = [Math.imul(i + 1, 0x9e3779b1), Math.imul(i + 7, 0x85ebca6b) ^ (i << 9)];
      const [first, last] = words.map((word) => (word >>> 0).toString(16).padStart(8, '0'));
      return initial(0, AT + i, { uuid: `${first}-0000-4000-8000-0000${last}` });
    });
    const record = new Uint32Array(EVENT_WORDS);
    const byKey = new Map<number, ContactEvent[]>();
    for (const event of drawn) {
      writeEvent(event, record);
      byKey.set(record[0]!, [...(byKey.get(record[0]!) ?? []), event]);
    }
    const alike = [...byKey.values()].filter(({ length }) => length > 1).flat();
    expect(alike.length).toBeGreaterThan(0);
    const events = [...new Set([...alike, ...drawn.slice(0, 2000)])];
    expect(new Set(events.map((event) => event.uuid)).size).toBe(events.length);
    const store = withRollups(await modelOf(events));
    const summary = await verifyStore(store, options({ spill: { recordsMax: 500 }, ranges: 5 }));
    expect(summary).toMatchObject({ contacts: events.length, differencesTotal: 0 });
  });

  it('ends where it is interrupted', async () => {
    const interruption = new AbortController();
    const summary = await verifyStore(
      withRollups(await modelOf(EVENTS)),
      options({ interrupted: interruption.signal, onProgress: () => interruption.abort() }),
    );
    expect(summary.complete).toBe(false);
  });

  it('passes on that the store fails', async () => {
    const failure = new Error('the disk is gone');
    const store = withRollups(await modelOf(EVENTS), { talliesOfRange: async () => Promise.reject(failure) });
    await expect(verifyStore(store, options())).rejects.toBe(failure);
  });

  it('keeps event ids and instants whole', async () => {
    const id = Number.MAX_SAFE_INTEGER;
    const far = parseInstant('1700-01-01 00:00:00.000001')!;
    const events = [
      initial(1, far, { id }),
      initial(2, parseInstant('2249-12-31 23:59:59.999999')!, { id: 0 }),
    ];
    const store = withRollups(
      await modelOf(events),
      reading([...events, initial(1, AT, { id, replay: true })])(),
    );
    const { differences } = await verifyStore(store, options());
    expect(differences).toEqual([
      {
        what: `the raw events of contact ${uuidOf(1)}: event id ${id}`,
        expected: 'once',
        got: 'more than once',
      },
    ]);
  });
});
