import { SYMBOLS } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';
import {
  FOLLOWED,
  type FoldedContact,
  flagsOf,
  INITIAL,
  idOf,
  KNOWN,
  REPLAY,
  readFollowupAt,
  readInitial,
  symbolOf,
} from '../event-record.js';

/** Where two things that ought to agree do not. */
export interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** What is known of a contact: its first initial, and whether it has a followup. */
export interface Known {
  readonly initial: Omit<FoldedContact, 'followups'> | undefined;
  readonly isFollowed: boolean;
  /** When it was followed up, where that matters. */
  readonly followupAt?: Instant;
}

export const NOTHING_KNOWN: Known = { initial: undefined, isFollowed: false };

/** How many ids of one contact are looked at for one that was logged twice. */
const IDS_OF_CONTACT_MAX = 10_000;

const NONE: readonly Difference[] = [];

/** One contact while its events are read, in the order of the log. */
export abstract class ContactState {
  /** The initials that count. */
  readonly initials: Omit<FoldedContact, 'followups'>[] = [];
  /** The followups that each of them counts. */
  abstract readonly followups: number;
  /** What the store knows of it, where that was added. */
  stored: Known = NOTHING_KNOWN;
  readonly #uuid: readonly [number, number, number, number];

  constructor(records: Uint32Array, start: number) {
    this.#uuid = [records[start + 1]!, records[start + 2]!, records[start + 3]!, records[start + 4]!];
  }

  isOf(records: Uint32Array, start: number): boolean {
    const [first, second, third, fourth] = this.#uuid;
    return (
      records[start + 1] === first &&
      records[start + 2] === second &&
      records[start + 3] === third &&
      records[start + 4] === fourth
    );
  }

  take(records: Uint32Array, start: number): void {
    const flags = flagsOf(records, start);
    if ((flags & KNOWN) === 0) this.takeEvent(records, start);
    // Of what was added more than once the first holds.
    else if (this.stored === NOTHING_KNOWN) {
      const initial = (flags & INITIAL) === 0 ? undefined : readInitial(records, start);
      const isFollowed = (flags & FOLLOWED) !== 0;
      this.stored = {
        initial,
        isFollowed,
        ...(isFollowed && { followupAt: readFollowupAt(records, start) }),
      };
    }
  }

  /** Takes what the store knows for events from before an instant that are gone. */
  abstract takeStored(before: Instant): void;

  protected abstract takeEvent(records: Uint32Array, start: number): void;

  /** What the raw events say of it. */
  get logged(): Known {
    return { initial: this.initials[0], isFollowed: this.followups > 0 };
  }

  /** A followup has come, and no initial. */
  get isUnmatched(): boolean {
    return this.initials.length === 0 && this.followups > 0;
  }

  /** Where the log contradicts itself. */
  abstract differences(): Iterable<Difference>;

  get uuid(): string {
    const hex = this.#uuid.map((word) => word.toString(16).padStart(8, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }
}

/** As the contract says: what is marked as a replay changes nothing, and there is one of everything else. */
export class RecognisedState extends ContactState {
  #initials = 0;
  #followups = 0;
  /** One bit a symbol. */
  #symbols = 0;
  #firstId: number | undefined;
  #ids: Set<number> | undefined;
  #repeatedId: number | undefined;

  get followups(): number {
    return this.#followups > 0 ? 1 : 0;
  }

  protected takeEvent(records: Uint32Array, start: number): void {
    const flags = flagsOf(records, start);
    const isReplay = (flags & REPLAY) !== 0;
    this.#takeId(idOf(records, start));
    if ((flags & INITIAL) === 0) {
      if (!isReplay) this.#followups += 1;
      return;
    }
    this.#symbols |= 1 << symbolOf(flags);
    if (isReplay) return;
    this.#initials += 1;
    if (this.#initials === 1) this.initials.push(readInitial(records, start));
  }

  takeStored(before: Instant): void {
    const { initial, followupAt } = this.stored;
    if (this.#initials === 0 && initial !== undefined && initial.at < before) {
      this.#initials = 1;
      this.#symbols |= 1 << initial.symbol;
      this.initials.push(initial);
    }
    if (this.#followups === 0 && followupAt !== undefined && followupAt < before) this.#followups = 1;
  }

  differences(): Iterable<Difference> {
    // Nearly every contact is sound, and this is asked of each.
    const isSound =
      this.#initials < 2 &&
      this.#followups < 2 &&
      (this.#symbols & (this.#symbols - 1)) === 0 &&
      this.#repeatedId === undefined;
    return isSound ? NONE : this.#contradictions();
  }

  *#contradictions(): Generator<Difference> {
    const what = `the raw events of contact ${this.uuid}`;
    for (const [kind, count] of [
      ['initials', this.#initials],
      ['followups', this.#followups],
    ] as const) {
      if (count < 2) continue;
      yield {
        what: `${what}: ${kind} that are not marked as replays`,
        expected: 'at most 1',
        got: `${count}`,
      };
    }
    const symbols = SYMBOLS.filter((_, index) => (this.#symbols & (1 << index)) !== 0);
    if (symbols.length > 1) yield { what: `${what}: symbols`, expected: 'one', got: symbols.join(', ') };
    if (this.#repeatedId !== undefined) {
      yield { what: `${what}: event id ${this.#repeatedId}`, expected: 'once', got: 'more than once' };
    }
  }

  #takeId(id: number): void {
    if (this.#firstId === undefined) {
      this.#firstId = id;
      return;
    }
    this.#ids ??= new Set([this.#firstId]);
    if (this.#ids.has(id)) this.#repeatedId = id;
    else if (this.#ids.size < IDS_OF_CONTACT_MAX) this.#ids.add(id);
  }
}

/** As a store does that counts replays: every pair of an initial and a followup. */
export class CountedState extends ContactState {
  followups = 0;

  protected takeEvent(records: Uint32Array, start: number): void {
    if ((flagsOf(records, start) & INITIAL) === 0) this.followups += 1;
    else this.initials.push(readInitial(records, start));
  }

  /** Such a store keeps all its events. */
  takeStored(): void {}

  differences(): readonly Difference[] {
    return NONE;
  }
}
