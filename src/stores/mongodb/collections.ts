import type { IndexSpecification } from 'mongodb';
import type { ContactDocument, ReplayDocument } from '../../contract/documents/engine.js';
import type { Uuid } from '../../domain/contact.js';

/** `v` grows with each change. */
export type ContactInDb = Omit<ContactDocument, 'uuid'> & { readonly _id: Uuid; readonly v: number };
export type ReplayInDb = ReplayDocument & { readonly _id: string };
export interface Note {
  readonly _id: string;
  readonly value: string;
}

/** By collection: what a tally needs stands in an index as a whole, and each stream has one in its order. */
export const INDEXES: Readonly<Record<'contacts' | 'replays', readonly IndexSpecification[]>> = {
  contacts: [
    { initial_at: 1, initial_seq: 1, _id: 1, symbol: 1, is_vowel: 1, followup_at: 1 },
    { symbol: 1, initial_at: 1, is_vowel: 1, followup_at: 1 },
    { followup_at: 1, followup_seq: 1, _id: 1 },
    { initial_seq: 1, _id: 1 },
    { followup_seq: 1, _id: 1 },
  ],
  replays: [
    { at: 1, seq: 1, uuid: 1, id: 1 },
    { uuid: 1, at: 1, seq: 1, id: 1 },
    { seq: 1, uuid: 1, id: 1 },
  ],
};
