import type { ContactEvent, Uuid } from '../../domain/contact.js';
import type { Known, LoggedEvent } from '../decide.js';
import type { EventKeys, EventRow } from '../served/engine.js';
import { contactOf, rowOfEvent } from '../served/rows.js';
import type { AnyDocument, Collection, ContactDocument, Field, ReplayDocument, Versioned } from './engine.js';

/** Where the raw events are, each kind in its own order: by time, then by arrival, then by name. */
export const STREAMS = Object.freeze({
  initials: { collection: 'contacts', order: ['initial_at', 'initial_seq', 'uuid'] },
  followups: { collection: 'contacts', order: ['followup_at', 'followup_seq', 'uuid'] },
  replays: { collection: 'replays', order: ['at', 'seq', 'uuid', 'id'] },
} as const satisfies Record<string, { readonly collection: Collection; readonly order: readonly Field[] }>);
export type Stream = keyof typeof STREAMS;

/** An event as it stands in its document. */
export interface Standing extends EventRow {
  readonly seq: number;
}

/** What names a replay among all. */
export function keyOf({ uuid, id }: Pick<EventRow, 'uuid' | 'id'>): string {
  return `${uuid}:${id}`;
}

/** What documents say of the contacts and events of a batch. */
export function knownOf(stored: readonly Versioned<unknown>[], replays: EventKeys): Known {
  const firsts = stored.flatMap(({ document: { uuid, initial_id, followup_id } }) =>
    [initial_id, followup_id].flatMap((id): LoggedEvent[] =>
      id === null ? [] : [{ uuid, id, replay: false }],
    ),
  );
  return {
    contacts: stored.map(({ document }) => contactOf(document)),
    logged: [...firsts, ...replays.map(({ uuid, id }) => ({ uuid, id, replay: true }))],
  };
}

/** What events that are logged make of the documents that were there. */
export function documentsOf(
  events: readonly ContactEvent[],
  stored: readonly Versioned<unknown>[],
  nextSeq: () => number,
): { readonly contacts: Map<Uuid, ContactDocument>; readonly replays: ReplayDocument[] } {
  const before = new Map(stored.map(({ document }) => [document.uuid, document]));
  const contacts = new Map<Uuid, ContactDocument>();
  const replays: ReplayDocument[] = [];
  for (const event of events) {
    const row = rowOfEvent(event);
    const { uuid, id, symbol, is_vowel, at } = row;
    const seq = nextSeq();
    if (event.replay) {
      replays.push({ ...row, seq });
      continue;
    }
    const document = contacts.get(uuid) ?? before.get(uuid) ?? { ...NOTHING, uuid };
    contacts.set(
      uuid,
      event.kind === 'initial'
        ? { ...document, symbol, is_vowel, initial_at: at, initial_id: id, initial_seq: seq }
        : { ...document, followup_at: at, followup_id: id, followup_seq: seq },
    );
  }
  return { contacts, replays };
}

/** The event of a stream that a document has. */
export function standingOf(stream: Stream, document: AnyDocument): Standing {
  if (stream === 'replays') return document as ReplayDocument;
  const { uuid, symbol, is_vowel, ...firsts } = document as ContactDocument;
  const shared = { uuid, replay: false };
  return stream === 'initials'
    ? {
        ...{ ...shared, id: firsts.initial_id!, symbol, is_vowel },
        ...{ at: firsts.initial_at!, seq: firsts.initial_seq! },
      }
    : {
        ...{ ...shared, id: firsts.followup_id!, symbol: null, is_vowel: null },
        ...{ at: firsts.followup_at!, seq: firsts.followup_seq! },
      };
}

/** The events that a contact's document has. */
export function firstsOf(document: ContactDocument): Standing[] {
  const { initial_at, followup_at } = document;
  return [
    ...(initial_at === null ? [] : [standingOf('initials', document)]),
    ...(followup_at === null ? [] : [standingOf('followups', document)]),
  ];
}

/** By time, and then by arrival. */
export function compareStandings(one: Standing, other: Standing): number {
  return one.at - other.at || one.seq - other.seq;
}

/** What several streams have, in one order. */
export async function* merged(streams: readonly AsyncIterator<Standing>[]): AsyncIterable<Standing> {
  const heads = await Promise.all(streams.map(async (stream) => ({ stream, next: await stream.next() })));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done) continue;
      if (first === undefined || compareStandings(head.next.value, first.next.value as Standing) < 0) {
        first = head;
      }
    }
    if (first === undefined) return;
    yield first.next.value as Standing;
    first.next = await first.stream.next();
  }
}

const NOTHING = {
  symbol: null,
  is_vowel: null,
  initial_at: null,
  initial_id: null,
  initial_seq: null,
  followup_at: null,
  followup_id: null,
  followup_seq: null,
} as const satisfies Omit<ContactDocument, 'uuid'>;
