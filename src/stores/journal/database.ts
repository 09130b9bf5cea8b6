import { open, readdir, rm } from 'node:fs/promises';
import { ClassicLevel } from 'classic-level';
import { describe, TallyboardError } from '../../contract/errors.js';
import { makeDirectory } from './files.js';
import type { Hold } from './lock.js';
import { ProjectionFault } from './projection-fault.js';
import type { Position } from './segments.js';

/** What the projection is, where in which journal it stands, and the counts that nothing else holds. */
export interface Checkpoint {
  readonly format: number;
  /** The salt of the journal that it follows from. */
  readonly journal: number;
  readonly position: Position;
  readonly unmatched: number;
}

interface StoredCheckpoint extends Checkpoint {
  /** Counts the checkpoints from 1. */
  readonly number: number;
}

export const PROJECTION_FORMAT = 1;
const CHECKPOINT_KEY = Buffer.from('p');
const EMPTY = Buffer.alloc(0);
const NUMBER_MAX = 2 ** 32 - 1;
/** Each checkpoint leaves a mark; so many of the last must be there, more than LevelDB's log can hold. */
const MARKERS = 8192;
const WRITE_BUFFER_BYTES = 16 << 20;
const OPTIONS = {
  keyEncoding: 'buffer',
  valueEncoding: 'buffer',
  writeBufferSize: WRITE_BUFFER_BYTES,
  cacheSize: 32 << 20,
  // Fewer and larger tables than the default of 2 MB: at 50 million contacts some two hundred.
  maxFileSize: 16 << 20,
} as const;
/** What must fit on the disk before a database that could not write is opened again: see `#probe`. */
const PROBE_BYTES = 2 * WRITE_BUFFER_BYTES;
// What LevelDB says where the fault is not in its files: making them anew would not help.
const NOT_ITS_FILES =
  /No space left|Permission denied|Read-only file system|Too many open files|LOCK|Disk quota/i;

/** The key-value engine under the projection. */
export class Database {
  readonly #path: string;
  readonly #level: ClassicLevel<Buffer, Buffer>;
  readonly #hold: Hold;
  /** A write failed: LevelDB reads on, and refuses every write until it is opened again. */
  #broken = false;
  #reopening: Promise<void> | undefined;
  #lastNumber = 0;

  private constructor(path: string, createIfMissing: boolean, hold: Hold) {
    this.#path = path;
    this.#hold = hold;
    // The constructor begins to open it by itself, so what is to hold must be said here.
    this.#level = new ClassicLevel(path, { ...OPTIONS, createIfMissing });
  }

