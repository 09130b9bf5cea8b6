import { breath } from '../../contract/breath.js';
import type { StoreView } from '../../contract/store.js';
import { type Contact, SYMBOLS, type Uuid } from '../../domain/contact.js';
import { EMPTY_SPLIT, isSameTally, type SplitTally, type Tally } from '../../domain/tally.js';
import { type Bucket, formatInstant, type Range } from '../../domain/time.js';
import { type ContactState, type Difference, type Known, NOTHING_KNOWN } from './contact-state.js';
import type { FoldListener } from './fold.js';
import type { Row } from './rows.js';

export type Compared = Bucket | 'contact' | 'symbol' | 'unmatched' | 'gap' | 'range';

/** How many differences are told in full. */
export const DIFFERENCES_MAX = 20;

/** A store over a network answers questions that come together by one call. */
const QUESTIONS_IN_FLIGHT_MAX = 64;
const CONTACTS_A_QUESTION = 4096;
/** So many are asked for in the order of their uuids, in which a store finds those near each other in one place. */
const CONTACTS_SORTED = 65_536;

/** A contact, and what the raw events say of it. */
interface Expected {
  readonly uuid: Uuid;
  readonly logged: Known;
}

/** Asks the store, some questions at the same time, and notes where its answers differ. */
export class Comparison {
  readonly compared: Record<Compared, number> = {
    contact: 0,
    symbol: 0,
    unmatched: 0,
    minute: 0,
    hour: 0,
    day: 0,
    gap: 0,
    range: 0,
  };
  readonly differences: Difference[] = [];
  differencesTotal = 0;
  readonly #store: StoreView;
  #contacts: Expected[] = [];
  #inFlight: Promise<void>[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(store: StoreView) {
    this.#store = store;
  }

  /** Hears of contradictions and, where the store keeps contacts, of each contact. */
  get listener(): FoldListener {
    const difference = (found: Difference) => this.report(found);
    if (this.#store.everyContact !== undefined) {
      return { difference, contact: (state) => this.#compareContact(state, state.stored) };
    }
    if (this.#store.contacts === undefined) return { difference };
    const contact = ({ uuid, logged }: ContactState) => void this.#contacts.push({ uuid, logged });
    return { difference, contact };
  }

  get hasContactsToAsk(): boolean {
    return this.#contacts.length >= CONTACTS_SORTED;
  }

  async askContacts(): Promise<void> {
    const contacts = this.#contacts.sort((one, other) => (one.uuid < other.uuid ? -1 : 1));
    this.#contacts = [];
    for (let start = 0; start < contacts.length; start += CONTACTS_A_QUESTION) {
      const asked = contacts.slice(start, start + CONTACTS_A_QUESTION);
      const got = (await this.#store.contacts?.(asked.map(({ uuid }) => uuid))) ?? [];
      for (const [i, contact] of asked.entries()) {
        this.#compareContact(contact, knownOf(got[i]));
      }
      const pause = breath();
      if (pause !== undefined) await pause;
    }
  }

  #compareContact({ uuid, logged }: Expected, stored: Known): void {
    this.compared.contact += 1;
    const [expected, got] = [logged.initial, stored.initial];
    const isSame =
      expected?.symbol === got?.symbol && expected?.isVowel === got?.isVowel && expected?.at === got?.at;
    if (isSame && logged.isFollowed === stored.isFollowed) return;
    this.report({
      what: `the contact ${uuid}`,
      expected: printContact(logged),
      got: printContact(stored),
    });
  }

  get rollups(): readonly Bucket[] {
    return this.#store.promises.rollups;
  }

  report(difference: Difference): void {
    this.differencesTotal += 1;
    if (this.differences.length < DIFFERENCES_MAX) this.differences.push(difference);
  }

  range(kind: Compared, range: Range, expected: Row): Promise<void> | undefined {
    return this.#ask(kind, async () => {
      const got = await this.#store.talliesOfRange(range);
      for (let index = 0; index < SYMBOLS.length; index += 1) {
        const name = () =>
          `the ${kind} ${formatInstant(range.lower)} to ${formatInstant(range.upper)}, symbol ${SYMBOLS[index]}`;
        this.#compareSplit(name, expected[index]!, got[index] ?? EMPTY_SPLIT);
      }
    });
  }

  symbol(symbol: string, expected: SplitTally): Promise<void> | undefined {
    return this.#ask('symbol', async () => {
      this.#compareSplit(() => `the symbol ${symbol}`, expected, await this.#store.tallyOfSymbol(symbol));
    });
  }

  unmatched(expected: number): Promise<void> | undefined {
    return this.#ask('unmatched', async () => {
      const got = await this.#store.unmatched();
      if (got !== expected) {
        this.report({ what: 'the unmatched contacts', expected: String(expected), got: String(got) });
      }
    });
  }

  async settle(): Promise<void> {
    await Promise.all(this.#inFlight);
    this.#inFlight = [];
    await breath();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #ask(kind: Compared, question: () => Promise<void>): Promise<void> | undefined {
    this.compared[kind] += 1;
    this.#inFlight.push(
      question().catch((error: unknown) => {
        this.#failure ??= { error };
      }),
    );
    return this.#inFlight.length >= QUESTIONS_IN_FLIGHT_MAX ? this.settle() : undefined;
  }

  #compareSplit(what: () => string, expected: SplitTally, got: SplitTally): void {
    // Most minutes have few symbols.
    if (expected === got) return;
    for (const part of ['vowel', 'consonant'] as const) {
      if (isSameTally(expected[part], got[part])) continue;
      const name = `${what()}, guessed ${part === 'vowel' ? 'a vowel' : 'no vowel'}`;
      this.report({ what: name, expected: printTally(expected[part]), got: printTally(got[part]) });
    }
  }
}

function knownOf(contact: Contact | undefined): Known {
  if (contact === undefined) return NOTHING_KNOWN;
  const { initial, followupAt } = contact;
  return {
    initial: initial === null ? undefined : { ...initial, symbol: SYMBOLS.indexOf(initial.symbol) },
    isFollowed: followupAt !== null,
  };
}

function printContact({ initial, isFollowed }: Known): string {
  const opened =
    initial === undefined
      ? 'no initial'
      : `${SYMBOLS[initial.symbol]}, guessed ${initial.isVowel ? 'a vowel' : 'no vowel'}, at ${formatInstant(initial.at)}`;
  return `${opened}, ${isFollowed ? 'followed up' : 'no followup'}`;
}

function printTally({ count, earliest, latest, followups }: Tally): string {
  const span =
    earliest === null || latest === null
      ? 'no dates'
      : `from ${formatInstant(earliest)} to ${formatInstant(latest)}`;
  return `${count} ${count === 1 ? 'contact' : 'contacts'} ${span}, ${followups} followed up`;
}
