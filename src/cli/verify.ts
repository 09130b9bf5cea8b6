import { describe, TallyboardError } from '../contract/errors.js';
import type { Store } from '../contract/store.js';
import { createStore, shownUrl } from '../stores/index.js';
import { DIFFERENCES_MAX } from '../transfer/verify/comparison.js';
import { type VerifySummary, verifyStore } from '../transfer/verify/verify.js';
import { ARCHIVE_FLAG, sourceOf } from './archived.js';
import { systemClock } from './clock.js';
import {
  type Command,
  ENGINE_FLAG,
  EXIT_FAILED,
  EXIT_INTERRUPTED,
  EXIT_OK,
  type Terminal,
} from './command.js';
import { wholeNumber } from './config.js';
import { type Progress, printCount, printPace, progress } from './progress.js';
import { parseSeed, seededRandom } from './random.js';

interface VerifyValues {
  readonly store: string;
  readonly ranges?: number;
  readonly seed: number;
  readonly archive?: string;
}

/** A store without roll-ups looks at every event for each range. */
const RANGES_OF_SCANS = 20;
const RANGES_OF_ROLLUPS = 200;

export const verifyCommand: Command = {
  name: 'verify',
  summary:
    'Fold the raw events again, and compare with them every tally, every roll-up and many ranges. Nothing else may have the store open. Temporary files go to TMPDIR: up to 48 bytes an event.',
  arguments: [],
  flags: [
    {
      name: 'store',
      value: 'URL',
      description: 'the store to verify',
      fallback: 'journal:./data',
    },
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
    ENGINE_FLAG,
  ],
  givesWay: true,
  examples: ['tallyboard verify --store journal:./data', 'tallyboard verify --ranges 2000 --seed 7'],
  async run(values, terminal) {
    const { store: url, ranges, seed, archive } = values as unknown as VerifyValues;
    const store = await createStore(url, { log: terminal.log, mustExist: true });
    if (!store.promises.keepsEvents) {
      throw new TallyboardError(
        'CONFIG_INVALID',
        `${shownUrl(url)} keeps no events, so nothing can be verified`,
      );
    }
    const started = performance.now();
    const displays = new Displays(terminal);
    try {
      await store.open();
      const source = sourceOf(store, url, archive);
      if (archive === undefined && (await store.archive?.name()) !== undefined) {
        throw new TallyboardError(
          'CONFIG_INVALID',
          'raw events of this store were moved to an archive: name its directory with --archive',
        );
      }
      const hasRollups = store.promises.rollups.length > 0;
      const summary = await verifyStore(store, {
        ranges: ranges ?? (hasRollups ? RANGES_OF_ROLLUPS : RANGES_OF_SCANS),
        random: seededRandom(seed),
        source,
        interrupted: terminal.interrupted,
        onProgress: displays.show,
      });
      displays.stop();
      if (summary.complete && !summary.changed) await record(store, summary, terminal);
      return conclude(url, summary, (performance.now() - started) / 1000, terminal);
    } finally {
      displays.stop();
      await store.close();
    }
  },
};

/** Leaves the result with the store, where the dashboard finds it. */
async function record(store: Store, summary: VerifySummary, { log }: Terminal): Promise<void> {
  const { events, contacts, differencesTotal: differences } = summary;
  try {
    await store.recordVerification?.({ at: systemClock()(), events, contacts, differences });
  } catch (error) {
    // What was found out is worth as much.
    log.warn({ reason: describe(error) }, 'the store could not record the result for the dashboard');
  }
}

/** One display a phase. */
class Displays {
  readonly #terminal: Terminal;
  #phase = '';
  #display: Progress | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  readonly show = (phase: 'read' | 'compare', done: number, total?: number): void => {
    if (phase !== this.#phase) {
      this.stop();
      this.#phase = phase;
      const label = phase === 'read' ? 'reading' : 'comparing';
      const unit = phase === 'read' ? 'event' : 'contact';
      this.#display = progress(this.#terminal, { label, unit, ...(total === undefined ? {} : { total }) });
    }
    this.#display?.update(done);
  };

  stop(): void {
    this.#display?.stop();
    this.#display = undefined;
  }
}

function conclude(url: string, summary: VerifySummary, seconds: number, terminal: Terminal): number {
  const { complete, changed, events, contacts, unmatched, compared, differences, differencesTotal } = summary;
  const { stdout, stderr } = terminal;
  if (changed) {
    stdout.write(
      `The store changed meanwhile, so what was found says nothing (${printCount(differencesTotal, 'difference')}): stop all servers of ${shownUrl(url)}, or verify again. The result was not recorded.\n`,
    );
    return EXIT_FAILED;
  }
  for (const { what, expected, got } of differences) {
    stdout.write(`${what}\n  expected ${expected}\n  got      ${got}\n`);
  }
  if (differencesTotal > DIFFERENCES_MAX) {
    stdout.write(`… and ${printCount(differencesTotal - DIFFERENCES_MAX)} more\n`);
  }
  const folded = `${printCount(events, 'event')} of ${shownUrl(url)}: ${printCount(contacts, 'contact')}, ${printCount(unmatched)} unmatched`;
  if (!complete) {
    stderr.write(`Interrupted: not everything was compared. Run the command again.\n`);
    return differencesTotal > 0 ? EXIT_FAILED : EXIT_INTERRUPTED;
  }
  const what = Object.entries(compared)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${printCount(count)}`)
    .join(', ');
  stdout.write(`${folded}. Compared: ${what}, ${printPace(events, seconds)}.\n`);
  stdout.write(
    differencesTotal === 0
      ? 'Every answer agrees with the raw events.\n'
      : `${printCount(differencesTotal, 'difference')}.\n`,
  );
  return differencesTotal === 0 ? EXIT_OK : EXIT_FAILED;
}
