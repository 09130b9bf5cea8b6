import type { Outcome } from '../../../contract/store.js';
import type { ContactEvent } from '../../../domain/contact.js';
import { jobIn } from '../jobs.js';
import type { Keys } from '../keys.js';
import type { Layout } from '../layout.js';
import { SCRIPTS } from '../scripts.js';
import type { Job } from '../servers/executor.js';
import {
  bucketOf,
  OUTCOMES,
  partitionOf,
  RECORD_BYTES,
  STAMP_BYTES,
  writeEvent,
  writeUuid,
} from './records.js';

/** The part of a batch that goes to one partition. */
interface Parcel {
  readonly partition: number;
  readonly places: number[];
  readonly records: Buffer;
  readonly buckets: Buffer;
}

/** A batch, packed for the partitions that its contacts live in. */
export class Parcels {
  readonly #events: number;
  readonly #parcels: readonly Parcel[];

  constructor(batch: readonly ContactEvent[], { partitions, buckets }: Layout) {
    this.#events = batch.length;
    const uuids = Buffer.allocUnsafe(16 * batch.length);
    const hashes = batch.map((event, i) => writeUuid(uuids, i * 16, event.uuid));
    const places = new Map<number, number[]>();
    for (const [i, hash] of hashes.entries()) {
      const partition = partitionOf(hash, partitions);
      const own = places.get(partition);
      if (own === undefined) places.set(partition, [i]);
      else own.push(i);
    }
    this.#parcels = [...places].map(([partition, own]) => {
      const records = Buffer.allocUnsafe(RECORD_BYTES * own.length);
      const bucketNumbers = Buffer.allocUnsafe(4 * own.length);
      for (const [at, place] of own.entries()) {
        uuids.copy(records, at * RECORD_BYTES, place * 16, place * 16 + 16);
        writeEvent(records, at * RECORD_BYTES, batch[place]!, place);
        bucketNumbers.writeUInt32BE(bucketOf(hashes[place]!, buckets), at * 4);
      }
      return { partition, places: own, records, buckets: bucketNumbers };
    });
  }

  /** One call a partition. */
  jobs(keys: Keys, store: string): Job[] {
    const stamp = nextStamp();
    return this.#parcels.map(({ partition, records, buckets }) =>
      jobIn(keys, partition, SCRIPTS.append, [store, stamp, records, buckets]),
    );
  }

  /** One outcome an event, in the order of the batch. */
  outcomes(replies: readonly Buffer[]): Outcome[] {
    const outcomes: Outcome[] = new Array(this.#events);
    for (const [i, { places }] of this.#parcels.entries()) {
      for (const [at, place] of places.entries()) outcomes[place] = OUTCOMES[replies[i]![at]!]!;
    }
    return outcomes;
  }
}

let lastStamp = 0;

/**
 * Grows with every batch of this process, and from one process to the next as their clocks do. It orders
 * events of the same instant, and nothing else.
 */
function nextStamp(): Buffer {
  lastStamp = Math.max(lastStamp + 1, Math.floor((performance.timeOrigin + performance.now()) * 1000));
  const stamp = Buffer.allocUnsafe(STAMP_BYTES);
  stamp.writeBigUInt64BE(BigInt(lastStamp));
  return stamp;
}
