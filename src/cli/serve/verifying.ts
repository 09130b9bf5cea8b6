import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DataInterface } from '../../contract/data-interface.js';
import { describe } from '../../contract/errors.js';
import type { Log } from '../../contract/store.js';
import type { Verification } from '../../contract/store-page.js';
import { formatInstant } from '../../domain/time.js';
import { createView, shownUrl } from '../../stores/index.js';
import type { VerifySummary } from '../../transfer/verify/verify.js';
import { WHAT_TO_DO } from '../store/verify.js';
import { systemClock } from '../terminal/clock.js';
import type { Flag } from '../terminal/command.js';
import { printCount } from '../terminal/progress.js';

/** The same from `src` and from `dist`. */
const PROGRAM = fileURLToPath(new URL('../../../bin/tallyboard.js', import.meta.url));

/** How often it is looked whether a verification is due, by whomever the last one was. */
const LOOK_SECONDS = 60;
/** After one that failed. */
const RETRY_SECONDS = 600;
/** Servers of one store do not all begin at the same time: by so much of the interval they differ. */
const SPREAD = 0.1;
const REASON_CHARACTERS_MAX = 2000;

const HOUR_SECONDS = 3600;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: HOUR_SECONDS, d: 24 * HOUR_SECONDS };

export const VERIFY_EVERY_FLAG: Flag<number> = {
  name: 'verify-every',
  value: 'TIME',
  description:
    'how often the store is verified beside the server, such as 30m, 24h or 7d, at least 1m, if it can show one moment; off: never',
  fallback: 24 * HOUR_SECONDS,
  fallbackText: '24h',
  parse: parseInterval,
};

export interface VerifyingOptions {
  readonly store: string;
  /** Engines from elsewhere, as the flag says. */
  readonly engine?: string | undefined;
  /** In seconds. Left out or 0: never. */
  readonly verifyEvery?: number;
}

/** The store, as the server has it. */
type Verified = Pick<DataInterface, 'promises' | 'verification' | 'lastEvents'>;

/**
 * Verifies a store again and again, beside the server that it belongs to: in a process of its own with the lowest
 * priority, so that requests go first, and nothing that happens to it happens to the server.
 */
export class Verifying {
  readonly #options: VerifyingOptions;
  readonly #everySeconds: number;
  readonly #data: Verified;
  readonly #log: Log;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #last: Verification | null = null;
  /** Why the last attempt came to nothing. */
  #failure: string | undefined;

  private constructor(options: VerifyingOptions, everySeconds: number, data: Verified, log: Log) {
    this.#options = options;
    this.#everySeconds = everySeconds;
    this.#data = data;
    this.#log = log;
    this.#running = this.#run();
  }

  /** Answers with undefined where the store is not to be verified, or cannot be beside its server. */
  static async begin(options: VerifyingOptions, data: Verified, log: Log): Promise<Verifying | undefined> {
    const { store, verifyEvery = 0 } = options;
    if (verifyEvery === 0 || !data.promises.keepsEvents) return undefined;
    if ((await createView(store, { log })) !== undefined)
      return new Verifying(options, verifyEvery, data, log);
    log.info(
      {},
      `${shownUrl(store)} cannot show one moment while it is written to, so it is not verified beside the server: docs/operations.md says how it is`,
    );
    return undefined;
  }

  /** What whoever looks after the server should know, a sentence each. */
  warnings(): readonly string[] {
    const { differences, at } = this.#last ?? { differences: 0, at: 0 };
    const found = `the verification of ${formatInstant(at)} found ${printCount(differences, 'difference')}: ${WHAT_TO_DO}`;
    const failed = `the store could not be verified: ${this.#failure}`;
    return [...(differences > 0 ? [found] : []), ...(this.#failure === undefined ? [] : [failed])];
  }

  /** Ends the verification that is under way, too. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const [everySeconds, log] = [this.#everySeconds, this.#log];
    const now = systemClock();
    const interval = everySeconds * (1 + Math.random() * SPREAD) * 1e6;
    const { signal } = this.#ending;
    let notBefore = 0;
    for (;;) {
      await pause(Math.min(everySeconds, LOOK_SECONDS) * 1000, undefined, { signal, ref: false }).catch(
        () => {},
      );
      if (signal.aborted) return;
      try {
        this.#last = await this.#data.verification();
        if (now() < Math.max((this.#last?.at ?? 0) + interval, notBefore)) continue;
        // A day would pass before the first events of a new store are looked at.
        if ((await this.#data.lastEvents(1)).length === 0) continue;
        log.info({}, 'verifying the store');
        this.#tell(await this.#verify());
        this.#last = await this.#data.verification();
        this.#failure = undefined;
      } catch (error) {
        if (signal.aborted) return;
        this.#failure = describe(error);
        log.warn({ reason: this.#failure }, 'the store could not be verified: it is tried again');
        notBefore = now() + Math.min(everySeconds, RETRY_SECONDS) * 1e6;
      }
    }
  }

  #tell({ events, contacts, since, differences, differencesTotal, seconds }: Found): void {
    const log = this.#log;
    if (differencesTotal === 0) {
      log.info({ events, contacts, since, seconds }, 'verified: every answer agrees with the raw events');
    } else {
      log.error(
        { events, contacts, differencesTotal, differences },
        `answers differ from the raw events: ${WHAT_TO_DO}`,
      );
    }
  }

  async #verify(): Promise<Found> {
    const { store, engine } = this.#options;
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith('TALLYBOARD_'));
    // What is in the arguments all users of the machine can see; the URL may have a password.
    const own = { TALLYBOARD_STORE: store, ...(engine === undefined ? {} : { TALLYBOARD_ENGINE: engine }) };
    const child = spawn(process.execPath, [PROGRAM, 'verify', '--unlocked', '--json'], {
      env: { ...Object.fromEntries(others), ...own },
      // By the line between the two it sees that this process has ended, however that happens.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      signal: this.#ending.signal,
    });
    let found = '';
    let said = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      found += text;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-REASON_CHARACTERS_MAX);
    });
    const how = await new Promise((resolve, reject) => {
      // Where it is ended from here it is waited for all the same.
      child.on('error', (error) => this.#ending.signal.aborted || reject(error));
      child.on('close', (code, signal) => resolve(signal ?? code));
    });
    const summary = found === '' ? undefined : (JSON.parse(found) as Found);
    if (summary?.complete) return summary;
    throw new Error(/^tallyboard: (.*)$/m.exec(said)?.[1] ?? `its process ended with ${how}`);
  }
}

type Found = VerifySummary & { readonly since: string | null; readonly seconds: number };

/** Seconds; 0 for `off`. */
function parseInterval(text: string): number {
  if (text === 'off') return 0;
  const [, count, unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) {
    const seconds = Number(count) * UNIT_SECONDS[unit]!;
    if (seconds >= LOOK_SECONDS) return seconds;
    throw new Error(`'${text}' is too often: write 1m or more, or off`);
  }
  throw new Error(`'${text}' is no time: write a number and s, m, h or d, such as 24h, or off`);
}
