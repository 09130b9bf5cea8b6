import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/contract/store.js';
import type { Contact } from '../../src/domain/contact.js';
import { HOUR, parseInstant } from '../../src/domain/time.js';
import { verifyStore } from '../../src/transfer/verify/verify.js';
import { followup, initial, modelOf, over, uuidOf } from './support.js';

const AT = parseInstant('2017-06-28 10:30:00')!;
const EVENTS = [
  initial(1, AT + 1),
  initial(2, AT + 2, { symbol: 'b', isVowel: false }),
  followup(2, AT + HOUR),
  initial(1, AT + 4, { replay: true }),
  followup(4, AT + 5),
  initial(5, AT + 6, { replay: true }),
];
/** What a store knows that has these events. */
const CONTACTS: readonly Contact[] = [
  contact(1),
  contact(2, { initial: { symbol: 'b', isVowel: false, at: AT + 2 }, followupAt: AT + HOUR }),
  contact(4, { initial: null, followupAt: AT + 5 }),
  contact(5, { initial: null }),
];

function contact(number: number, more: Partial<Contact> = {}): Contact {
  const first = { symbol: 'e', isVowel: true, at: AT + number };
  return { uuid: uuidOf(number), initial: first, followupAt: null, ...more };
}

/** How a store tells what it knows of contacts. */
const WAYS: [string, (contacts: readonly Contact[]) => Partial<Store>][] = [
  [
    'that is asked for contacts',
    (contacts) => ({
      contacts: async (uuids) => uuids.map((uuid) => contacts.find((each) => each.uuid === uuid)),
    }),
  ],
  [
    'that tells every contact',
    (contacts) => ({
      async *everyContact() {
        for (const each of contacts.toReversed()) yield [each];
      },
    }),
  ],
];

async function verified(told: Partial<Store>, recordsMax = 1000) {
  const options = { ranges: 5, random: () => 0.5, spill: { recordsMax } };
  return verifyStore(over(await modelOf(EVENTS), told), options);
}

describe.each(WAYS)('verify of a store %s', (_, telling) => {
  it.each([1, 2, 1000])('compares each of them, with room for %i records', async (recordsMax) => {
    const summary = await verified(telling(CONTACTS), recordsMax);
    expect(summary).toMatchObject({ complete: true, events: 6, contacts: 2, unmatched: 1, differences: [] });
    expect(summary.compared.contact).toBe(4);
  });

  it.each<[string, readonly Contact[], string]>([
    ['no contact', CONTACTS.slice(1), 'no initial, no followup'],
    [
      'another symbol',
      [contact(1, { initial: { symbol: 'f', isVowel: true, at: AT + 1 } }), ...CONTACTS.slice(1)],
      'f, guessed a vowel, at 2017-06-28 10:30:00.000001, no followup',
    ],
    [
      'what is no symbol',
      [contact(1, { initial: { symbol: 'é', isVowel: true, at: AT + 1 } }), ...CONTACTS.slice(1)],
      'undefined, guessed a vowel, at 2017-06-28 10:30:00.000001, no followup',
    ],
    [
      'another guess',
      [contact(1, { initial: { symbol: 'e', isVowel: false, at: AT + 1 } }), ...CONTACTS.slice(1)],
      'e, guessed no vowel, at 2017-06-28 10:30:00.000001, no followup',
    ],
    [
      'another instant',
      [contact(1, { initial: { symbol: 'e', isVowel: true, at: AT - 2 } }), ...CONTACTS.slice(1)],
      'e, guessed a vowel, at 2017-06-28 10:29:59.999998, no followup',
    ],
    [
      'a followup',
      [contact(1, { followupAt: AT + 9 }), ...CONTACTS.slice(1)],
      'e, guessed a vowel, at 2017-06-28 10:30:00.000001, followed up',
    ],
  ])('finds %s where the events say otherwise', async (_what, contacts, got) => {
    const { differences, differencesTotal } = await verified(telling(contacts));
    const expected = 'e, guessed a vowel, at 2017-06-28 10:30:00.000001, no followup';
    expect(differences).toEqual([{ what: `the contact ${uuidOf(1)}`, expected, got }]);
    expect(differencesTotal).toBe(1);
  });
});

describe('verify of a store that tells every contact', () => {
  const telling = (...contacts: Contact[]): Partial<Store> => ({
    async *everyContact() {
      yield contacts;
    },
  });

  it('finds one of which no event speaks', async () => {
    const { differences, unmatched } = await verified(telling(...CONTACTS, contact(9)));
    expect(differences).toEqual([
      {
        what: `the contact ${uuidOf(9)}`,
        expected: 'no initial, no followup',
        got: 'e, guessed a vowel, at 2017-06-28 10:30:00.000009, no followup',
      },
    ]);
    expect(unmatched).toBe(1);
  });

  it.each([1, 1000])('takes the first of one that comes twice, with room for %i records', async (room) => {
    const older = contact(2, { initial: null, followupAt: AT + HOUR });
    expect((await verified(telling(...CONTACTS, older), room)).differences).toEqual([]);
    expect((await verified(telling(older, ...CONTACTS), room)).differencesTotal).toBe(1);
  });

  it('ends where it is interrupted while they are read', async () => {
    const interruption = new AbortController();
    const summary = await verifyStore(over(await modelOf(EVENTS), telling(...CONTACTS)), {
      ranges: 5,
      random: () => 0.5,
      interrupted: interruption.signal,
      onProgress: (phase) => phase === 'contacts' && interruption.abort(),
    });
    expect(summary).toMatchObject({ complete: false, events: 6 });
  });
});
