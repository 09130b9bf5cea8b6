import { breath } from '../../contract/breath.js';
import type { StoreView } from '../../contract/store.js';
import { type Contact, SYMBOLS } from '../../domain/contact.js';
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
  #contacts: ContactState[] = [];
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
    const states = this.#contacts;
    this.#contacts = [];
    const got = (await this.#store.contacts?.(states.map(({ uuid }) => uuid))) ?? [];
    this.compared.contact += states.length;
    for (const [i, state] of states.entries()) this.#compareContact(state, got[i]);
  }

  #contact(state: ContactState): Promise<void> | undefined {
    this.#contacts.push(state);
    return this.#contacts.length >= CONTACTS_A_QUESTION ? this.contactsLeft() : undefined;
  }

  #compareContact(state: ContactState, got: Contact | undefined): void {
    const [initial] = state.initials;
    const expected = printContact(
      initial && { ...initial, symbol: SYMBOLS[initial.symbol]! },
      state.followups > 0 || (initial === undefined && state.isUnmatched),
    );
    const answer = printContact(got?.initial ?? undefined, (got?.followupAt ?? null) !== null);
    if (answer !== expected) this.report({ what: `the contact ${state.uuid}`, expected, got: answer });
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
