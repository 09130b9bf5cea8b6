import { setTimeout as pause } from 'node:timers/promises';
import { type ContactEvent, type ContactSymbol, SYMBOLS } from '../../domain/contact.js';
import { EMPTY, type SplitTally } from '../../domain/tally.js';
import { INSTANT_MAX, INSTANT_MIN, type Range } from '../../domain/time.js';
import { asTallyboardError, describe, TallyboardError } from '../errors.js';
import type { Outcome, Promises, Store, StoreContext } from '../store.js';
import { parseVerification, printVerification } from '../verification-text.js';
import { archiveBehind } from './archive.js';
import type { CellSum, ContactRow, ServedEngine, ServedReader } from './engine.js';
import { contactOf, eventOf } from './rows.js';

/** What the schema of an engine is called; another one is refused. */
export const FORMAT = '1';
/** The same, with old events removed: by a release before this one it would be made again from those that are left. */
export const FORMAT_REMOVED = '2';
/** How often something is tried that met another. */
const ATTEMPTS_MAX = 20;
const PAUSE_MILLISECONDS = 10;
const PING_MILLISECONDS = 1000;
/** How many ranges of a series are asked for together. */
const RANGES_MAX = 100;
/** The name under which the last verification is noted. */
const VERIFICATION = 'verification';
/** The less an event survives, the further in front. */
const SURVIVAL: readonly Promises['survives'][] = ['nothing', 'process', 'power'];

/** What one kind of engine does its own way. */
export interface Serving extends ServedReader {
  readonly promises: Omit<Promises, 'survives' | 'reads' | 'writers' | 'keepsEvents' | 'replays'>;
  /** Makes the store where there is none yet, and looks at its format where there is. */
  prepare(): Promise<void>;
  append(batch: readonly ContactEvent[]): Promise<readonly Outcome[]>;
  readonly rebuild?: (() => Promise<void>) | undefined;
  readonly everyContact?: (() => AsyncIterable<readonly ContactRow[]>) | undefined;
  /** What each range holds, or all time where it is null; of one symbol or of all. */
  sums(ranges: readonly (Range | null)[], symbol?: ContactSymbol): Promise<readonly CellSum[]>;
}

/** What the kinds of engines are told of the store. */
export interface Door {
  /** Whether something that failed may be tried again: not where the server stops. */
  readonly mayTry: boolean;
  /** The error to reject with: `what` is what the engine could not do. */
  refusal(error: unknown, what: string): TallyboardError;
}

