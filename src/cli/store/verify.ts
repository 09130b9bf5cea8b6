import { describe, TallyboardError } from '../../contract/errors.js';
import type { Moment, StoreView } from '../../contract/store.js';
import { formatInstant, type Instant } from '../../domain/time.js';
import { createStore, createView, shownUrl } from '../../stores/index.js';
import { DIFFERENCES_MAX } from '../../transfer/verify/comparison.js';
import type { VerifyPhase, VerifySummary } from '../../transfer/verify/verify.js';
import { systemClock } from '../terminal/clock.js';
import {
  type Command,
  ENGINE_FLAG,
  EXIT_FAILED,
  EXIT_INTERRUPTED,
  EXIT_OK,
  storeFlag,
  type Terminal,
} from '../terminal/command.js';
import { wholeNumber } from '../terminal/config.js';
import { type Progress, printCount, printPace, progress } from '../terminal/progress.js';
import { parseSeed, seededRandom } from '../terminal/random.js';
import { ARCHIVE_FLAG, provedSince, sourceOf } from './archived.js';

interface VerifyValues {
  readonly store: string;
  readonly ranges?: number;
  readonly seed: number;
  readonly archive?: string;
  readonly unlocked: boolean;
  readonly json: boolean;
}

/** A store without roll-ups looks at every event for each range. */
const RANGES_OF_SCANS = 20;
const RANGES_OF_ROLLUPS = 200;

/** Where answers differ. */
export const WHAT_TO_DO =
  'the raw events are right, and tallyboard rebuild makes the answers again from them, or, for some stores, what docs/operations.md says';

export const verifyCommand: Command = {
  name: 'verify',
  summary:
    'Fold the raw events again, and compare with them every tally, every roll-up and many ranges, beside a running server, too: of a journal, PostgreSQL and MariaDB it compares what they were at one moment; servers of another store must be stopped. Temporary files go to TMPDIR: up to 48 bytes an event, and 36 a contact of these three.',
  arguments: [],
  flags: [
    storeFlag('the store to verify'),
    {
      name: 'ranges',
      value: 'N',
      description: `how many random ranges are compared; without it ${RANGES_OF_ROLLUPS}, or ${RANGES_OF_SCANS} for a store without roll-ups`,
      parse: wholeNumber(0, 100_000),
    },
    {
      name: 'seed',
      value: 'N',
      description: 'draws other random ranges',
      fallback: 1,
      parse: parseSeed,
    },
    ARCHIVE_FLAG,
    {
      name: 'unlocked',
      description:
        "leave a journal's lock alone though nobody holds it, so that a server may start meanwhile: what its last checkpoint has is verified",
      fallback: false,
    },
    {
      name: 'json',
      description: 'print what was found as one line of JSON',
      fallback: false,
    },
    ENGINE_FLAG,
  ],
  givesWay: true,
  examples: ['tallyboard verify --store journal:./data', 'tallyboard verify --ranges 2000 --seed 7'],
  async run(values, terminal) {
    const { store: url, archive, unlocked, ...proof } = values as unknown as VerifyValues;
    const store = await openToVerify(url, unlocked, terminal);
    try {
      return await prove(store, { ...proof, url, archive }, terminal);
    } finally {
      await store.close();
    }
  },
};

export interface ProofOptions {
  readonly url: string;
  readonly ranges?: number | undefined;
  readonly seed?: number;
  /** The directory of the store's archive, if its raw events are to be read too. */
  readonly archive?: string | undefined;
  readonly json?: boolean;
}

/** Verifies an open store, records and prints what was found, and answers with the exit code. */
export async function prove(
  store: StoreView,
  { url, ranges, seed = 1, archive, json = false }: ProofOptions,
  terminal: Terminal,
): Promise<number> {
  const started = performance.now();
  const { moment } = store;
  const displays = new Displays(terminal);
  const source = sourceOf(store, url, archive);
  const since = await provedSince(store, archive);
  const hasRollups = store.promises.rollups.length > 0;
  const { verifyStore } = await import('../../transfer/verify/verify.js');
  const summary = await verifyStore(store, {
    ranges: ranges ?? (hasRollups ? RANGES_OF_ROLLUPS : RANGES_OF_SCANS),
    random: seededRandom(seed),
    source,
    since,
    interrupted: terminal.interrupted,
    onProgress: displays.show,
  }).finally(() => displays.stop());
  if (summary.complete && !summary.changed) await record(store, summary, since, terminal);
  const seconds = (performance.now() - started) / 1000;
  if (json) {
    const told = { moment: moment?.text ?? null, since: since === undefined ? null : formatInstant(since) };
    terminal.stdout.write(`${JSON.stringify({ ...told, ...summary, seconds })}\n`);
  } else print(url, { summary, moment, since, seconds }, terminal);
  return exitCodeOf(summary);
}

