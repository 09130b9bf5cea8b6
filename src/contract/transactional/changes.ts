import type { Contact } from '../../domain/contact.js';
import { BUCKETS } from '../../domain/time.js';
import type { CellGain, Decision } from '../decide.js';
import type { ContactRow } from '../served/engine.js';
import { rowOfEvent } from '../served/rows.js';
import type { CellRow, Changes } from './engine.js';

export function changesOf({ events, contacts, cells, unmatched, replays }: Decision): Changes {
  return {
    events: events.map(rowOfEvent),
    contacts: contacts.map(rowOfContact),
    cells: cells.map(rowOfCell),
    unmatched,
    replays,
  };
}

function rowOfContact({ uuid, initial, followupAt: followup_at }: Contact): ContactRow {
  if (initial === null) return { uuid, symbol: null, is_vowel: null, initial_at: null, followup_at };
  return { uuid, symbol: initial.symbol, is_vowel: initial.isVowel, initial_at: initial.at, followup_at };
}

function rowOfCell({ bucket, isVowel: is_vowel, ...gain }: CellGain): CellRow {
  return { ...gain, length: bucket === 'total' ? 0 : BUCKETS[bucket], is_vowel };
}
