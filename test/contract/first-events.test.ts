import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FirstEvents } from '../../src/contract/first-events.js';
import type { ContactEvent } from '../../src/domain/contact.js';

function event(id: number, at: number): ContactEvent {
  return { kind: 'followup', id, uuid: '00000000-0000-4000-8000-000000000000', at, replay: false };
}

it('the first of events in any order are those that sorting all of them finds', () => {
  // Few instants, so that many are the same; more events than may wait, so that the list is cut meanwhile.
  const instants = fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 4000, size: 'max' });
  fc.assert(
    fc.property(instants, fc.integer({ min: 0, max: 50 }), (drawn, eventsMax) => {
      const first = new FirstEvents(eventsMax);
      const events = drawn.map((at, id) => event(id, at));
      for (const each of events) first.add(each);
      const sorted = events.toSorted((one, other) => one.at - other.at);
      expect(first.story()).toEqual({
        events: sorted.slice(0, eventsMax),
        leftOut: Math.max(0, events.length - eventsMax),
      });
    }),
    { numRuns: 60 },
  );
});

it('goes on after it was asked', () => {
  const first = new FirstEvents(2);
  first.add(event(1, 5));
  expect(first.story()).toEqual({ events: [event(1, 5)], leftOut: 0 });
  first.add(event(2, 4));
  first.add(event(3, 5));
  expect(first.story()).toEqual({ events: [event(2, 4), event(1, 5)], leftOut: 1 });
});
