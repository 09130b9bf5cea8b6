import { randomInt } from 'node:crypto';
import type { EventId } from '../../domain/contact.js';
import type { Instant } from '../../domain/time.js';

/**
 * The system clock with microseconds. An instant always lies within the millisecond that the system clock
 * reads, so that a step of the clock, either way, is followed at once; the digits below come from the
 * monotonic clock. `offset` is what must be added to that to have the wall clock, as far as it is known: Node.js
 * reads both to the microsecond when it starts, and without it the first instants would end in zeros, until an
 * event happens to come when a millisecond begins. After a step of the clock it is that way again.
 */
export function systemClock(
  wallMilliseconds: () => number = Date.now,
  monotonicMilliseconds: () => number = () => performance.now(),
  offset = performance.timeOrigin,
): () => Instant {
  return () => {
    const wall = wallMilliseconds();
    const monotonic = monotonicMilliseconds();
    let microseconds = Math.floor((offset + monotonic - wall) * 1000);
    if (!(microseconds >= 0 && microseconds < 1000)) {
      // The clocks have drifted apart by a little, or the system clock was set: the nearer edge of its
      // millisecond is the better reading of a small drift, its beginning of anything else.
      const drifted = microseconds >= 1000 && microseconds < 2000;
      microseconds = drifted ? 999 : 0;
      offset = wall - monotonic + microseconds / 1000;
    }
    return wall * 1000 + microseconds;
  };
}

/**
 * Event ids that are unique within the process. They begin at random, so that a clash with those of another
 * run, which would have to be on the same uuid, is not to be expected.
 */
export function eventIds(first: EventId = randomEventId()): () => EventId {
  let next = first;
  return () => {
    const id = next;
    next = id === Number.MAX_SAFE_INTEGER ? 0 : id + 1;
    return id;
  };
}

function randomEventId(): EventId {
  // randomInt reaches 48 bits; an event id has 53.
  return randomInt(2 ** 21) * 2 ** 32 + randomInt(2 ** 32);
}
