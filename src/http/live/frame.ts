import { eventJson } from '../../domain/event-text.js';
import type { LiveMessage } from '../routes/dashboard-schemas.js';
import { LIVE_EVENTS_MAX, type LiveFeed, type NewestEvents } from './feed.js';

/** What all clients are told at one moment. */
export interface Frame {
  readonly newest: NewestEvents;
  readonly totals: LiveMessage['totals'];
  readonly head: string;
  /** The messages, but for the clock, by the sequence that a client has; most have the same. */
  readonly texts: Map<number | null, string>;
}

/** Whether a frame would say nothing that the last one did not. */
export function isSame(last: Frame, newest: NewestEvents, totals: LiveMessage['totals']): boolean {
  return last.newest.sequence === newest.sequence && JSON.stringify(last.totals) === JSON.stringify(totals);
}

/** What a client is told that has the events up to a sequence, or none. */
export function bodyFor(frame: Frame, has: number | null): string {
  const known = frame.texts.get(has);
  if (known !== undefined) return known;
  const { sequence, noted, sequences, before } = frame.newest;
  const events = has === null ? [...before, ...noted] : noted.filter((_, i) => sequences[i]! > has);
  const missed = has === null ? null : sequence - has - events.length;
  const text = `${frame.head},"events":[${events.map(eventJson).join()}],"missed":${missed}`;
  // A client names what it has, and may name anything.
  if (frame.texts.size < LIVE_EVENTS_MAX) frame.texts.set(has, text);
  return text;
}

/** The sequence that an event id of this server names; null for any other. */
export function sequenceOf(lastEventId: string | undefined, feed: LiveFeed): number | null {
  const [, name, digits] = /^([0-9a-f]+)-(\d{1,15})$/.exec(lastEventId ?? '') ?? [];
  const sequence = Number(digits);
  return name === feed.name && sequence <= feed.sequence ? sequence : null;
}
