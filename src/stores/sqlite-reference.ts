import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { asTallyboardError, TallyboardError } from '../contract/errors.js';
import { unwritableAdvice } from '../contract/sqlite-errors.js';
import type { Engine, EventSpan, Outcome, Promises, Store, StoreUrl } from '../contract/store.js';
import { type ContactEvent, SYMBOLS } from '../domain/contact.js';
import type { SplitTally } from '../domain/tally.js';
import { formatInstant, INSTANT_MAX, INSTANT_MIN, type Instant } from '../domain/time.js';
import {
  eventOf,
  type StoredEvent,
  type StoredFollowups,
  type StoredTally,
  splitTallyOf,
} from './sqlite-reference/rows.js';
import * as sql from './sqlite-reference/sql.js';

const PROMISES: Promises = {
  survives: 'process',
  reads: 'immediate',
  writers: 'many',
  keepsEvents: true,
  replays: 'counted',
  batches: 'whole',
  rollups: [],
  differences: [
    'A second initial of a contact is counted again, with its own guess, date and symbol: no conflict is refused.',
    'Followups are counted by a join: a contact with two initials and three followups counts six.',
    'Event ids are not kept: a repeated event is logged again, and the ids read back are row numbers.',
    'Replays are not recognised, and not marked among the raw events.',
    'No index: every answer reads the whole table, and nothing else is done meanwhile.',
  ],
};

/** One event a commit, as the original: so a batch of more could fail in part. */
const LIMITS = { batchEventsMax: 1, batchesInFlightMax: 1 };

/** How long a statement waits for another process that holds the database; as Python's sqlite3 does. */
const BUSY_TIMEOUT_MILLISECONDS = 5000;

/**
 * `sqlite:FILE`, the original server's reference, faithfully naive: its table, a commit for each event, its
 * scans and joins, SQLite as shipped (a rollback journal, `synchronous = FULL`). It is there to be compared
 * with, and opens a database that the original wrote.
 *
 * It holds to `process` and not to `power`: with a rollback journal a commit is the removal of that journal,
 * and SQLite does not sync the directory after it unless `synchronous` is EXTRA. After a cut of power the
 * journal is back, and with it the state before the last commit: measured on XFS, the last acknowledged event
 * was lost in 10 cuts of 10 when nothing was written after it.
 */
export const createStore: Engine['createStore'] = (url, { mustExist = false }): Store => {
  const file = fileOf(url);
  let connection: Connection | undefined;
  const opened = (): Connection => {
    if (connection === undefined) throw notOpen();
    return connection;
  };
  return {
    promises: PROMISES,
    limits: LIMITS,
    folder: dirname(file),
    async open() {
      if (mustExist) requireTable(file);
      connection ??= connect(file);
    },
    async close() {
      connection?.close();
      connection = undefined;
    },
    async append(batch) {
      const { insert } = opened();
      return attempt(file, 'take the event', () => batch.map((event) => log(insert, event)));
    },
    async tallyOfSymbol(symbol) {
      const { symbolTally, symbolFollowups } = opened();
      return attempt(file, 'answer', () => tally(file, symbolTally, symbolFollowups, [symbol]));
    },
    async talliesOfRange(range) {
      const { rangeTally, rangeFollowups } = opened();
      const bounds = [printBound(range.lower), printBound(range.upper)] as const;
      return attempt(file, 'answer', () =>
        SYMBOLS.map((symbol) => tally(file, rangeTally, rangeFollowups, [symbol, ...bounds])),
      );
    },
    async unmatched() {
      const { unmatched } = opened();
      return attempt(file, 'answer', () => (unmatched.get() as { count: number }).count);
    },
    events(span) {
      return readEvents(file, span, () => opened());
    },
  };
};

/** Reads a database of the original server, or of this store, and changes nothing in it. */
export const createReader: NonNullable<Engine['createReader']> = (url) => {
  const file = fileOf(url);
  let isOpen = false;
  return {
    async open() {
      requireTable(file);
      isOpen = true;
    },
    async close() {
      isOpen = false;
    },
    events(span) {
      return readEvents(file, span, () => {
        if (!isOpen) throw notOpen();
      });
    },
  };
};

type Statement = Database.Statement;
type Connection = ReturnType<typeof connect>;

/** Throws unless there is a database with the table at hand; makes nothing. */
function requireTable(file: string): void {
  if (!existsSync(dirname(file))) {
    throw new TallyboardError(
      'STORE_UNAVAILABLE',
      `there is no folder '${dirname(file)}': make it, or name another`,
    );
  }
  if (!existsSync(file)) {
    throw new TallyboardError('STORE_MISSING', `there is no file '${file}': name a database that exists`);
  }
  openReadOnly(file).close();
}

