import { open, readdir, rm } from 'node:fs/promises';
import { ClassicLevel } from 'classic-level';
import { asTallyboardError, describe, TallyboardError } from '../../contract/errors.js';
import { makeDirectory } from './files.js';
import type { Position } from './segments.js';

/** What the projection is, where in which journal it stands, and the counts that nothing else holds. */
export interface Checkpoint {
  readonly format: number;
  /** The salt of the journal that it follows from. */
  readonly journal: number;
  readonly position: Position;
  readonly unmatched: number;
}

export const PROJECTION_FORMAT = 1;
const CHECKPOINT_KEY = Buffer.from('p');
const WRITE_BUFFER_BYTES = 16 << 20;
const OPTIONS = {
  keyEncoding: 'buffer',
  valueEncoding: 'buffer',
  writeBufferSize: WRITE_BUFFER_BYTES,
  cacheSize: 32 << 20,
  // Fewer and larger tables than the default of 2 MB: at 50 million contacts some two hundred.
  maxFileSize: 16 << 20,
} as const;
/** What must fit on the disk before a database that could not write is opened again: see `#reopen`. */
const PROBE_BYTES = 2 * WRITE_BUFFER_BYTES;
// What LevelDB says where the fault is not in its files: making them anew would not help.
const NOT_ITS_FILES =
  /No space left|Permission denied|Read-only file system|Too many open files|LOCK|Disk quota/i;

/** The key-value engine under the projection. */
export class Database {
  readonly #path: string;
  readonly #level: ClassicLevel<Buffer, Buffer>;
  /** A write failed: LevelDB reads on, and refuses every write until it is opened again. */
  #broken = false;

  private constructor(path: string, createIfMissing: boolean) {
    this.#path = path;
    // The constructor begins to open it by itself, so what is to hold must be said here.
    this.#level = new ClassicLevel(path, { ...OPTIONS, createIfMissing });
  }

  /**
   * Opens the database. `fresh` is called with the reason where it cannot be opened or does not follow from
   * this journal; it is then made anew, empty, and has no checkpoint.
   */
  static async open(
    path: string,
    journal: number,
    fresh: (reason: string) => void,
  ): Promise<{ database: Database; checkpoint: Checkpoint | undefined }> {
    await makeDirectory(path);
    // Where only some of its files are left, LevelDB would make a new database of them and keep quiet.
    const database = new Database(path, (await readdir(path)).length === 0);
    try {
      await database.#level.open();
      const value = await database.#level.get(CHECKPOINT_KEY);
      if (value === undefined) return { database, checkpoint: undefined };
      const checkpoint = JSON.parse(value.toString()) as Checkpoint;
      if (checkpoint.format === PROJECTION_FORMAT && checkpoint.journal === journal)
        return { database, checkpoint };
      fresh(
        checkpoint.format === PROJECTION_FORMAT
          ? 'it follows from another journal'
          : `it has format ${checkpoint.format}`,
      );
    } catch (error) {
      const reason = describe(error);
      if (NOT_ITS_FILES.test(reason)) {
        await database.#level.close();
        throw new TallyboardError(
          'STORE_UNAVAILABLE',
          `${path} cannot be opened: check its disk and its permissions`,
          {
            cause: error,
          },
        );
      }
      fresh(reason);
    }
    await database.#level.close();
    await rm(path, { recursive: true, force: true });
    const made = new Database(path, true);
    await made.#level.open();
    return { database: made, checkpoint: undefined };
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

  entries(bounds: { gte: Buffer; lte: Buffer }): AsyncIterable<[Buffer, Buffer]> {
    return this.#level.iterator(bounds);
  }

  /** Writes what `fill` puts, and the checkpoint, all of it or nothing, and waits until it is durable. */
  async write(
    checkpoint: Checkpoint,
    fill: (put: (key: Buffer, value: Buffer) => void) => Promise<void>,
  ): Promise<void> {
    if (this.#broken) await this.#reopen();
    const batch = this.#level.batch();
    try {
      await fill((key, value) => batch.put(key, value));
      batch.put(CHECKPOINT_KEY, Buffer.from(JSON.stringify(checkpoint)));
      await batch.write({ sync: true });
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
  async #reopen(): Promise<void> {
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
    await this.#level.close();
    await this.#level.open({ createIfMissing: false });
    this.#broken = false;
  }

  #unreadable(error: unknown): TallyboardError {
    return asTallyboardError(
      error,
      'STORE_UNAVAILABLE',
      `${this.#path} cannot be read: if this goes on, stop the server, delete that folder and start again; it is rebuilt from the journal`,
    );
  }
}
