import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'libsql';
import { readStatements, readText, transactionalStore } from 'tallyboard';

/**
 * A store in one SQLite file: `lite:./tallies.db`. Several servers on one machine may share it.
 * @type {import('tallyboard').Engine['createStore']}
 */
export const createStore = (url, context) =>
  transactionalStore(new Lite(resolve(url.location), context.mustExist === true), context);

const tableOf = (/** @type {string} */ table) => `tally_${table}`;
const statement = readStatements(new URL('statements.sql', import.meta.url), tableOf);
const schema = readText(new URL('schema.sql', import.meta.url), tableOf);

/** @implements {import('tallyboard').TransactionalEngine<Database>} */
class Lite {
  limits = { batchEventsMax: 1024, batchesInFlightMax: 1 };

  constructor(path, mustExist) {
    this.name = `SQLite in ${path}`;
    this.path = path;
    this.mustExist = mustExist;
  }

  async connect() {
    if (this.mustExist && !existsSync(this.path)) throw new Error(`there is no file ${this.path}`);
    // What is read must not see what a transaction has not committed.
    [this.writer, this.reader] = [this.open(), this.open()];
  }

  async close() {
    this.writer?.close();
    this.reader?.close();
    this.writer = this.reader = undefined;
  }

  /** The whole file is locked for writing, so a transaction is alone already. */
  alone(run) {
    return this.transaction(run);
  }

  async transaction(run) {
    const { writer } = this;
    writer.exec('BEGIN IMMEDIATE');
    try {
      const result = await run(writer);
      writer.exec('COMMIT');
      return result;
    } catch (error) {
      if (writer.inTransaction) writer.exec('ROLLBACK');
      throw error;
    }
  }

  /** Nothing waits in SQLite but whoever finds the file locked, and a commit that failed was not made. */
  fateOf(error) {
    return String(error.code).startsWith('SQLITE_BUSY') ? 'again' : 'nothing';
  }

  async format(writer) {
    return ask(writer, 'found').length === 0 ? null : (ask(writer, 'noted', 'format')[0]?.value ?? null);
  }

  async create(writer, format) {
    writer.exec(schema);
    ask(writer, 'note', 'format', format);
  }

  async lock(writer, uuids, events) {
    return {
      contacts: ask(writer, 'contacts', JSON.stringify(uuids)),
      logged: ask(writer, 'logged', JSON.stringify(events)),
    };
  }

  async write(writer, { events, contacts, cells, unmatched, replays }) {
    ask(writer, 'writeEvents', JSON.stringify(events));
    ask(writer, 'writeContacts', JSON.stringify(contacts));
    ask(writer, 'writeCells', JSON.stringify(cells));
    ask(writer, 'writeCounters', unmatched, replays);
  }

  async sums(runs) {
    return ask(this.reader, 'sums', JSON.stringify(runs));
  }

  async counters() {
    return ask(this.reader, 'counters')[0];
  }

  async contacts(uuids) {
    return ask(this.reader, 'contacts', JSON.stringify(uuids));
  }

  async *events(lower, upper) {
    // A connection of its own holds the snapshot, whatever is read and written beside it.
    const snapshot = this.open();
    try {
      snapshot.exec('BEGIN');
      for (let [at, seq] = [lower, -1]; ; ) {
        if (this.reader === undefined) throw new Error('the store was closed');
        const page = ask(snapshot, 'page', at, seq, upper);
        if (page.length === 0) return;
        yield* page;
        ({ at, seq } = page.at(-1));
      }
    } finally {
      snapshot.close();
    }
  }

  async lastEvents(eventsMax) {
    return ask(this.reader, 'last', eventsMax);
  }

  async eventsOfContact(uuid, eventsMax) {
    return ask(this.reader, 'story', uuid, eventsMax);
  }

  async note(name, text) {
    // A batch may be under way on the writer's connection.
    const own = this.open();
    try {
      if (text === null) ask(own, 'forget', name);
      else ask(own, 'note', name, text);
    } finally {
      own.close();
    }
  }

  async noted(beginning) {
    return ask(this.reader, 'noted', beginning);
  }

  async ping() {
    ask(this.reader, 'ping');
  }

  open() {
    const database = new Database(this.path);
    // Whoever opens it may wait for another, whoever writes may not: the other may be of this process.
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 0');
    // Each commit is synced, so there are no losses to tell of.
    database.exec('PRAGMA synchronous = FULL');
    return database;
  }
}

function ask(database, name, ...values) {
  const prepared = database.prepare(statement(name));
  if (prepared.reader) return prepared.all(...values);
  prepared.run(...values);
  return [];
}