  /**
   * Opens the database of a journal. Throws a `ProjectionFault` where it is damaged, or is that of another
   * journal or format; it is closed then, and to be made again in an empty directory.
   */
  static async open(
    path: string,
    journal: number,
    hold: Hold,
  ): Promise<{ database: Database; checkpoint: Checkpoint | undefined }> {
    await makeDirectory(path);
    // Where only some of its files are left, LevelDB would make a new database of them and keep quiet.
    const isNew = (await readdir(path)).length === 0;
    const database = new Database(path, isNew, hold);
    try {
      await database.#level.open();
      return { database, checkpoint: isNew ? undefined : await database.#readCheckpoint(journal) };
    } catch (error) {
      await database.#level.close();
      throw database.#asFault(error);
    }
  }

  /** It can be read now: it is not being opened again. */
  get isReady(): boolean {
    return this.#reopening === undefined;
  }

  /** Resolves when it can be read: at once, but while it is opened again. */
  async ready(): Promise<void> {
    await this.#reopening?.catch(() => {});
  }

  /** Reads one value at once. */
  get(key: Buffer): Buffer | undefined {
    try {
      return this.#level.getSync(key);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  async getMany(keys: Buffer[]): Promise<(Buffer | undefined)[]> {
    if (keys.length === 0) return [];
    try {
      return await this.#level.getMany(keys);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  async entries(bounds: { gte: Buffer; lte: Buffer }): Promise<[Buffer, Buffer][]> {
    try {
      return await this.#level.iterator(bounds).all();
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  /** Writes what `fill` puts, and the checkpoint, all of it or nothing, and waits until it is durable. */
  async write(
    checkpoint: Checkpoint,
    fill: (put: (key: Buffer, value: Buffer) => void) => Promise<void>,
  ): Promise<void> {
    this.#hold.assertHeld();
    if (this.#broken) {
      await this.#probe();
      this.#reopening = this.#reopen();
      await this.#reopening.finally(() => {
        this.#reopening = undefined;
      });
    }
    const batch = this.#level.batch();
    try {
      await fill((key, value) => batch.put(key, value));
      const number = this.#lastNumber + 1;
      batch.put(markerKey(number), EMPTY);
      if (number > MARKERS) batch.del(markerKey(number - MARKERS));
      const value: StoredCheckpoint = { ...checkpoint, number };
      batch.put(CHECKPOINT_KEY, Buffer.from(JSON.stringify(value)));
      await batch.write({ sync: true });
      this.#lastNumber = number;
    } catch (error) {
      this.#broken = true;
      await batch.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#level.close();
  }

  /**
   * After a failed write only opening again helps, and opening writes too: were it tried while the disk is
   * full, what can still be read now would be lost to the dashboards. So a file as large as LevelDB may need
   * is written first.
   */
  async #probe(): Promise<void> {
    const probePath = `${this.#path}.probe`;
    try {
      const probe = await open(probePath, 'w');
      try {
        await probe.writeFile(Buffer.alloc(PROBE_BYTES));
        await probe.sync();
      } finally {
        await probe.close();
      }
    } finally {
      await rm(probePath, { force: true });
    }
  }

  async #reopen(): Promise<void> {
    await this.#level.close();
    await this.#level.open({ createIfMissing: false });
    this.#broken = false;
  }

  async #readCheckpoint(journal: number): Promise<Checkpoint | undefined> {
    const value = await this.#level.get(CHECKPOINT_KEY);
    const markers = await this.#level.keys({ gte: markerKey(0), lte: markerKey(NUMBER_MAX) }).all();
    if (value === undefined) {
      if (markers.length > 0) throw new ProjectionFault('it has lost its checkpoint');
      return undefined;
    }
    const checkpoint = JSON.parse(value.toString()) as StoredCheckpoint;
    if (checkpoint.format !== PROJECTION_FORMAT) {
      throw new ProjectionFault(`it has format ${checkpoint.format}, not ${PROJECTION_FORMAT}`);
    }
    if (checkpoint.journal !== journal) throw new ProjectionFault('it follows from another journal');
    const { number, position, unmatched } = checkpoint;
    const counts = [number, unmatched, position?.sequence, position?.segment, position?.offset];
    if (!counts.every(Number.isSafeInteger)) throw new ProjectionFault('its checkpoint cannot be read');
    const first = Math.max(1, number - MARKERS + 1);
    const complete = markers.length === number - first + 1 && markers.at(-1)?.readUInt32BE(1) === number;
    if (!complete) throw new ProjectionFault('it has lost a checkpoint between two others');
    this.#lastNumber = number;
    return checkpoint;
  }

  #unreadable(error: unknown): TallyboardError {
    return new TallyboardError(
      'STORE_UNAVAILABLE',
      `${this.#path} cannot be read: if this goes on, start the server again; what is damaged is then made again from the journal`,
      { cause: this.#asFault(error) },
    );
  }

  /** A fault of the files, unless it is one of the disk or the system around them. */
  #asFault(error: unknown): Error {
    if (error instanceof ProjectionFault) return error;
    // The path is part of what LevelDB says, and may have any name.
    const reason = describe(error).replaceAll(this.#path, '');
    if (NOT_ITS_FILES.test(reason)) {
      const detail = `${this.#path} cannot be opened or read: check its disk and its permissions`;
      return new TallyboardError('STORE_UNAVAILABLE', detail, { cause: error });
    }
    return new ProjectionFault(reason, { cause: error });
  }
}

/** LevelDB skips what it cannot read of its log, so a checkpoint can be missing among others: see `MARKERS`. */
function markerKey(number: number): Buffer {
  const key = Buffer.allocUnsafe(5);
  key[0] = 0x62;
  key.writeUInt32BE(number, 1);
  return key;
}
