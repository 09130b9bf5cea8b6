import { setTimeout as pause } from 'node:timers/promises';
import { type ContactEvent, SYMBOLS } from '../../domain/contact.js';
import { EMPTY, type SplitTally } from '../../domain/tally.js';
import {
  BUCKETS,
  coverRange,
  INSTANT_MAX,
  INSTANT_MIN,
  type Range,
  withinEvents,
} from '../../domain/time.js';
import { decide } from '../decide.js';
import { asTallyboardError, describe, TallyboardError } from '../errors.js';
import type { Outcome, Promises, Store, StoreContext } from '../store.js';
import { parseVerification, printVerification } from '../verification-text.js';
import type { CellRun, TransactionalEngine } from './engine.js';
import { changesOf, contactOf, eventOf } from './rows.js';

/** What the schema of an engine is called; another one is refused. */
const FORMAT = '1';
/** How often a batch is tried that met another one. */
const ATTEMPTS_MAX = 20;
const PAUSE_MILLISECONDS = 10;
const PING_MILLISECONDS = 1000;
/** How many ranges of a series are asked for together. */
const RANGES_MAX = 100;

type Run = Omit<CellRun, 'question'>;

const ALL_TIME: readonly Run[] = [{ length: 0, lower: 0, upper: 1 }];
/** The less an event survives, the further in front. */
const SURVIVAL: readonly Promises['survives'][] = ['nothing', 'process', 'power'];

