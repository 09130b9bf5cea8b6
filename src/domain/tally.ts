import type { Contact } from './contact.js';
import type { Instant } from './time.js';

/** The summary of a set of contacts. */
export interface Tally {
  /** Contacts with an initial. */
  readonly count: number;
  /** The least and the greatest instant of their initials; null where there is none. */
  readonly earliest: Instant | null;
  readonly latest: Instant | null;
  /** Those of these contacts that have a followup, whenever it came. */
  readonly followups: number;
}

/** A tally in two parts, by the guess that the contacts were given; the parts merge to the whole. */
export interface SplitTally {
  readonly vowel: Tally;
  readonly consonant: Tally;
}

export const EMPTY: Tally = Object.freeze({ count: 0, earliest: null, latest: null, followups: 0 });
export const EMPTY_SPLIT: SplitTally = Object.freeze({ vowel: EMPTY, consonant: EMPTY });

export function isSameTally(a: Tally, b: Tally): boolean {
  return (
    a.count === b.count && a.earliest === b.earliest && a.latest === b.latest && a.followups === b.followups
  );
}

/** The tally of a single contact: `EMPTY` while it has no initial. */
export function of(contact: Contact): Tally {
  if (contact.initial === null) return EMPTY;
  const { at } = contact.initial;
  return { count: 1, earliest: at, latest: at, followups: contact.followupAt === null ? 0 : 1 };
}

/** The tally of a single contact, in the part of its guess. */
export function splitOf(contact: Contact): SplitTally {
  if (contact.initial === null) return EMPTY_SPLIT;
  const tally = of(contact);
  return contact.initial.isVowel ? { vowel: tally, consonant: EMPTY } : { vowel: EMPTY, consonant: tally };
}

/**
 * The tally of two disjoint sets of contacts together: associative, commutative, `EMPTY` is its identity.
 */
export function merge(a: Tally, b: Tally): Tally {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  return {
    count: a.count + b.count,
    earliest: least(a.earliest, b.earliest),
    latest: greatest(a.latest, b.latest),
    followups: a.followups + b.followups,
  };
}

/** `merge`, part by part. */
export function mergeSplit(a: SplitTally, b: SplitTally): SplitTally {
  return { vowel: merge(a.vowel, b.vowel), consonant: merge(a.consonant, b.consonant) };
}

/** Both parts of a split together. */
export function whole(split: SplitTally): Tally {
  return merge(split.vowel, split.consonant);
}

function least(a: Instant | null, b: Instant | null): Instant | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function greatest(a: Instant | null, b: Instant | null): Instant | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
