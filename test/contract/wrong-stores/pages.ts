import type { Store } from '../../../src/contract/store.js';
import type { ContactStory, Verification } from '../../../src/contract/store-page.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { EMPTY_SPLIT, type SplitTally } from '../../../src/domain/tally.js';
import type { Instant } from '../../../src/domain/time.js';
import type { Fault } from '../right-store.js';
import type { WrongStore } from './faults.js';

/** Wrong in what a store need not have. */
export const WRONG_PAGES: readonly WrongStore[] = [
  {
    name: 'leaves the empty buckets out of a series',
    says: /the series .* the number of buckets/,
    fault: changedSeries((buckets) =>
      buckets.filter((rows) => rows.some((row) => row.vowel.count + row.consonant.count > 0)),
    ),
  },
  {
    name: 'leaves out the last bucket of a series',
    says: /the series .* the number of buckets/,
    fault: changedSeries((buckets) => buckets.slice(0, -1)),
  },
  {
    name: 'answers one bucket too many',
    says: /the series .* the number of buckets/,
    fault: changedSeries((buckets) => [...buckets, []]),
  },
  {
    name: 'answers the buckets of a series backwards',
    says: /the series .* bucket \d+ /,
    fault: changedSeries((buckets) => [...buckets].reverse()),
  },
  {
    name: 'adds up the buckets of a series',
    says: /the series .* bucket \d+ .*expected count/s,
    fault: (store) => ({
      async *talliesOfSeries(edges) {
        for (const upper of edges.slice(1)) {
          yield await store.talliesOfRange({ lower: edges[0]!, upper });
        }
      },
    }),
  },
  {
    name: 'takes the buckets of a series to be all as long as the first',
    says: /the series .* bucket \d+ /,
    fault: ({ talliesOfSeries }) => ({
      talliesOfSeries: (edges) => talliesOfSeries!(edges.map((_, i) => evenEdge(edges, i))),
    }),
  },
  {
    name: 'has the tallies of one symbol only in a series',
    says: /the series .*the tally of/s,
    fault: changedSeries((buckets) =>
      buckets.map((rows) => rows.map((row, i) => (i === 4 ? row : EMPTY_SPLIT))),
    ),
  },
  {
    name: 'answers with the first events for the last',
    says: /the last \d+ events/,
    fault: ({ lastEvents }) => ({
      lastEvents: async (eventsMax) =>
        (await lastEvents!(Number.MAX_SAFE_INTEGER)).slice(0, Math.min(eventsMax, 1e9)),
    }),
  },
  {
    name: 'answers with the last events, the newest first',
    says: /the last \d+ events/,
    fault: changedLast((events) => [...events].reverse()),
  },
  {
    name: 'puts the last events in time order',
    says: /the last \d+ events/,
    fault: changedLast((events) => [...events].sort((first, second) => first.at - second.at)),
  },
  {
    name: 'leaves replays out of the last events',
    says: /the last \d+ events/,
    fault: changedLast((events) => events.filter((event) => !event.replay)),
  },
  {
    name: 'leaves replays out of the events of a contact',
    says: /the events of [0-9a-f]{8}-/,
    fault: changedStories((events) => events.filter((event) => !event.replay)),
  },
  {
    name: 'answers with the first event of a contact only',
    says: /the events of [0-9a-f]{8}-/,
    fault: changedStories((events) => events.slice(0, 1)),
  },
  {
    name: 'has the events of a contact in the order of their arrival',
    says: /the events of [0-9a-f]{8}-.* the time order/s,
    fault: (_store, { logged }) => ({
      eventsOfContact: async (uuid, eventsMax) =>
        cutAt(
          logged.filter((event) => event.uuid === uuid),
          eventsMax,
        ),
    }),
  },
  {
    name: 'answers with some event for a contact that is not known',
    says: /the events of ffffffff-/,
    fault: ({ eventsOfContact }, { logged }) => ({
      eventsOfContact: async (uuid, eventsMax) => {
        const story = await eventsOfContact!(uuid, eventsMax);
        return story.events.length > 0 ? story : { ...story, events: logged.slice(0, 1) };
      },
    }),
  },
  {
    name: 'tells all events of a contact, however few are asked for',
    says: /the events of [0-9a-f]{8}-.*number 1 of 1/s,
    fault: ({ eventsOfContact }) => ({
      eventsOfContact: (uuid) => eventsOfContact!(uuid, Number.MAX_SAFE_INTEGER),
    }),
  },
  {
    name: 'tells the last events of a contact, where not all are asked for',
    says: /the events of [0-9a-f]{8}-.*number 0 of 1/s,
    fault: ({ eventsOfContact }) => ({
      eventsOfContact: async (uuid, eventsMax) => {
        const { events, leftOut } = await eventsOfContact!(uuid, Number.MAX_SAFE_INTEGER);
        const left = Math.max(0, events.length - eventsMax);
        return { events: events.slice(left), leftOut: leftOut + left };
      },
    }),
  },
  {
    name: 'does not say how many events of a contact it left out',
    says: /the events of [0-9a-f]{8}-.* leftOut/s,
    fault: ({ eventsOfContact }) => ({
      eventsOfContact: async (uuid, eventsMax) => ({
        ...(await eventsOfContact!(uuid, eventsMax)),
        leftOut: 0,
      }),
    }),
  },
  {
    name: 'counts those that it told among those that it left out',
    says: /the events of [0-9a-f]{8}-.* leftOut/s,
    fault: ({ eventsOfContact }) => ({
      async eventsOfContact(uuid, eventsMax) {
        const { events, leftOut } = await eventsOfContact!(uuid, eventsMax);
        return { events, leftOut: leftOut === 0 ? 0 : leftOut + events.length };
      },
    }),
  },
  {
    name: "goes on looking for a contact's events when nobody waits",
    says: /a signal that is aborted/,
    fault: ({ eventsOfContact }) => ({
      eventsOfContact: (uuid, eventsMax) => eventsOfContact!(uuid, eventsMax),
    }),
  },
  {
    name: "rejects with an error of its own when nobody waits for a contact's events",
    says: /a signal that is aborted/,
    fault: ({ eventsOfContact }) => ({
      async eventsOfContact(uuid, eventsMax, signal) {
        if (signal?.aborted === true) throw new Error('aborted');
        return eventsOfContact!(uuid, eventsMax);
      },
    }),
  },
  {
    name: 'counts the replays since it was opened',
    says: /the number of replays/,
    fault: (store, { model }) => {
      let before = 0;
      return {
        async open() {
          await store.open();
          before = await model.replays();
        },
        replays: async () => (await model.replays()) - before,
      };
    },
  },
  {
    name: 'counts the replays of initials only',
    says: /the number of replays/,
    fault: (_store, { logged }) => ({
      replays: async () => logged.filter((event) => event.replay && event.kind === 'initial').length,
    }),
  },
  {
    name: 'counts conflicts among the replays',
    says: /the number of replays/,
    fault: (store, { model }) => {
      let conflicts = 0;
      return {
        async append(batch) {
          const outcomes = await store.append(batch);
          conflicts += outcomes.filter(({ status }) => status === 'conflict').length;
          return outcomes;
        },
        replays: async () => (await model.replays()) + conflicts,
      };
    },
  },
  {
    name: 'forgets its verification when it is closed',
    says: /the last verification/,
    fault: () => {
      let last: Verification | null = null;
      return {
        verification: async () => last,
        recordVerification: async (verification) => {
          last = verification;
        },
      };
    },
  },
  {
    name: 'keeps its first verification',
    says: /the last verification/,
    fault: (_store, { model }) => ({
      recordVerification: async (verification) => {
        if ((await model.verification()) === null) await model.recordVerification(verification);
      },
    }),
  },
  {
    name: 'loses the differences of its verification',
    says: /the last verification/,
    fault: ({ recordVerification }) => ({
      recordVerification: (verification) => recordVerification!({ ...verification, differences: 0 }),
    }),
  },
  {
    name: 'records verifications and cannot tell of them',
    says: /verification and recordVerification/,
    fault: () => ({ verification: undefined }) as unknown as Partial<Store>,
  },
];