/** Makes a store of an engine with transactions. All that the dashboard's page asks comes with it. */
export function transactionalStore<Transaction>(
  engine: TransactionalEngine<Transaction>,
  { log, mustExist = false }: StoreContext,
): Store {
  let survives: Promises['survives'] = 'nothing';
  let warnings: readonly string[] = [];
  let isOpen = false;
  let pinging: NodeJS.Timeout | undefined;
  let trouble: string | undefined;

  function requireOpen(): void {
    if (!isOpen)
      throw new TallyboardError('STORE_CLOSED', `${engine.name} is not open: open the store first`);
  }

  function refusal(error: unknown, what: string): TallyboardError {
    if (!isOpen)
      return new TallyboardError('STORE_CLOSED', 'the store was closed meanwhile', { cause: error });
    return asTallyboardError(error, 'STORE_UNAVAILABLE', `${engine.name} ${what}`);
  }

  async function answer<T>(ask: () => Promise<T>): Promise<T> {
    requireOpen();
    try {
      return await ask();
    } catch (error) {
      throw refusal(error, 'could not answer');
    }
  }

  async function prepare(transaction: Transaction): Promise<void> {
    const format = await engine.format(transaction);
    if (format === FORMAT) return;
    if (format !== null) {
      throw new TallyboardError(
        'STORE_FORMAT',
        `the store has format ${format}, and this release reads ${FORMAT}: use the release that wrote it`,
      );
    }
    if (mustExist) throw new TallyboardError('STORE_UNAVAILABLE', 'there is no store: check the URL');
    await engine.create(transaction, FORMAT);
  }

  async function tried<T>(run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await run();
      } catch (error) {
        if (engine.fateOf(error) !== 'again' || attempt === ATTEMPTS_MAX) throw error;
        // At random, so that two that met do not meet again.
        await pause(Math.random() * attempt * PAUSE_MILLISECONDS);
      }
    }
  }

  async function append(batch: readonly ContactEvent[]): Promise<readonly Outcome[]> {
    requireOpen();
    const uuids = [...new Set(batch.map(({ uuid }) => uuid))].sort();
    let isCommitting = false;
    try {
      return await tried(() => {
        isCommitting = false;
        return engine.transaction(async (transaction) => {
          const { contacts, logged } = await engine.lock(transaction, uuids, batch);
          const decision = decide(batch, { contacts: contacts.map(contactOf), logged });
          if (decision.events.length > 0) await engine.write(transaction, changesOf(decision));
          isCommitting = true;
          return decision.outcomes;
        });
      });
    } catch (error) {
      if (!isCommitting || engine.fateOf(error) !== 'unknown') {
        throw refusal(error, 'could not take the events');
      }
      throw new TallyboardError('STORE_UNCERTAIN', `${engine.name} did not confirm a batch`, {
        cause: error,
      });
    }
  }

  /** One row a symbol for each list of runs. */
  async function talliesOf(questions: readonly (readonly Run[])[]): Promise<SplitTally[][]> {
    const runs = questions.flatMap((own, question) => own.map((run) => ({ ...run, question })));
    const sums = runs.length === 0 ? [] : await answer(() => engine.sums(runs));
    const rows = questions.map(() => SYMBOLS.map(() => ({ vowel: EMPTY, consonant: EMPTY })));
    for (const { question, symbol, is_vowel, count, followups, earliest, latest } of sums) {
      const split = rows[question]![SYMBOLS.indexOf(symbol)]!;
      split[is_vowel ? 'vowel' : 'consonant'] = { count, followups, earliest, latest };
    }
    return rows;
  }

  async function ping(): Promise<void> {
    const ours = pinging;
    try {
      await engine.ping();
      if (trouble !== undefined) log.info({}, `${engine.name} answers again`);
      trouble = undefined;
    } catch (error) {
      const reason = describe(error);
      if (isOpen && trouble === undefined) log.warn({ reason }, `${engine.name} does not answer`);
      trouble = `${engine.name} does not answer: ${reason}`;
    }
    // Closed and opened again meanwhile, it is pinged already.
    if (isOpen && pinging === ours) pinging = setTimeout(ping, PING_MILLISECONDS).unref();
  }

  return {
    promises: {
      /** Known once the engine has been asked for its settings. */
      get survives() {
        return survives;
      },
      reads: 'immediate',
      writers: 'many',
      keepsEvents: true,
      replays: 'recognised',
      rollups: ['minute', 'hour', 'day'],
      differences: [
        'A batch whose commit was not confirmed is refused, and may be stored nevertheless: sent again, it is counted once.',
      ],
    },
    limits: engine.limits,
    async open() {
      if (isOpen) return;
      try {
        await engine.connect();
        await tried(() => engine.alone(prepare));
        const losses = await engine.losses();
        warnings = losses.map(({ warning }) => warning);
        survives = SURVIVAL[Math.min(2, ...losses.map((loss) => SURVIVAL.indexOf(loss.survives)))]!;
      } catch (error) {
        await engine.close();
        throw asTallyboardError(error, 'STORE_UNAVAILABLE', `${engine.name} cannot be opened`);
      }
      for (const warning of warnings) log.warn({}, warning);
      isOpen = true;
      trouble = undefined;
      pinging = setTimeout(ping, PING_MILLISECONDS).unref();
    },
    async close() {
      isOpen = false;
      clearTimeout(pinging);
      await engine.close();
    },
    append,
    async tallyOfSymbol(symbol) {
      const [row] = await talliesOf([ALL_TIME]);
      return row![SYMBOLS.indexOf(symbol)]!;
    },
    talliesOfRange: async (range) => (await talliesOf([runsOf(range)]))[0]!,
    async *talliesOfSeries(edges) {
      for (let from = 0; from + 1 < edges.length; from += RANGES_MAX) {
        const lowers = edges.slice(from, Math.min(from + RANGES_MAX, edges.length - 1));
        yield* await talliesOf(lowers.map((lower, i) => runsOf({ lower, upper: edges[from + i + 1]! })));
      }
    },
    unmatched: async () => (await answer(() => engine.counters())).unmatched,
    replays: async () => (await answer(() => engine.counters())).replays,
    async contacts(uuids) {
      const rows = await answer(() => engine.contacts(uuids));
      const found = new Map(rows.map((row) => [row.uuid, contactOf(row)]));
      return uuids.map((uuid) => found.get(uuid));
    },
    warnings: () => warnings,
    trouble: () => trouble,
    async *events({ lower = INSTANT_MIN, upper = INSTANT_MAX } = {}) {
      requireOpen();
      try {
        for await (const row of engine.events(lower, upper)) yield eventOf(row);
      } catch (error) {
        throw refusal(error, 'could not be read');
      }
    },
    lastEvents: async (eventsMax) => (await answer(() => engine.lastEvents(eventsMax))).map(eventOf),
    async eventsOfContact(uuid, eventsMax, signal) {
      signal?.throwIfAborted();
      const rows = await answer(() => engine.eventsOfContact(uuid, eventsMax));
      signal?.throwIfAborted();
      return { events: rows.map(eventOf), leftOut: (rows[0]?.total ?? 0) - rows.length };
    },
    async verification() {
      const text = await answer(() => engine.noted());
      return text === null ? null : parseVerification(text);
    },
    recordVerification: (verification) =>
      answer(() => tried(() => engine.note(printVerification(verification)))),
  };
}

function runsOf(range: Range): Run[] {
  return coverRange(withinEvents(range)).map(({ bucket, lower, upper }) => ({
    length: BUCKETS[bucket],
    lower,
    upper,
  }));
}