function connect(file: string) {
  return attempt(file, 'be opened', () => {
    const database = new Database(file, { timeout: BUSY_TIMEOUT_MILLISECONDS });
    try {
      database.exec(sql.TABLE);
      checkColumns(database, file);
      return {
        insert: database.prepare(sql.INSERT),
        symbolTally: database.prepare(sql.SYMBOL_TALLY),
        symbolFollowups: database.prepare(sql.SYMBOL_FOLLOWUPS),
        rangeTally: database.prepare(sql.RANGE_TALLY),
        rangeFollowups: database.prepare(sql.RANGE_FOLLOWUPS),
        unmatched: database.prepare(sql.UNMATCHED),
        close: () => database.close(),
      };
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function openReadOnly(file: string): Database.Database {
  return attempt(file, 'be opened', () => {
    const options = { timeout: BUSY_TIMEOUT_MILLISECONDS };
    const database = new Database(`${pathToFileURL(file).href}?mode=ro`, options);
    try {
      checkColumns(database, file);
      return database;
    } catch (error) {
      database.close();
      const advice = unwritableAdvice(file, error);
      if (advice === undefined) throw error;
      throw new TallyboardError('STORE_UNAVAILABLE', advice, { cause: error });
    }
  });
}

function checkColumns(database: Database.Database, file: string): void {
  // The driver ends the process on a name that is not UTF-8.
  const columns = database.prepare("SELECT hex(name) AS name FROM pragma_table_info('api_events')").all();
  const names = columns
    .map((column) => Buffer.from((column as { name: string }).name, 'hex').toString())
    .join(', ');
  if (names === sql.COLUMNS) return;
  const found = names === '' ? 'no table of that name' : `one with the columns ${names}`;
  throw new TallyboardError(
    'STORE_FORMAT',
    `'${file}' is not a database of the original server: that has a table api_events with the columns ${sql.COLUMNS}, and this has ${found}`,
  );
}

function log(insert: Statement, event: ContactEvent): Outcome {
  const date = formatInstant(event.at);
  if (event.kind === 'followup') {
    insert.run(event.uuid, null, null, 'followup', date);
    return { status: 'accepted', isVowel: false };
  }
  insert.run(event.uuid, event.symbol, event.isVowel ? 'True' : 'False', 'initial', date);
  return { status: 'accepted', isVowel: event.isVowel };
}

function tally(
  file: string,
  tallies: Statement,
  followups: Statement,
  bound: readonly [symbol: string, ...range: string[]],
): SplitTally {
  return splitTallyOf(
    tallies.all(...bound) as StoredTally[],
    followups.all(...bound) as StoredFollowups[],
    `a row of '${file}' with the symbol '${bound[0]}'`,
  );
}

/**
 * Reads page by page on a connection of its own. The order is fixed in a temporary table, which SQLite keeps
 * in a file, so memory stays flat and nobody who writes has to wait for the reader.
 */
async function* readEvents(
  file: string,
  span: EventSpan | undefined,
  mustBeOpen: () => void,
): AsyncGenerator<ContactEvent> {
  mustBeOpen();
  const database = openReadOnly(file);
  try {
    const page = attempt(file, 'be read', () => {
      fixOrder(database, span);
      return database.prepare(sql.PAGE);
    });
    for (let last = 0; ; ) {
      mustBeOpen();
      const rows = attempt(file, 'be read', () => page.all(last) as StoredEvent[]);
      for (const row of rows) yield eventOf(row, `row ${row.id} of '${file}'`);
      if (rows.length < sql.PAGE_EVENTS_MAX) return;
      last = rows.at(-1)!.place;
    }
  } finally {
    database.close();
  }
}

function fixOrder(database: Database.Database, { lower, upper }: EventSpan = {}): void {
  const conditions: string[] = [];
  const bounds: string[] = [];
  if (lower !== undefined && lower > INSTANT_MIN) {
    conditions.push(sql.SINCE);
    bounds.push(formatInstant(Math.min(lower, INSTANT_MAX)));
  }
  if (upper !== undefined && upper < INSTANT_MAX) {
    conditions.push(sql.UNTIL);
    bounds.push(formatInstant(Math.max(upper, INSTANT_MIN)));
  }
  database.exec(sql.ORDER_TABLE);
  database.prepare(sql.fillOrder(conditions)).run(...bounds);
}

/** No event lies beyond the instants that it is cut to, and within them a year has four digits. */
function printBound(at: Instant): string {
  return formatInstant(Math.min(Math.max(at, INSTANT_MIN), INSTANT_MAX)).slice(0, 16);
}

function fileOf(url: StoreUrl): string {
  if (url.location === '' || url.location === ':memory:' || url.options.size > 0) {
    throw new TallyboardError(
      'STORE_URL_INVALID',
      `'${url.text}' does not name a file alone: write sqlite: and its path, for example sqlite:./original.db`,
    );
  }
  // A full path cannot be taken for the address of a server.
  return resolve(url.location);
}

function attempt<T>(file: string, what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const driverCode = error instanceof Error && 'code' in error ? error.code : undefined;
    if (driverCode === 'SQLITE_NOTADB') {
      throw new TallyboardError('STORE_FORMAT', `'${file}' is not an SQLite database`, { cause: error });
    }
    if (driverCode === 'SQLITE_CORRUPT') {
      const detail = `the database '${file}' is damaged: restore it from a copy`;
      throw new TallyboardError('STORE_DAMAGED', detail, { cause: error });
    }
    const folder = dirname(file);
    const why = existsSync(folder) ? '' : `: the folder '${folder}' is not there, make it first`;
    throw asTallyboardError(error, 'STORE_UNAVAILABLE', `the database '${file}' could not ${what}${why}`);
  }
}

function notOpen(): TallyboardError {
  return new TallyboardError('STORE_CLOSED', 'the store is not open: open it first');
}
