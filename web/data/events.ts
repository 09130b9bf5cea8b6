import type { EventRecord, LiveMessage } from '../../src/http/routes/dashboard-schemas.js';

/** How many of the newest events are listed. */
const EVENTS_MAX = 50;

/** The newest events after a message, the newest first; `known` are those before it. */
export function newestOf({ events, missed }: LiveMessage, known: readonly EventRecord[]): EventRecord[] {
  return [...events.toReversed(), ...(missed === null ? [] : known)].slice(0, EVENTS_MAX);
}
