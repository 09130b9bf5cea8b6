import type { ArchivePart, EventArchive } from '../../contract/store-archive.js';
import type { Instant } from '../../domain/time.js';
import { isBefore } from './files.js';

/** A store that can be without raw events for good. */
export type Discarding = Required<Pick<EventArchive, 'discard'>>;

export interface DiscardOptions {
  readonly interrupted?: AbortSignal;
  /** Called now and then with the number of events removed. */
  readonly onProgress?: (events: number) => void;
}

/** The parts of a store of which all events came before an instant, the earliest first. */
export async function partsBefore(archive: EventArchive, before: Instant): Promise<readonly ArchivePart[]> {
  const parts = (await archive.parts()).filter(({ place }) => isBefore(place, before));
  return parts.sort((one, other) => (one.place < other.place ? -1 : 1));
}

/** Removes parts for good, each whole or not at all. Answers with how many events of them it removed. */
export async function discardParts(
  archive: Discarding,
  parts: readonly ArchivePart[],
  { interrupted, onProgress }: DiscardOptions = {},
): Promise<number> {
  let events = 0;
  for (const part of parts) {
    if (interrupted?.aborted) break;
    await archive.discard(part);
    events += part.events;
    onProgress?.(events);
  }
  return events;
}
