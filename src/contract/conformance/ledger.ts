import type { Contact, ContactEvent, InitialEvent, Uuid } from '../../domain/contact.js';
import type { Outcome, Promises, Store } from '../store.js';
import { collect, type Difference, firstOf, showEvent, showInstant, showOutcome } from './answers.js';

/** A batch that was handed in, and what became of it. */
export interface Entry {
  /** How a reader is told of it. */
  readonly name: string;
  readonly events: readonly ContactEvent[];
  /** Undefined where it was rejected. */
  readonly outcomes: readonly Outcome[] | undefined;
  /** How many attempts were rejected with a word that something of it may be stored. */
  readonly doubts: number;
}

/** An event of a batch. */
interface Handed {
  readonly event: ContactEvent;
  readonly entry: Entry;
  readonly place: number;
}

/**
 * What holds between batches and the raw events in whatever order the batches were taken. All that was taken
 * is stored, each event id once, and nothing else; a contact has one first event of each kind, and the others
 * are replays of it; every outcome says what is stored. None of the events is a declared replay.
 */
export function ledgerDifference(
  entries: readonly Entry[],
  stored: readonly ContactEvent[],
  promises: Promises,
): Difference | undefined {
  const all = entries.flatMap((entry) =>
    entry.events.map((event, place): Handed => ({ event, entry, place })),
  );
  const handed = groupBy(all, ({ event }) => event.uuid);
  const contacts = contactsOf(stored);
  const strange = [...contacts].find(([uuid]) => !handed.has(uuid));
  if (strange !== undefined) return strangeDifference(strange[1][0]!);
  return (
    firstOf([...handed], ([uuid, events]) =>
      contactDifference(uuid, events, contacts.get(uuid) ?? [], promises),
    ) ?? partsDifference(entries, contacts, promises)
  );
}

/** What the raw events say of contacts, compared with what the store knows of them. */
export function contactsDifference(
  uuids: readonly Uuid[],
  stored: readonly ContactEvent[],
  got: readonly (Contact | undefined)[],
): Difference | undefined {
  const contacts = contactsOf(stored);
  return firstOf(uuids, (uuid, i) => {
    const events = contacts.get(uuid) ?? [];
    const followup = events.find(({ kind, replay }) => kind === 'followup' && !replay);
    const initial = firstInitial(events) ?? null;
    const isKnown = initial !== null || followup !== undefined;
    const right = isKnown ? { uuid, initial, followupAt: followup?.at ?? null } : undefined;
    if (isSameContact(right, got[i])) return undefined;
    return { what: `the contact ${uuid}`, expected: showContact(right), got: showContact(got[i]) };
  });
}

/** The same, for one contact. */
function contactDifference(
  uuid: Uuid,
  handed: readonly Handed[],
  stored: readonly ContactEvent[],
  { keepsEvents, replays }: Promises,
): Difference | undefined {
  const isCounted = replays === 'counted';
  const strange = stored.find((event) => !handed.some((other) => isSame(other.event, event, isCounted)));
  if (strange !== undefined) return strangeDifference(strange);
  const first = firstInitial(stored);
  const isRefused = (event: ContactEvent) =>
    !isCounted && event.kind === 'initial' && first !== undefined && first.symbol !== event.symbol;
  const outcomeOf = (event: ContactEvent): Outcome => {
    if (isRefused(event)) return { status: 'conflict', symbol: first!.symbol };
    const isVowel = event.kind === 'initial' && (isCounted ? event : first!).isVowel;
    const isReplay = !isCounted && stored.some((twin) => twin.replay && isSame(twin, event, isCounted));
    return { status: isReplay ? 'replayed' : 'accepted', isVowel };
  };
  return (
    (isCounted ? undefined : firstsDifference(uuid, stored)) ??
    firstOf(handed, ({ event }) => {
      const among = handed.filter((other) => isSame(other.event, event, isCounted));
      const taken = among.filter(({ entry }) => entry.outcomes !== undefined).length;
      const doubts = among.reduce((sum, { entry }) => sum + entry.doubts, 0);
      const timesOf = (times: number) =>
        !keepsEvents || isRefused(event) ? 0 : isCounted ? times : Math.min(times, 1);
      const [least, most] = [timesOf(taken), timesOf(taken + doubts)];
      const got = stored.filter((other) => isSame(other, event, isCounted)).length;
      if (least <= got && got <= most) return undefined;
      const became = among.map(({ entry }) => showEntry(entry)).join('; ');
      return {
        what: `how often ${showEvent(event, isCounted)} is among the raw events (it was in ${became})`,
        expected: least === most ? `${least}` : `${least} to ${most}`,
        got: `${got}`,
      };
    }) ??
    firstOf(handed, ({ event, entry: { name, outcomes }, place }) => {
      if (outcomes === undefined) return undefined;
      const [right, got] = [outcomeOf(event), outcomes[place]];
      return isSameOutcome(right, got)
        ? undefined
        : {
            what: `the outcome of ${showEvent(event)}, number ${place} of ${name}`,
            expected: showOutcome(right),
            got: showOutcome(got),
          };
    })
  );
}

