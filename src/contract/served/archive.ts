import { asTallyboardError } from '../errors.js';
import type { EventArchive } from '../store-archive.js';

/** What stands between an engine and who asks. */
export interface Doorway {
  /** Asks an open engine; rejects with one of our errors. */
  answer<T>(ask: () => Promise<T>): Promise<T>;
  /** The same of what writes, and is tried again where it met another. */
  write<T>(ask: () => Promise<T>): Promise<T>;
}

/** An engine's archive as a store has it. */
export function archiveBehind(archive: EventArchive, { answer, write }: Doorway): EventArchive {
  const { removed, discard } = archive;
  return {
    store: () => write(() => archive.store()),
    name: () => answer(() => archive.name()),
    claim: (name) => write(() => archive.claim(name)),
    reached: () => answer(() => archive.reached()),
    parts: () => answer(() => archive.parts()),
    async *events(part) {
      try {
        yield* archive.events(part);
      } catch (error) {
        throw asTallyboardError(error, 'STORE_UNAVAILABLE', `the events of ${part.place} could not be read`);
      }
    },
    remove: (part, reached) => write(() => archive.remove(part, reached)),
    ...(removed && { removed: () => answer(() => removed.call(archive)) }),
    ...(discard && { discard: (part) => write(() => discard.call(archive, part)) }),
  };
}
