import { describe, expect, it } from 'vitest';
import type { Contact, ContactEvent } from '../../src/domain/contact.js';
import { DAY, parseInstant } from '../../src/domain/time.js';
import { verifyStore } from '../../src/transfer/verify/verify.js';
import { followup, initial, modelOf, over, uuidOf } from './support.js';

const SINCE = parseInstant('2017-06-28 00:00:00')!;
/** Before 1970, where instants are negative. */
const LONG_AGO = parseInstant('1950-03-01 12:00:00')!;
const EVENTS: readonly ContactEvent[] = [
  initial(1, SINCE - DAY),
  followup(1, SINCE + 1),
  initial(2, LONG_AGO),
  followup(2, LONG_AGO + 1),
  followup(3, SINCE - 5),
  initial(4, SINCE + 2),
  followup(5, SINCE - 4),
  initial(5, SINCE + 3),
  initial(1, SINCE + 4, { replay: true }),
];
const LEFT = EVENTS.filter(({ at }) => at >= SINCE);
const CONTACTS: readonly Contact[] = [
  contact(1, SINCE - DAY, SINCE + 1),
  contact(2, LONG_AGO, LONG_AGO + 1),
  { uuid: uuidOf(3), initial: null, followupAt: SINCE - 5 },
  contact(4, SINCE + 2, null),
  contact(5, SINCE + 3, SINCE - 4),
];

function contact(number: number, at: number, followupAt: number | null): Contact {
  return { uuid: uuidOf(number), initial: { symbol: 'e', isVowel: true, at }, followupAt };
}

/** A store that answers as one with all events does, and has those that are left. */
async function verified(
  contacts: readonly Contact[],
  left: readonly ContactEvent[] = LEFT,
  since: number | null = SINCE,
) {
  const store = over(await modelOf(EVENTS), {
    async *events() {
      yield* left;
    },
    async *everyContact() {
      for (const each of contacts) yield [each];
    },
  });
  return verifyStore(store, {
    ranges: 5,
    random: () => 0.5,
    since: since ?? undefined,
    spill: { recordsMax: 3 },
  });
}

describe('verify of a store without its old raw events', () => {
  it('takes for them what it knows of contacts from before', async () => {
    expect(await verified(CONTACTS)).toMatchObject({
      ...{ complete: true, events: LEFT.length, contacts: 4, unmatched: 1, differences: [] },
    });
  });

  it('takes nothing where all of them are to be there', async () => {
    expect((await verified(CONTACTS, LEFT, null)).differencesTotal).toBeGreaterThan(3);
  });

  it.each<[string, readonly Contact[], readonly ContactEvent[]]>([
    ['an initial from since is not there', CONTACTS, LEFT.filter(({ uuid }) => uuid !== uuidOf(4))],
    ['a followup from since is not there', CONTACTS, LEFT.filter(({ kind }) => kind === 'initial')],
    ['a contact from before is forgotten', CONTACTS.filter(({ uuid }) => uuid !== uuidOf(2)), LEFT],
    ['a followup alone from before is forgotten', CONTACTS.filter(({ uuid }) => uuid !== uuidOf(3)), LEFT],
    ['a contact from before has another symbol than its replay', withSymbol('z'), LEFT],
    ['an event from before is there, and the contact knows another', moved(1, SINCE - 7), EVENTS],
  ])('finds that %s', async (_, contacts, left) => {
    expect((await verified(contacts, left)).differencesTotal).toBeGreaterThan(0);
  });
});

function withSymbol(symbol: string): readonly Contact[] {
  const [first, ...others] = CONTACTS;
  return [{ ...first!, initial: { ...first!.initial!, symbol } }, ...others];
}

function moved(number: number, at: number): readonly Contact[] {
  return CONTACTS.map((each) => (each.uuid === uuidOf(number) ? contact(number, at, each.followupAt) : each));
}