/** Makes a store of an engine with a server. All that the dashboard's page asks comes with it. */
export function servedStore(
  engine: ServedEngine,
  { log }: StoreContext,
  serve: (door: Door) => Serving,
): Store {
  let survives: Promises['survives'] = 'nothing';
  let warnings: readonly string[] = [];
  let isOpen = false;
  let isGivenUp = false;
  let pinging: NodeJS.Timeout | undefined;
  let trouble: string | undefined;
  const door: Door = {
    get mayTry() {
      return isOpen && !isGivenUp;
    },
    refusal(error, what) {
      if (!isOpen)
        return new TallyboardError('STORE_CLOSED', 'the store was closed meanwhile', { cause: error });
      return asTallyboardError(error, 'STORE_UNAVAILABLE', `${engine.name} ${what}`);
    },
  };
  const { promises, prepare, append, rebuild, everyContact, sums, ...reader } = serve(door);

  function requireOpen(): void {
    if (!isOpen)
      throw new TallyboardError('STORE_CLOSED', `${engine.name} is not open: open the store first`);
  }

  async function answer<T>(ask: () => Promise<T>): Promise<T> {
    requireOpen();
    try {
      return await ask();
    } catch (error) {
      throw door.refusal(error, 'could not answer');
    }
  }

  const write = <T>(ask: () => Promise<T>) => answer(() => tried(engine, ask));

  /** One row a symbol for each range. */
  async function talliesOf(ranges: readonly (Range | null)[], one?: ContactSymbol): Promise<SplitTally[][]> {
    const found = ranges.length === 0 ? [] : await answer(() => sums(ranges, one));
    const rows = ranges.map(() => SYMBOLS.map(() => ({ vowel: EMPTY, consonant: EMPTY })));
    for (const { question, symbol, is_vowel, count, followups, earliest, latest } of found) {
      const split = rows[question]![SYMBOLS.indexOf(symbol)]!;
      split[is_vowel ? 'vowel' : 'consonant'] = { count, followups, earliest, latest };
    }
    return rows;
  }

  async function look(): Promise<void> {
    try {
      await engine.ping();
      if (trouble !== undefined) log.info({}, `${engine.name} serves again`);
      trouble = undefined;
    } catch (error) {
      const reason = describe(error);
      const before = trouble;
      trouble = `${engine.name} ${error instanceof TallyboardError ? reason : `does not answer: ${reason}`}`;
      if (isOpen && before === undefined) log.warn({}, trouble);
    }
  }

  async function ping(): Promise<void> {
    const ours = pinging;
    await look();
    // Closed and opened again meanwhile, it is pinged already.
    if (isOpen && pinging === ours) pinging = setTimeout(ping, PING_MILLISECONDS).unref();
  }

  return {
    promises: {
      ...promises,
      /** Known once the engine has been asked for its settings. */
      get survives() {
        return survives;
      },
      reads: 'immediate',
      writers: engine.writers ?? 'many',
      keepsEvents: true,
      replays: 'recognised',
    },
    limits: engine.limits,
    async open() {
      if (isOpen) return;
      try {
        await engine.connect();
        await tried(engine, prepare);
        const losses = (await engine.losses?.()) ?? [];
        warnings = losses.map(({ warning }) => warning);
        survives = SURVIVAL[Math.min(2, ...losses.map((loss) => SURVIVAL.indexOf(loss.survives)))]!;
      } catch (error) {
        await engine.close();
        throw asTallyboardError(error, 'STORE_UNAVAILABLE', `${engine.name} cannot be opened`);
      }
      for (const warning of warnings) log.warn({}, warning);
      isOpen = true;
      isGivenUp = false;
      trouble = undefined;
      await look();
      pinging = setTimeout(ping, PING_MILLISECONDS).unref();
    },
    async close() {
      isOpen = false;
      clearTimeout(pinging);
      await engine.close();
    },
    giveUp() {
      isGivenUp = true;
    },
    async append(batch) {
      requireOpen();
      return append(batch);
    },
    ...(rebuild && { rebuild: () => write(rebuild) }),
    ...(engine.archive && { archive: archiveBehind(engine.archive, { answer, write }) }),
    ...(everyContact && {
      async *everyContact() {
        requireOpen();
        try {
          for await (const rows of everyContact()) yield rows.map(contactOf);
        } catch (error) {
          throw door.refusal(error, 'could not be read');
        }
      },
    }),
    async tallyOfSymbol(symbol) {
      const [row] = await talliesOf([null], symbol);
      return row![SYMBOLS.indexOf(symbol)]!;
    },
    talliesOfRange: async (range) => (await talliesOf([range]))[0]!,
    async *talliesOfSeries(edges) {
      for (let from = 0; from + 1 < edges.length; from += RANGES_MAX) {
        const lowers = edges.slice(from, Math.min(from + RANGES_MAX, edges.length - 1));
        yield* await talliesOf(lowers.map((lower, i) => ({ lower, upper: edges[from + i + 1]! })));
      }
    },
    unmatched: async () => (await answer(() => reader.counters())).unmatched,
    replays: async () => (await answer(() => reader.counters())).replays,
    async contacts(uuids) {
      const rows = await answer(() => reader.contacts(uuids));
      const found = new Map(rows.map((row) => [row.uuid, contactOf(row)]));
      return uuids.map((uuid) => found.get(uuid));
    },
    warnings: () => warnings,
    trouble: () => trouble,
    async *events({ lower = INSTANT_MIN, upper = INSTANT_MAX } = {}) {
      requireOpen();
      try {
        for await (const row of reader.events(lower, upper)) yield eventOf(row);
      } catch (error) {
        throw door.refusal(error, 'could not be read');
      }
    },
    lastEvents: async (eventsMax) => (await answer(() => reader.lastEvents(eventsMax))).map(eventOf),
    async eventsOfContact(uuid, eventsMax, signal) {
      signal?.throwIfAborted();
      const rows = await answer(() => reader.eventsOfContact(uuid, eventsMax));
      signal?.throwIfAborted();
      return { events: rows.map(eventOf), leftOut: (rows[0]?.total ?? 0) - rows.length };
    },
    async verification() {
      const [note] = await answer(() => engine.noted(VERIFICATION));
      return note === undefined ? null : parseVerification(note.value);
    },
    recordVerification: (verification) =>
      write(() => engine.note(VERIFICATION, printVerification(verification))),
    async documents(kind) {
      const notes = await answer(() => engine.noted(`${kind}:`));
      return new Map(notes.map(({ name, value }) => [name.slice(kind.length + 1), value]));
    },
    keepDocument: (kind, name, text) => write(() => engine.note(`${kind}:${name}`, text)),
  };
}

/** Whether there is a store of our format; rejects where there is another, and where there is none but must be. */
export function isMade(
  format: string | null,
  { name, place, archive }: Pick<ServedEngine, 'name' | 'place' | 'archive'>,
  { mustExist = false }: StoreContext,
): boolean {
  const known = archive === undefined ? [FORMAT] : [FORMAT, FORMAT_REMOVED];
  if (format !== null && known.includes(format)) return true;
  if (format !== null) {
    throw new TallyboardError(
      'STORE_FORMAT',
      `the store has format ${format}, and this release reads ${known.join(' and ')}: use the release that wrote it`,
    );
  }
  if (!mustExist) return false;
  const where = place === undefined ? name : `${name} with the ${place}`;
  throw new TallyboardError(
    'STORE_MISSING',
    `there is no store in ${where}: check the URL, and what its user may see`,
  );
}

/** Tries again what the engine refused because two met. */
export async function tried<T>(engine: Pick<ServedEngine, 'fateOf'>, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (engine.fateOf(error) !== 'again' || attempt === ATTEMPTS_MAX) throw error;
      await rest(attempt);
    }
  }
}

/** Waits at random, so that two that met do not meet again; the longer, the more often it was tried. */
export function rest(attempt: number): Promise<void> {
  return pause(Math.random() * Math.min(attempt, ATTEMPTS_MAX) * PAUSE_MILLISECONDS);
}
