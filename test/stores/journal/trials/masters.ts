import { join } from 'node:path';
import { outcomeDifference } from '../../../../src/contract/conformance/answers.js';
import { Dice } from '../../../../src/contract/conformance/dice.js';
import type { Store } from '../../../../src/contract/store.js';
import { verifyStore } from '../../../../src/transfer/verify/verify.js';
import { Failure, lines, openJournal } from './examination.js';
import { copyDirectory } from './flips.js';
import { Clients, Ledger, writeHeld } from './ledger.js';

/** How a store is filled that trials are made on copies of. */
export interface Shape {
  readonly events: number;
  readonly batches: readonly number[];
  /** Of the store's URL. */
  readonly options: string;
}

/** Many checkpoints in few events. */
export const TINY: Shape = {
  events: 700,
  batches: [1, 5, 20, 20, 100],
  options: '?checkpoint-contacts=32&ahead-bytes=65536',
};

/** As many of them that runs of them are merged, and several segments. */
export const SMALL: Shape = {
  events: 9000,
  batches: [1, 5, 20, 20, 100, 300],
  options: '?checkpoint-contacts=64&segment-bytes=262200&ahead-bytes=65536',
};

/** As a store is that nobody set anything of. */
export const LARGE: Shape = { events: 120_000, batches: [20, 1000, 4096], options: '' };

/** Where a master's parts are, below its directory. */
export const MASTER = { store: 'store', older: 'older', held: 'held' };

/**
 * Fills a store: two thirds, then a copy of the closed store as its older version, then the rest, with a
 * verification on record. The store is left open, to be closed or killed.
 */
export async function makeMaster(directory: string, seed: number, shape: Shape): Promise<Store> {
  const dice = new Dice(seed);
  const clients = new Clients(dice);
  const ledger = new Ledger();
  const place = join(directory, MASTER.store);
  const url = `journal:${place}${shape.options}`;
  const first = await openJournal(url, lines());
  await fill(first, ledger, { clients, dice, shape, until: (shape.events * 2) / 3 });
  await recordVerification(first);
  await first.close();
  await copyDirectory(place, join(directory, MASTER.older));
  const store = await openJournal(url, lines());
  await fill(store, ledger, { clients, dice, shape, until: shape.events - 100 });
  await recordVerification(store);
  await fill(store, ledger, { clients, dice, shape, until: shape.events });
  await writeHeld(join(directory, MASTER.held), ledger.held());
  return store;
}

interface Filling {
  readonly clients: Clients;
  readonly dice: Dice;
  readonly shape: Shape;
  /** How many events there must be in the end. */
  readonly until: number;
}

/** Appends batches, each of which must be answered as by the model. */
export async function fill(
  store: Store,
  ledger: Ledger,
  { clients, dice, shape, until }: Filling,
): Promise<void> {
  while (ledger.events.length < until) {
    const batch = clients.batch(ledger, dice.pick(shape.batches));
    const [expected, got] = [await ledger.append(batch), await store.append(batch)];
    const difference = outcomeDifference('a batch', batch, expected, got);
    if (difference !== undefined) throw new Failure('silently wrong', `before any fault: ${difference.what}`);
  }
}

async function recordVerification(store: Store): Promise<void> {
  const { events, contacts, differencesTotal } = await verifyStore(store, { ranges: 2, random: () => 0.5 });
  const at = Date.UTC(2024, 5, 1) * 1000;
  await store.recordVerification!({ at, events, contacts, differences: differencesTotal });
}
