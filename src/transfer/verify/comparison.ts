import { breath } from '../../contract/breath.js';
import type { StoreView } from '../../contract/store.js';
import { type Contact, SYMBOLS, type Uuid } from '../../domain/contact.js';
import { EMPTY_SPLIT, isSameTally, type SplitTally, type Tally } from '../../domain/tally.js';
import { type Bucket, formatInstant, type Range } from '../../domain/time.js';
import type { ContactState, Difference } from './contact-state.js';
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

/** What the raw events say of a contact. */
interface Expected {
  readonly uuid: Uuid;
  readonly initial: Contact['initial'] | undefined;
  readonly isFollowed: boolean;
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
    if (this.#store.contacts === undefined) return { difference };
    return { difference, contact: (state) => this.#contact(state) };
  }

  async contactsLeft(): Promise<void> {
    const contacts = this.#contacts.sort((one, other) => (one.uuid < other.uuid ? -1 : 1));
    this.#contacts = [];
    for (let start = 0; start < contacts.length; start += CONTACTS_A_QUESTION) {
      const asked = contacts.slice(start, start + CONTACTS_A_QUESTION);
      const got = (await this.#store.contacts?.(asked.map(({ uuid }) => uuid))) ?? [];
      this.compared.contact += asked.length;
      for (const [i, contact] of asked.entries()) this.#compareContact(contact, got[i]);
      const pause = breath();
      if (pause !== undefined) await pause;
    }
  }

  #contact(state: ContactState): Promise<void> | undefined {
    const [initial] = state.initials;
    this.#contacts.push({
      uuid: state.uuid,
      initial: initial && { ...initial, symbol: SYMBOLS[initial.symbol]! },
      isFollowed: state.followups > 0 || (initial === undefined && state.isUnmatched),
    });
    return this.#contacts.length >= CONTACTS_SORTED ? this.contactsLeft() : undefined;
  }

  #compareContact({ uuid, initial, isFollowed }: Expected, got: Contact | undefined): void {
    const answer = got?.initial ?? undefined;
    const isAnswerFollowed = (got?.followupAt ?? null) !== null;
    const isSame =
      initial?.symbol === answer?.symbol &&
      initial?.isVowel === answer?.isVowel &&
      initial?.at === answer?.at;
    if (isSame && isFollowed === isAnswerFollowed) return;
    this.report({
      what: `the contact ${uuid}`,
      expected: printContact(initial, isFollowed),
      got: printContact(answer, isAnswerFollowed),
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
      const name = `the ${kind} ${formatInstant(range.lower)} to ${formatInstant(range.upper)}`;
      for (const [index, symbol] of SYMBOLS.entries()) {
        this.#compareSplit(`${name}, symbol ${symbol}`, expected[index]!, got[index] ?? EMPTY_SPLIT);
      }
    });
  }

  symbol(symbol: string, expected: SplitTally): Promise<void> | undefined {
    return this.#ask('symbol', async () => {
      this.#compareSplit(`the symbol ${symbol}`, expected, await this.#store.tallyOfSymbol(symbol));
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

  #compareSplit(what: string, expected: SplitTally, got: SplitTally): void {
    for (const part of ['vowel', 'consonant'] as const) {
      if (isSameTally(expected[part], got[part])) continue;
      const name = `${what}, guessed ${part === 'vowel' ? 'a vowel' : 'no vowel'}`;
      this.report({ what: name, expected: printTally(expected[part]), got: printTally(got[part]) });
    }
  }
}

function printContact(initial: Contact['initial'] | undefined, followed: boolean): string {
  const opened =
    initial === undefined || initial === null
      ? 'no initial'
      : `${initial.symbol}, guessed ${initial.isVowel ? 'a vowel' : 'no vowel'}, at ${formatInstant(initial.at)}`;
  return `${opened}, ${followed ? 'followed up' : 'no followup'}`;
}

function printTally({ count, earliest, latest, followups }: Tally): string {
  const span =
    earliest === null || latest === null
      ? 'no dates'
      : `from ${formatInstant(earliest)} to ${formatInstant(latest)}`;
  return `${count} contacts ${span}, ${followups} followed up`;
}