/**
 * Opens a store so that nobody writes to what is read: as it is at one moment, or, where a store of one process is
 * nobody's, with its lock, which also mends what a crash has left.
 */
async function openToVerify(url: string, unlocked: boolean, { log }: Terminal): Promise<StoreView> {
  const context = { log, mustExist: true };
  const [store, view] = [await createStore(url, context), await createView(url, context)];
  if (!store.promises.keepsEvents) {
    throw new TallyboardError(
      'CONFIG_INVALID',
      `${shownUrl(url)} keeps no events, so nothing can be verified`,
    );
  }
  if (unlocked && view === undefined) {
    throw new TallyboardError(
      'CONFIG_INVALID',
      `${shownUrl(url)} cannot show one moment while others write to it: stop its servers, and leave --unlocked out`,
    );
  }
  if (view === undefined || (store.promises.writers === 'one' && !unlocked)) {
    try {
      await store.open();
      return store;
    } catch (error) {
      const isLocked = error instanceof TallyboardError && error.code === 'STORE_LOCKED';
      if (view === undefined || !isLocked) throw error;
    }
  }
  await view.open();
  return view;
}

/** Leaves the result with the store, where the dashboard finds it. */
async function record(
  store: StoreView,
  summary: VerifySummary,
  since: Instant | undefined,
  { log }: Terminal,
): Promise<void> {
  const { events, contacts, differencesTotal: differences } = summary;
  const found = { at: systemClock()(), events, contacts, differences, ...(since !== undefined && { since }) };
  try {
    await store.recordVerification?.(found);
  } catch (error) {
    // What was found out is worth as much.
    log.warn({ reason: describe(error) }, 'the store could not record the result for the dashboard');
  }
}

/** What is counted in a phase, in its display. */
const LABELS: Readonly<Record<VerifyPhase, readonly [label: string, unit: string]>> = {
  read: ['reading', 'event'],
  contacts: ['reading', 'contact'],
  fold: ['folding', 'event'],
  compare: ['comparing', 'contact'],
};

/** One display a phase. */
class Displays {
  readonly #terminal: Terminal;
  #phase: VerifyPhase | undefined;
  #display: Progress | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  readonly show = (phase: VerifyPhase, done: number, total: number): void => {
    if (phase !== this.#phase) {
      this.stop();
      this.#phase = phase;
      const [label, unit] = LABELS[phase];
      this.#display = progress(this.#terminal, { label, unit, total });
    }
    this.#display?.update(done);
  };

  stop(): void {
    this.#display?.stop();
    this.#display = undefined;
  }
}

interface Found {
  readonly summary: VerifySummary;
  readonly moment: Moment | undefined;
  readonly since: Instant | undefined;
  readonly seconds: number;
}

function print(url: string, { summary, moment, since, seconds }: Found, { stdout, stderr }: Terminal): void {
  const { complete, changed, events, contacts, unmatched, compared, differences, differencesTotal } = summary;
  if (changed) {
    stdout.write(
      `The store changed meanwhile, so what was found says nothing (${printCount(differencesTotal, 'difference')}): stop all servers of ${shownUrl(url)}, or verify again. The result was not recorded.\n`,
    );
    return;
  }
  for (const { what, expected, got } of differences) {
    stdout.write(`${what}\n  expected ${expected}\n  got      ${got}\n`);
  }
  if (differencesTotal > DIFFERENCES_MAX) {
    stdout.write(`… and ${printCount(differencesTotal - DIFFERENCES_MAX)} more\n`);
  }
  if (!complete) {
    stderr.write(`Interrupted: not everything was compared. Run the command again.\n`);
    return;
  }
  const folded = `${printCount(events, 'event')} of ${shownUrl(url)}: ${printCount(contacts, 'contact')}, ${printCount(unmatched)} unmatched`;
  const what = Object.entries(compared)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${printCount(count)}`)
    .join(', ');
  stdout.write(`${folded}. Compared: ${what}, ${printPace(events, seconds)}.\n`);
  if (moment !== undefined) stdout.write(`This is the store ${moment.text}; what came later is not in it.\n`);
  if (since !== undefined) {
    stdout.write(
      `There is proof since ${formatInstant(since)} UTC: raw events from before were removed, and what the store knows of their contacts was taken for them.\n`,
    );
  }
  stdout.write(
    differencesTotal === 0
      ? 'Every answer agrees with the raw events.\n'
      : `${printCount(differencesTotal, 'difference')}: ${WHAT_TO_DO}.\n`,
  );
}

function exitCodeOf({ complete, changed, differencesTotal }: VerifySummary): number {
  if (changed || differencesTotal > 0) return EXIT_FAILED;
  return complete ? EXIT_OK : EXIT_INTERRUPTED;
}
