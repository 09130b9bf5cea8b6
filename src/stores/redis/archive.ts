import type { EventArchive } from '../../contract/data-interface.js';
import { TallyboardError } from '../../contract/errors.js';
import type { ContactEvent } from '../../domain/contact.js';
import { DAY, formatInstant, type Instant, parseInstant } from '../../domain/time.js';
import type { DayPart } from './event-reader.js';
import type { Opened } from './index.js';
import { slotOf } from './keys.js';
import { dayOf, midnightOf } from './records.js';
import { SCRIPTS } from './scripts.js';

/**
 * Moves out whole days, partition by partition. A part's name says all there is to know of it: the day, the
 * partition, the last entry of the stream that it reaches to, and the number of its events.
 */
export class RedisArchive implements EventArchive {
  readonly #opened: () => Opened;

  constructor(opened: () => Opened) {
    this.#opened = opened;
  }

  async name(): Promise<string | undefined> {
    const { executor, keys } = this.#opened();
    const key = keys.settings;
    const [reply] = await executor.run([{ slot: slotOf(key), key, call: 'HGET', arguments: ['archive'] }]);
    return reply === null ? undefined : String(reply);
  }

  async claim(name: string): Promise<string> {
    const { executor, keys } = this.#opened();
    const key = keys.settings;
    await executor.run([{ slot: slotOf(key), key, call: 'HSETNX', arguments: ['archive', name] }]);
    return (await this.name())!;
  }

  async parts(before: Instant): Promise<readonly string[]> {
    const parts = await this.#opened().reader.parts();
    return parts
      .filter(({ day }) => midnightOf(day) + DAY <= before)
      .sort((a, b) => a.day - b.day || a.partition - b.partition)
      .map(nameOf);
  }

  async *events(part: string): AsyncGenerator<ContactEvent> {
    yield* this.#opened().reader.eventsOf(partOf(part));
  }

  async remove(part: string): Promise<void> {
    const { executor, keys } = this.#opened();
    const { partition, day, lastEntry, events } = partOf(part);
    const at = { slot: keys.slot(partition), key: keys.meta(partition) };
    await executor.run([{ ...at, call: SCRIPTS.remove, arguments: [day, lastEntry, events] }]);
  }
}

function nameOf({ day, partition, lastEntry, events }: DayPart): string {
  const date = formatInstant(midnightOf(day)).slice(0, 10);
  return `${date}_${partition}_${lastEntry}_${events}`;
}

function partOf(name: string): DayPart {
  const match = /^(\d{4}-\d{2}-\d{2})_(\d+)_(\d+-\d+)_(\d+)$/.exec(name);
  const midnight = match === null ? undefined : parseInstant(`${match[1]} 00:00:00`);
  if (match === null || midnight === undefined) {
    throw new TallyboardError(
      'INPUT_INVALID',
      `'${name}' does not name a part of an archive: put it elsewhere`,
    );
  }
  return {
    day: dayOf(midnight),
    partition: Number(match[2]),
    lastEntry: match[3]!,
    events: Number(match[4]),
  };
}
