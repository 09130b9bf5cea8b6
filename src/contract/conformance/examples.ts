import type { ContactEvent, ContactSymbol, EventId } from '../../domain/contact.js';
import { DAY, HOUR, INSTANT_MAX, INSTANT_MIN, type Instant, MINUTE, SECOND } from '../../domain/time.js';
import type { Round, Stream } from './streams.js';

const NOON: Instant = Date.UTC(2017, 5, 28, 12) * 1000;
const EDGES: readonly Instant[] = [NOON, NOON + 12 * HOUR, NOON + MINUTE, 0, -DAY];

/** One rule of the contract each: what fails here says in a few events what is wrong. */
export const EXAMPLES: readonly Stream[] = [
  example('a replayed initial is answered as the first time, and not counted', [
    [initial(1, 'a', 0, { isVowel: true })],
    [initial(1, 'a', 1, { isVowel: false, at: NOON + DAY }), initial(1, 'a', 2, { isVowel: false })],
    [followup(1, 3)],
  ]),
  example('a replayed followup is not counted', [
    [initial(1, 'b', 0), followup(1, 1)],
    [followup(1, 2, { at: NOON - DAY }), followup(1, 3)],
  ]),
  example('a replay within one batch', [
    [initial(1, 'c', 0, { isVowel: true }), initial(1, 'c', 1), followup(1, 2), followup(1, 3)],
  ]),
  example('the first to arrive is the initial, not the earliest', [
    [initial(1, 'd', 0, { at: NOON + DAY }), initial(2, 'd', 0, { at: NOON + HOUR })],
    [initial(1, 'd', 1, { at: NOON })],
  ]),
  example('a followup that comes first', [
    [followup(1, 0, { at: NOON - DAY }), followup(2, 0), followup(3, 0)],
    [initial(1, 'e', 1)],
    'reopen',
    [initial(2, 'e', 1)],
  ]),
  example('a followup counts in the range of its initial, whenever it came', [
    [initial(1, 'f', 0), initial(2, 'f', 0, { at: NOON + DAY })],
    [followup(1, 1, { at: NOON + 30 * DAY }), followup(2, 1, { at: NOON - 30 * DAY })],
  ]),
  example('another symbol is refused, and nothing of it is stored', [
    [initial(1, 'g', 0, { isVowel: true })],
    [initial(1, 'h', 1), followup(1, 2), initial(1, 'i', 3, { at: NOON - DAY })],
    [initial(2, 'h', 0), initial(2, 'g', 1), initial(2, 'h', 2)],
  ]),
  example('a repeated event id is logged once: in the same batch, in a later one, after opening again', [
    [initial(1, 'j', 0, { isVowel: true }), initial(1, 'j', 0, { isVowel: true }), followup(2, 5)],
    [initial(1, 'j', 0, { isVowel: true }), followup(2, 5), initial(1, 'j', 1)],
    [initial(1, 'j', 1), initial(2, 'j', 6)],
    'reopen',
    [initial(1, 'j', 0, { isVowel: true }), initial(1, 'j', 1), followup(2, 5), initial(2, 'j', 6)],
  ]),
  example('the same event id in several contacts', [
    [initial(1, 'k', 0), initial(2, 'k', 0), followup(1, 1), initial(3, 'k', 1), followup(3, 0)],
  ]),
  example('a declared replay before the event that it repeats', [
    [initial(1, 'l', 5, { replay: true, isVowel: true, at: NOON - DAY }), followup(1, 6, { replay: true })],
    [followup(2, 7, { replay: true })],
    'reopen',
    [initial(1, 'l', 0), initial(2, 'm', 0)],
    [followup(1, 1), initial(1, 'l', 2)],
    [initial(1, 'l', 5, { replay: true, isVowel: true, at: NOON - DAY }), followup(1, 6, { replay: true })],
  ]),
  example('more than ten followups of one symbol', [
    range(25).map((n) => initial(n, 'n', 0, { at: NOON + n * SECOND })),
    range(25).map((n) => followup(n, 1)),
  ]),
  example('on an edge, and one microsecond to either side', [
    EDGES.flatMap((edge, e) => [-1, 0, 1].map((by) => initial(e * 3 + by + 1, 'o', 0, { at: edge + by }))),
  ]),
  example('instants with all their digits, the first and the last', [
    [
      initial(1, 'p', 0, { at: NOON + 123_456 }),
      initial(2, 'p', 0, { at: NOON + 123_457 }),
      initial(3, 'q', 0, { at: NOON + 1 }),
      initial(4, 'q', 0, { at: INSTANT_MIN }),
      initial(5, 'q', 0, { at: INSTANT_MAX - 1 }),
    ],
  ]),
  example('of the same instant, in the order of arrival', [
    range(20).map((n) => initial(n === 0 ? 0 : 20 - n, 'r', n)),
    'reopen',
    range(20).map((n) => followup((n * 7) % 20, 50 + n)),
    [initial(100, 'r', 0, { at: NOON - 1 })],
  ]),
  example('a symbol with both guesses', [
    [initial(1, 'y', 0, { isVowel: true }), initial(2, 'y', 0, { at: NOON + DAY }), followup(2, 1)],
  ]),
  example('an empty batch', [[], [initial(1, 's', 0)], []]),
  example('retries after opening again', [
    [initial(1, 't', 0, { isVowel: true }), followup(1, 1), initial(2, 't', 0)],
    'reopen',
    [initial(1, 't', 2), followup(1, 3), initial(2, 'u', 1), followup(2, 2)],
  ]),
];

function example(name: string, script: readonly (readonly ContactEvent[] | 'reopen')[]): Stream {
  const rounds: Round[] = [];
  let reopenBefore = false;
  for (const line of script) {
    if (line === 'reopen') reopenBefore = true;
    else {
      rounds.push({ batches: [line], reopenBefore });
      reopenBefore = false;
    }
  }
  return { name, rounds };
}

function initial(
  contact: number,
  symbol: ContactSymbol,
  id: EventId,
  { at = NOON, isVowel = false, replay = false } = {},
): ContactEvent {
  return { kind: 'initial', id, uuid: uuidOf(contact), symbol, isVowel, at, replay };
}

function followup(contact: number, id: EventId, { at = NOON + SECOND, replay = false } = {}): ContactEvent {
  return { kind: 'followup', id, uuid: uuidOf(contact), at, replay };
}

function uuidOf(contact: number): string {
  return `9b2f0a64-0000-4000-8000-${contact.toString(16).padStart(12, '0')}`;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, n) => n);
}
