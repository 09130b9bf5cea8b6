import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Log } from '../../contract/data-interface.js';
import { describe } from '../../contract/errors.js';
import { ContactFilter, newTier, type Tier } from './contact-filter.js';
import { makeDirectory, syncDirectory } from './files.js';
import type { Position } from './segments.js';

// A file of the filter: see docs/journal-format.md. The bits are those of the machine that wrote them, and
// all machines that Node runs on are little-endian.

const FILTER_FORMAT = 1;
const HEADER_BYTES = 256;
const CHUNK_BYTES = 1 << 20;
/** A tier is written again after so many events: as many as a start may have to read again. */
const UNSAVED_EVENTS_MAX = 1 << 18;

interface TierHeader {
  readonly format: number;
  readonly journal: number;
  readonly place: number;
  /** How many tiers there were when it was written. */
  readonly tiers: number;
  readonly contacts: number;
  /** Every contact of the events before it was in these tiers. */
  readonly position: Position;
  readonly checksum: number;
}

/** Keeps the filter on disk, so that a start need not read the whole journal for it. */
export class FilterFiles {
  readonly filter: ContactFilter;
  readonly #directory: string;
  readonly #journal: number;
  readonly #log: Log;
  /** Every contact of the events before it is in the files. */
  #saved: Position | undefined;
  #tiersSealed = 0;
  #saving: Promise<void> | undefined;

  private constructor(directory: string, journal: number, filter: ContactFilter, log: Log) {
    this.#directory = directory;
    this.#journal = journal;
    this.filter = filter;
    this.#log = log;
  }

  /** Reads the tiers that are there and whole. Where one is missing there are none: all are made again. */
  static async load(directory: string, journal: number, bytesMax: number, log: Log): Promise<FilterFiles> {
    await makeDirectory(directory);
    const files = new FilterFiles(directory, journal, new ContactFilter(journal, bytesMax), log);
    let last: TierHeader | undefined;
    for (let place = 0; ; place += 1) {
      const read = await readTier(tierPath(directory, place), journal, place);
      if (read === undefined) break;
      files.filter.tiers.push(read.tier);
      last = read.header;
    }
    if (last?.tiers === files.filter.tiers.length) {
      files.#saved = last.position;
      // The last one may still be filling up.
      files.#tiersSealed = last.place;
    } else files.filter.tiers.length = 0;
    return files;
  }

  /** The events from here on may have contacts that the filter does not know; undefined: all events. */
  get position(): Position | undefined {
    return this.#saved;
  }

  /** Saves in the background when enough has changed. `position`: every event before it is in the filter. */
  saveIfDue(position: Position): void {
    if (this.#saving !== undefined || !this.#isDue(position)) return;
    this.#saving = this.#save(position).finally(() => {
      this.#saving = undefined;
    });
  }

  async close(position: Position): Promise<void> {
    await this.#saving;
    if (this.#isDue(position)) await this.#save(position);
  }

  #isDue(position: Position): boolean {
    return position.sequence - (this.#saved?.sequence ?? 0) >= UNSAVED_EVENTS_MAX;
  }

  async #save(position: Position): Promise<void> {
    const tiers = [...this.filter.tiers];
    try {
      for (let place = this.#tiersSealed; place < tiers.length; place += 1) {
        await this.#writeTier(tiers[place]!, place, tiers.length, position);
      }
      // The last of them may have gone on filling up while it was written, so it is written again.
      this.#tiersSealed = Math.max(0, tiers.length - 1);
      this.#saved = position;
    } catch (error) {
      // Nothing is lost: the next start reads more of the journal.
      this.#log.warn({ reason: describe(error) }, 'the filter of contacts could not be saved');
    }
  }

  async #writeTier(tier: Tier, place: number, tiers: number, position: Position): Promise<void> {
    const path = tierPath(this.#directory, place);
    const draft = `${path}.new`;
    const handle = await open(draft, 'w');
    try {
      const { contacts } = tier;
      const bytes = Buffer.from(tier.words.buffer);
      let checksum = 0;
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        // A copy: bits go on being set while it is written, and the checksum is that of what is written.
        const chunk = Buffer.from(bytes.subarray(at, at + CHUNK_BYTES));
        checksum = crc32(chunk, checksum);
        await handle.write(chunk, 0, chunk.length, HEADER_BYTES + at);
      }
      const header: TierHeader = {
        format: FILTER_FORMAT,
        journal: this.#journal,
        place,
        tiers,
        contacts,
        position,
        checksum,
      };
      await handle.write(JSON.stringify(header).padEnd(HEADER_BYTES), 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
    await syncDirectory(this.#directory);
  }
}

function tierPath(directory: string, place: number): string {
  return join(directory, `${String(place).padStart(2, '0')}.filter`);
}

async function readTier(
  path: string,
  journal: number,
  place: number,
): Promise<{ tier: Tier; header: TierHeader } | undefined> {
  try {
    const bytes = await readFile(path);
    const header = JSON.parse(bytes.toString('utf8', 0, HEADER_BYTES)) as TierHeader;
    const tier = newTier(place);
    const bits = bytes.subarray(HEADER_BYTES);
    const whole = bits.length === tier.words.byteLength && crc32(bits) === header.checksum;
    if (!whole || header.format !== FILTER_FORMAT || header.journal !== journal || header.place !== place)
      return undefined;
    new Uint8Array(tier.words.buffer).set(bits);
    tier.contacts = header.contacts;
    return { tier, header };
  } catch {
    // It is not there, or is no filter: either way it is made again from the journal.
    return undefined;
  }
}