/** Whether so much as `promises.batches` says is stored of each batch of which nobody was sure. */
function partsDifference(
  entries: readonly Entry[],
  contacts: ReadonlyMap<Uuid, readonly ContactEvent[]>,
  { batches, keepsEvents, replays }: Promises,
): Difference | undefined {
  if (!keepsEvents || replays === 'counted') return undefined;
  const keyOf = ({ uuid, id }: ContactEvent) => `${uuid} ${id}`;
  const shared = groupBy(
    entries.flatMap(({ events }) => [...new Set(events.map(keyOf))]),
    (key) => key,
  );
  const storedOf = ({ uuid }: ContactEvent) => contacts.get(uuid) ?? [];
  /** Not there because another came first. */
  const isLate = (event: ContactEvent): boolean =>
    storedOf(event).some(
      (first) =>
        first.kind === event.kind &&
        !first.replay &&
        (batches === 'contacts' || (first.kind === 'initial' && isOtherSymbol(event, first))),
    );
  const isUnsure = ({ outcomes, doubts }: Entry) => outcomes === undefined && doubts > 0;
  return firstOf(entries.filter(isUnsure), ({ name, events }) => {
    // What is in the batch of another client as well may be stored with that one.
    const own = events.filter((event) => shared.get(keyOf(event))!.length === 1);
    const parts = batches === 'whole' ? [own] : [...groupBy(own, ({ uuid }) => uuid).values()];
    return firstOf(parts, (part) => {
      const stored = part.filter((event) => storedOf(event).some((other) => isSame(other, event, false)));
      const missing = part.find((event) => !stored.includes(event) && !isLate(event));
      if (stored.length === 0 || missing === undefined) return undefined;
      return {
        what: `what is stored of ${name}, which was rejected with STORE_UNCERTAIN, where promises.batches is '${batches}'`,
        expected: batches === 'whole' ? 'all of it or nothing' : 'all of a contact or nothing',
        got: `${stored.length} of ${part.length}, without ${showEvent(missing)}`,
      };
    });
  });
}

function isOtherSymbol(event: ContactEvent, first: InitialEvent): boolean {
  return event.kind === 'initial' && event.symbol !== first.symbol;
}

/** Whether each kind of a contact's events has one first event, of which the others are replays. */
function firstsDifference(uuid: Uuid, stored: readonly ContactEvent[]): Difference | undefined {
  const first = firstInitial(stored);
  return firstOf(['initial', 'followup'] as const, (kind) => {
    const all = stored.filter((event) => event.kind === kind);
    const firsts = all.filter(({ replay }) => !replay);
    if (all.length > 0 && firsts.length !== 1) {
      return {
        what: `the raw events of ${uuid} that are a first ${kind}`,
        expected: 'one',
        got: `${firsts.length} of ${all.length}${firsts.map((event) => `\n           ${showEvent(event)}`).join('')}`,
      };
    }
    const other = all.find(
      (event) =>
        event.kind === 'initial' && (event.symbol !== first!.symbol || event.isVowel !== first!.isVowel),
    );
    return other === undefined
      ? undefined
      : { what: `a replay of ${showEvent(first!)}`, expected: 'its symbol and guess', got: showEvent(other) };
  });
}

/** What a store knows of contacts, in each way in which it tells that. */
export async function knownContacts(
  store: Store,
  uuids: readonly Uuid[],
): Promise<(readonly (Contact | undefined)[])[]> {
  const ways = [];
  if (store.contacts !== undefined) ways.push(await store.contacts(uuids));
  if (store.everyContact !== undefined) {
    const contacts = (await collect(store.everyContact())).flat();
    // The first of a contact holds.
    const known = new Map(contacts.toReversed().map((contact) => [contact.uuid, contact]));
    ways.push(uuids.map((uuid) => known.get(uuid)));
  }
  return ways;
}

function strangeDifference(event: ContactEvent): Difference {
  return { what: 'the raw events', expected: 'what was handed in', got: showEvent(event) };
}

/** Whether they are one event, by all that no store may change. A store that counts replays keeps no ids. */
function isSame(one: ContactEvent, other: ContactEvent, withoutId: boolean): boolean {
  if (one.at !== other.at || one.kind !== other.kind || (!withoutId && one.id !== other.id)) return false;
  if (one.kind === 'followup' || other.kind === 'followup') return true;
  return one.symbol === other.symbol && (!withoutId || one.isVowel === other.isVowel);
}

function isSameOutcome(right: Outcome, got: Outcome | undefined): boolean {
  if (right.status === 'conflict') return got?.status === 'conflict' && got.symbol === right.symbol;
  return got?.status === right.status && got.isVowel === right.isVowel;
}

function isSameContact(right: Contact | undefined, got: Contact | undefined): boolean {
  const [first, other] = [right?.initial, got?.initial];
  return (
    (right === undefined) === (got === undefined) &&
    right?.followupAt === got?.followupAt &&
    first?.symbol === other?.symbol &&
    first?.isVowel === other?.isVowel &&
    first?.at === other?.at
  );
}

function firstInitial(events: readonly ContactEvent[]): InitialEvent | undefined {
  return events.find((event): event is InitialEvent => event.kind === 'initial' && !event.replay);
}

function contactsOf(stored: readonly ContactEvent[]): Map<Uuid, ContactEvent[]> {
  return groupBy(stored, ({ uuid }) => uuid);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function showEntry({ name, outcomes, doubts }: Entry): string {
  if (outcomes !== undefined) return `${name}, which was taken`;
  return `${name}, which was rejected${doubts > 0 ? ' with STORE_UNCERTAIN' : ''}`;
}

function showContact(contact: Contact | undefined): string {
  if (contact === undefined) return 'not known';
  const { initial, followupAt } = contact;
  const opened =
    initial === null
      ? 'no initial'
      : `initial '${initial.symbol}' isVowel ${initial.isVowel} at ${showInstant(initial.at)}`;
  return `${opened}, ${followupAt === null ? 'no followup' : `followup at ${showInstant(followupAt)}`}`;
}
