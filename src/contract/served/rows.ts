import type { Contact, ContactEvent } from '../../domain/contact.js';
import type { ContactRow, EventRow } from './engine.js';

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

export function rowOfEvent(event: ContactEvent): EventRow {
  const { uuid, id, at, replay } = event;
  const [symbol, is_vowel] = event.kind === 'initial' ? [event.symbol, event.isVowel] : [null, null];
  return { uuid, id, symbol, is_vowel, at, replay };
}
