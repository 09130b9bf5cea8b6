import { dataInterface, type GroupCommitOptions } from '../../src/contract/group-commit.js';
import { Model } from '../../src/contract/model.js';
import type { AppendLimits, Outcome, Store } from '../../src/contract/store.js';
import type { ContactEvent } from '../../src/domain/contact.js';

const UUID = '9cdd7298-caf2-47fd-8b39-0df84387c768';

/** A batch that the store holds until it is told what becomes of it. */
export interface HeldBatch {
  readonly events: readonly ContactEvent[];
  readonly since: number | undefined;
  commit(): Promise<void>;
  fail(error: Error): void;
}

/** A data interface over the model, whose batches are held. */
export async function opened(
  limits: Partial<AppendLimits> = {},
  options: GroupCommitOptions = {},
  more: Partial<Store> = {},
) {
  const model = new Model();
  const batches: HeldBatch[] = [];
  let closings = 0;
  const store: Store = {
    ...more,
    promises: model.promises,
    limits: { ...model.limits, ...limits },
    open: () => model.open(),
    close: async () => {
      closings += 1;
    },
    append: (events, since) =>
      new Promise<readonly Outcome[]>((resolve, reject) => {
        batches.push({
          events,
          since,
          commit: async () => resolve(await model.append(events)),
          fail: reject,
        });
      }),
    tallyOfSymbol: (symbol) => model.tallyOfSymbol(symbol),
    talliesOfRange: (range) => model.talliesOfRange(range),
    unmatched: () => model.unmatched(),
    events: (span) => model.events(span),
  };
  const data = dataInterface(store, options);
  await data.open();
  return { data, batches, closed: () => closings };
}

export function initial(contact: number) {
  return { id: 0, uuid: uuidOf(contact), symbol: 'e', isVowel: false, at: 0 };
}

export function followup(contact: number) {
  return { id: 0, uuid: uuidOf(contact), at: 0 };
}

export function uuidOf(contact: number): string {
  return `${UUID.slice(0, -2)}${contact.toString(16).padStart(2, '0')}`;
}
