import { setTimeout as pause } from 'node:timers/promises';
import { collect } from '../../../src/contract/conformance/answers.js';
import { Model } from '../../../src/contract/model.js';
import type { Outcome, Promises } from '../../../src/contract/store.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import type { SplitTally, Tally } from '../../../src/domain/tally.js';
import type { Data, Fault } from '../right-store.js';

export interface WrongStore {
  readonly name: string;
  readonly fault: Fault;
  /** What the suite must say of it. */
  readonly says: RegExp;
}

/** Shows what was appended only after a time; right for a store that promises `reads: 'eventual'`. */
export function lagging(milliseconds: number): Fault {
  return ({ append, close, open }, data) => {
    const shown = new Model();
    let underWay = Promise.resolve();
    return {
      append: async (batch) => {
        const outcomes = await append(batch);
        const late = pause(milliseconds);
        underWay = underWay
          .then(() => late)
          .then(() => shown.append(batch))
          .then(() => undefined);
        return outcomes;
      },
      close: async () => {
        await underWay;
        await close();
      },
      open: async () => {
        await open();
        await shown.append(await collect(data.model.events()));
      },
      tallyOfSymbol: (symbol) => shown.tallyOfSymbol(symbol),
      talliesOfRange: (range) => shown.talliesOfRange(range),
      unmatched: () => shown.unmatched(),
    };
  };
}

/** Tallies from a changed log, beside outcomes and raw events that are right. */
export function talliesOf(
  change: (logged: ContactEvent[]) => ContactEvent[],
  replays: Promises['replays'] = 'recognised',
): Fault {
  return (_, data) => {
    let cached: { length: number; model: Promise<Model> } | undefined;
    const changed = () => {
      if (cached?.length !== data.logged.length) {
        const model = new Model(replays);
        cached = { length: data.logged.length, model: model.append(change(data.logged)).then(() => model) };
      }
      return cached.model;
    };
    return {
      tallyOfSymbol: async (symbol) => (await changed()).tallyOfSymbol(symbol),
      talliesOfRange: async (range) => (await changed()).talliesOfRange(range),
    };
  };
}

export function changedTallies(change: (tally: Tally) => Tally): Fault {
  return changedSplits(({ vowel, consonant }) => ({ vowel: change(vowel), consonant: change(consonant) }));
}

export function changedSplits(change: (split: SplitTally) => SplitTally): Fault {
  return ({ tallyOfSymbol, talliesOfRange }) => ({
    tallyOfSymbol: async (symbol) => change(await tallyOfSymbol(symbol)),
    talliesOfRange: async (range) => (await talliesOfRange(range)).map(change),
  });
}

export function changedOutcomes(change: (outcome: Outcome, event: ContactEvent) => Outcome): Fault {
  return ({ append }) => ({
    append: async (batch) => (await append(batch)).map((outcome, i) => change(outcome, batch[i]!)),
  });
}

export function changedEvents(change: (events: ContactEvent[]) => ContactEvent[]): Fault {
  return ({ events }) => ({
    async *events(span) {
      yield* change(await collect(events(span)));
    },
  });
}

/** Puts other events in the place of those that the data have. */
export function replace(data: Data, events: readonly ContactEvent[]): void {
  data.model = new Model(data.model.promises.replays);
  data.logged = [...events];
  // The model takes a batch before it answers, so there is nothing to wait for.
  void data.model.append(events);
}

/** As if it were not known to be a replay. */
export function asNew(event: ContactEvent): ContactEvent {
  return { ...event, replay: false };
}

export function isSame(event: ContactEvent, other: ContactEvent): boolean {
  return event.uuid === other.uuid && event.id === other.id;
}

export function repeatsKind(event: ContactEvent, other: ContactEvent): boolean {
  return event.uuid === other.uuid && event.kind === other.kind;
}
