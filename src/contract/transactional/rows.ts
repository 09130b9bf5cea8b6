import type { Contact, ContactEvent } from '../../domain/contact.js';
import { BUCKETS } from '../../domain/time.js';
import type { CellGain, Decision } from '../decide.js';
import type { CellRow, Changes, ContactRow, EventRow } from './engine.js';

export function eventOf({ uuid, id, symbol, is_vowel, at, replay }: EventRow): ContactEvent {
  const shared = { id, uuid, at, replay: Boolean(replay) };
  return symbol === null
    ? { kind: 'followup', ...shared }
    : { kind: 'initial', ...shared, symbol, isVowel: Boolean(is_vowel) };
}

export function contactOf({ uuid, symbol, is_vowel, initial_at, followup_at }: ContactRow): Contact {
  const initial = symbol === null ? null : { symbol, isVowel: Boolean(is_vowel), at: initial_at! };
  return { uuid, initial, followupAt: followup_at };
}

export function changesOf({ events, contacts, cells, unmatched, replays }: Decision): Changes {
  return {
    events: events.map(rowOfEvent),
    contacts: contacts.map(rowOfContact),
    cells: cells.map(rowOfCell),
    unmatched,
    replays,
  };
}

function rowOfEvent(event: ContactEvent): EventRow {
  const { uuid, id, at, replay } = event;
  const [symbol, is_vowel] = event.kind === 'initial' ? [event.symbol, event.isVowel] : [null, null];
  return { uuid, id, symbol, is_vowel, at, replay };
}

function rowOfContact({ uuid, initial, followupAt: followup_at }: Contact): ContactRow {
  if (initial === null) return { uuid, symbol: null, is_vowel: null, initial_at: null, followup_at };
  return { uuid, symbol: initial.symbol, is_vowel: initial.isVowel, initial_at: initial.at, followup_at };
}

function rowOfCell({ bucket, isVowel: is_vowel, ...gain }: CellGain): CellRow {
  return { ...gain, length: bucket === 'total' ? 0 : BUCKETS[bucket], is_vowel };
}
