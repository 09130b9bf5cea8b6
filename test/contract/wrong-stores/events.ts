import type { Outcome } from '../../../src/contract/store.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { bucketStart } from '../../../src/domain/time.js';
import { asNew, changedEvents, changedOutcomes, isSame, repeatsKind, type WrongStore } from './faults.js';

export const WRONG_EVENTS: readonly WrongStore[] = [
  {
    name: 'drops microseconds in its raw events',
    says: /the events of all time/,
    fault: changedEvents((events) => events.map((event) => ({ ...event, at: bucketStart(event.at, 1000) }))),
  },
  {
    name: 'logs a repeated event id twice',
    says: /the events of/,
    fault: (store, data) => {
      const { append } = store;
      const extra: ContactEvent[] = [];
      return {
        append: async (batch) => {
          extra.push(...batch.filter((event) => data.logged.some((other) => isSame(event, other))));
          return append(batch);
        },
        ...changedEvents((events) => [...events, ...extra].sort((a, b) => a.at - b.at))(store, data),
      };
    },
  },
  {
    name: 'takes a repeated event id for a replay',
    says: /the outcome of .*expected accepted.*got +replayed/s,
    fault: ({ append }, data) => ({
      append: async (batch) => {
        const seen = batch.map((event) => data.logged.some((other) => isSame(event, other)));
        return (await append(batch)).map((outcome, i) =>
          seen[i] && outcome.status === 'accepted' ? { ...outcome, status: 'replayed' } : outcome,
        );
      },
    }),
  },
  {
    name: 'takes event ids for unique among all contacts',
    says: /the outcome of|the tally of|the events of/,
    fault: ({ append }) => {
      const seen = new Map<number, Outcome>();
      return {
        append: async (batch) => {
          const fresh = batch.filter((event) => !seen.has(event.id));
          const outcomes = await append(fresh);
          for (const [i, event] of fresh.entries()) seen.set(event.id, outcomes[i]!);
          return batch.map((event) => seen.get(event.id)!);
        },
      };
    },
  },
  {
    name: 'answers a replay with the new guess',
    says: /the outcome of/,
    fault: changedOutcomes((outcome, event) =>
      outcome.status === 'replayed' && event.kind === 'initial'
        ? { ...outcome, isVowel: event.isVowel }
        : outcome,
    ),
  },
  {
    name: 'looks its contacts up once for a batch',
    says: /the outcome of .*expected replayed.*got +accepted/s,
    fault: ({ append }, data) => ({
      append: async (batch) => {
        const before = [...data.logged];
        return (await append(batch)).map((outcome, i) => {
          const known = before.some((other) => repeatsKind(other, batch[i]!));
          return outcome.status === 'replayed' && !known && !batch[i]!.replay
            ? { ...outcome, status: 'accepted' }
            : outcome;
        });
      },
    }),
  },
  {
    name: 'stores a conflict',
    says: /the events of|the tally/,
    fault: (store, data) => {
      const { append } = store;
      const refused: ContactEvent[] = [];
      return {
        append: async (batch) => {
          const outcomes = await append(batch);
          refused.push(...batch.filter((_, i) => outcomes[i]!.status === 'conflict'));
          return outcomes;
        },
        ...changedEvents((events) => [...events, ...refused].sort((a, b) => a.at - b.at))(store, data),
      };
    },
  },
  {
    name: 'answers a conflict as a replay',
    says: /the outcome of .*expected conflict/s,
    fault: changedOutcomes((outcome) =>
      outcome.status === 'conflict' ? { status: 'replayed', isVowel: false } : outcome,
    ),
  },
  {
    name: 'reads events in the order of arrival',
    says: /the time order/,
    fault: (_, data) => ({
      async *events({ lower = -Infinity, upper = Infinity } = {}) {
        yield* [...data.logged].filter((event) => lower <= event.at && event.at < upper);
      },
    }),
  },
  {
    name: 'reads events of the same instant in no order',
    says: /the events of/,
    fault: changedEvents((events) => events.sort((a, b) => a.at - b.at || (a.uuid < b.uuid ? -1 : 1))),
  },
  {
    name: 'reads events with no regard to the span',
    says: /the events of \[/,
    fault: ({ events }) => ({ events: () => events() }),
  },
  {
    name: 'reads what is appended during a reading',
    says: /the events of all time.*expected no more events/s,
    fault: (_, data) => ({
      async *events({ lower = -Infinity, upper = Infinity } = {}) {
        const sorted = () =>
          data.logged.filter((event) => lower <= event.at && event.at < upper).sort((a, b) => a.at - b.at);
        for (let i = 0; i < sorted().length; i += 1) yield sorted()[i]!;
      },
    }),
  },
  {
    name: 'forgets to mark replays',
    says: /the events of/,
    fault: changedEvents((events) => events.map((event) => ({ ...event, replay: false }))),
  },
  {
    name: 'takes a declared replay for an event',
    says: /the outcome of .*expected replayed/s,
    fault: ({ append }) => ({ append: (batch) => append(batch.map(asNew)) }),
  },
];
