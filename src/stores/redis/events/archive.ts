import { TallyboardError } from '../../../contract/errors.js';
import { type ArchivePart, dayOfPlace, type EventArchive } from '../../../contract/store-archive.js';
import type { ContactEvent } from '../../../domain/contact.js';
import { formatInstant } from '../../../domain/time.js';
import { fieldsOf, jobIn, jobOnSettings, jobsInAll } from '../jobs.js';
import type { Opened } from '../opened.js';
import { SCRIPTS } from '../scripts.js';
import { dayOf, midnightOf } from './records.js';

/** Moves out days, partition by partition. A state is the name of an entry of a stream. */
export class RedisArchive implements EventArchive {
  readonly #opened: () => Opened;
  /** What is written here may not be forgotten sooner than an event that was acknowledged. */
  readonly #replicas: () => number;

  constructor(opened: () => Opened, replicas: () => number) {
    this.#opened = opened;
    this.#replicas = replicas;
  }

  async store(): Promise<string> {
    return this.#opened().layout.id;
  }

  async name(): Promise<string | undefined> {
    const { executor, keys } = this.#opened();
    const [reply] = await executor.run([jobOnSettings(keys.settings, 'HGET', ['archive'])]);
    return reply === null ? undefined : String(reply);
  }

  async claim(name: string): Promise<string> {
    const { executor, keys, layout } = this.#opened();
    const job = jobOnSettings(keys.settings, SCRIPTS.claim, [layout.id, name]);
    const [reply] = await executor.run([job], { replicas: this.#replicas() });
    return String(reply);
  }

  async reached(): Promise<ReadonlyMap<string, string>> {
    const { executor, keys, layout } = this.#opened();
    const keyOf = (partition: number) => keys.archived(partition);
    const replies = await executor.run(jobsInAll(keys, layout.partitions, 'HGETALL', [], keyOf));
    const reached = new Map<string, string>();
    for (const [partition, reply] of replies.entries()) {
      for (const [day, state] of fieldsOf(reply)) reached.set(placeOf(Number(day), partition), state);
    }
    return reached;
  }

  async parts(): Promise<readonly ArchivePart[]> {
    // A replica that takes over must have what a file will say was in the store.
    const parts = await this.#opened().reader.parts(this.#replicas());
    return parts
      .sort((a, b) => a.day - b.day || a.partition - b.partition)
      .map(({ day, partition, since, lastEntry: last, events }) => {
        return { place: placeOf(day, partition), since, last, events };
      });
  }

  async *events({ place, since, last, events }: ArchivePart): AsyncGenerator<ContactEvent> {
    yield* this.#opened().reader.eventsOf({ ...readPlace(place), since, lastEntry: last, events });
  }

  async remove({ place, since, last, events }: ArchivePart, reached: string): Promise<void> {
    const { day, partition } = readPlace(place);
    const { executor, keys, layout } = this.#opened();
    const parameters = [layout.id, day, since, last, events, reached];
    const job = jobIn(keys, partition, SCRIPTS.remove, parameters);
    const [reply] = await executor.run([job], { replicas: this.#replicas() });
    if (String(reply) === 'moved') {
      throw new TallyboardError(
        'STORE_LOCKED',
        `another run of archive moved events of ${place} meanwhile: nothing is lost, and this run removed none of them; let one run at a time move the events of a store`,
      );
    }
    if (String(reply) === 'changed') {
      throw new TallyboardError(
        'STORE_UNAVAILABLE',
        `Redis has not the events of ${place} any more that it had when they were listed: it was set back, by a failover or a restart. Nothing is lost; run the same command again`,
      );
    }
  }
}

/** `2024-01-31_0`: the day and the partition. */
function placeOf(day: number, partition: number): string {
  return `${formatInstant(midnightOf(day)).slice(0, 10)}_${partition}`;
}

function readPlace(place: string): { day: number; partition: number } {
  return { day: dayOf(dayOfPlace(place)), partition: Number(place.split('_')[1]) };
}