type Buckets = readonly (readonly SplitTally[])[];

function changedSeries(change: (buckets: Buckets) => Buckets): Fault {
  return ({ talliesOfSeries }) => ({
    async *talliesOfSeries(edges) {
      const buckets: (readonly SplitTally[])[] = [];
      for await (const rows of talliesOfSeries!(edges)) buckets.push(rows);
      yield* change(buckets);
    },
  });
}

function changedLast(change: (events: readonly ContactEvent[]) => ContactEvent[]): Fault {
  return ({ lastEvents }) => ({ lastEvents: async (eventsMax) => change(await lastEvents!(eventsMax)) });
}

function changedStories(change: (events: readonly ContactEvent[]) => ContactEvent[]): Fault {
  return ({ eventsOfContact }) => ({
    async eventsOfContact(uuid, eventsMax) {
      const { events } = await eventsOfContact!(uuid, Number.MAX_SAFE_INTEGER);
      return cutAt(change(events), eventsMax);
    },
  });
}

function cutAt(events: readonly ContactEvent[], eventsMax: number): ContactStory {
  return { events: events.slice(0, eventsMax), leftOut: Math.max(0, events.length - eventsMax) };
}

function evenEdge(edges: readonly Instant[], i: number): Instant {
  return i === 0 ? edges[0]! : edges[0]! + i * (edges[1]! - edges[0]!);
}
