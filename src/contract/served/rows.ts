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

/** All rows, page by page: `ask` answers with those behind the last one of the page before, and with none at the end. */
export async function* paged<Row>(
  ask: (last: Row | undefined) => Promise<readonly Row[]>,
): AsyncGenerator<Row> {
  for (let last: Row | undefined; ; ) {
    const page = await ask(last);
    if (page.length === 0) return;
    yield* page;
    last = page.at(-1);
  }
}
