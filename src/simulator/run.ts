import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { batchDelivery } from './batches.js';
import type { HttpClient } from './client.js';
import { type ContactPlan, contactPlans, goesOn } from './contact-plan.js';
import { type Deliver, delivery, type Fate } from './delivery.js';
import type { Ledger } from './ledger.js';
import { englishLetters } from './letters.js';
import {
  ATTEMPTS_MAX,
  CONCURRENCY,
  GRACE_MILLISECONDS,
  PROGRESS_MILLISECONDS,
  type SimulationOptions,
} from './options.js';
import { paced, type Schedule, UNPACED } from './schedule.js';

export interface End {
  /**
   * `unreachable`: the server did not answer, or no longer, or is not a Tallyboard; `unready`: it is one, and could
   * not show its dashboard, so nothing was sent; `reason` says which.
   */
  readonly ended: 'requests' | 'duration' | 'interrupted' | 'unreachable' | 'unready';
  readonly reason: string | undefined;
  readonly seconds: number;
  /** Initials that were due by the end of a paced run, and were not sent because the server was behind. */
  readonly overdue: number;
}

/** One run: as many clients as `concurrency` and `batchMax` say, that take the next contact as soon as they are free. */
export class Run {
  readonly #options: SimulationOptions;
  readonly #client: HttpClient;
  readonly #ledger: Ledger;
  /** How many there are. */
  readonly #clients: number;
  readonly #deliver: Deliver;
  readonly #nextPlan: () => ContactPlan;
  readonly #initialsMax: number;
  readonly #durationMax: number;
  readonly #schedule: Schedule;
  /** Aborted when no further contact may begin before its time: wakes the clients that wait for theirs. */
  readonly #stopping = new AbortController();
  /** Aborted when what is under way is given up as well. */
  readonly #over = new AbortController();
  #started = 0;
  #nextIndex = 0;
  #end: (Pick<End, 'ended' | 'reason'> & { readonly at: number }) | undefined;
  /** When the server last said something that a Tallyboard says. */
  #understoodAt = Number.NEGATIVE_INFINITY;

  constructor(client: HttpClient, ledger: Ledger, options: SimulationOptions) {
    this.#options = options;
    this.#client = client;
    const { concurrency = CONCURRENCY, batchMax } = options;
    this.#clients = concurrency * (batchMax ?? 1);
    // Each client listens while it waits.
    setMaxListeners(this.#clients + 1, this.#stopping.signal, this.#over.signal);
    this.#ledger = ledger;
    this.#nextPlan = contactPlans(options.letters ?? englishLetters(), options.random ?? Math.random);
    this.#initialsMax = options.initialsMax ?? Number.POSITIVE_INFINITY;
    this.#durationMax = options.durationMilliseconds ?? Number.POSITIVE_INFINITY;
    this.#schedule = options.rate === undefined ? UNPACED : paced(options.rate);
    const sending = {
      client,
      attemptsMax: options.attemptsMax ?? ATTEMPTS_MAX,
      pause: (milliseconds: number) => this.#pause(milliseconds, this.#over.signal),
      onReply: (label: string) => ledger.reply(label),
      onLoss: (kind: 'unsent' | 'lost', reason: string) => this.#lost(kind, reason),
    };
    this.#deliver =
      batchMax === undefined ? delivery(sending) : batchDelivery(sending, batchMax, concurrency);
  }

  async finish(): Promise<End> {
    const { signal, graceMilliseconds = GRACE_MILLISECONDS } = this.#options;
    let grace: NodeJS.Timeout | undefined;
    const interrupt = () => {
      // The time may be over already, and a contact linger: the interruption is what ends it.
      if (this.#end?.ended === 'duration') this.#end = undefined;
      this.#stop('interrupted');
      grace = setTimeout(() => this.#giveUp(), graceMilliseconds);
    };
    this.#started = performance.now();
    const stopProgress = this.#reportProgress();
    if (signal?.aborted === true) interrupt();
    else signal?.addEventListener('abort', interrupt, { once: true });
    try {
      await Promise.all(Array.from({ length: this.#clients }, () => this.#work()));
    } finally {
      signal?.removeEventListener('abort', interrupt);
      clearTimeout(grace);
      stopProgress();
    }
    const elapsed = this.#elapsed();
    const due = this.#schedule.dueBefore(Math.min(this.#end?.at ?? elapsed, this.#durationMax)) ?? 0;
    return {
      ended: this.#end?.ended ?? 'requests',
      reason: this.#end?.reason,
      seconds: elapsed / 1000,
      overdue: Math.max(0, Math.min(due, this.#initialsMax) - this.#ledger.initials.total),
    };
  }

  async #work(): Promise<void> {
    while (this.#end === undefined && this.#nextIndex < this.#initialsMax) {
      const dueAt = this.#schedule.dueAt(this.#nextIndex);
      if (Math.max(dueAt ?? 0, this.#elapsed()) >= this.#durationMax) return this.#stop('duration');
      this.#nextIndex += 1;
      const plan = this.#nextPlan();
      if (dueAt !== undefined && !(await this.#waitUntil(dueAt))) return;
      await this.#converse(plan, dueAt);
    }
  }

  async #converse(plan: ContactPlan, dueAt: number | undefined): Promise<void> {
    const started = this.#elapsed();
    // A client that was free may have begun a little early; one that was not begins late, and that counts.
    const from = dueAt === undefined ? started : Math.min(dueAt, started);
    this.#ledger.initials.total += 1;
    const { uuid, letter } = plan;
    const fate = await this.#deliver({ uuid, letter });
    this.#ledger.settle('initial', plan, fate, this.#elapsed() - from);
    this.#observe(fate, started);
    if (fate.fate !== 'stored' || !goesOn(plan, fate.text === 'True')) return;

    const followedAt = this.#elapsed();
    this.#ledger.followups.total += 1;
    const followupFate = await this.#deliver({ uuid });
    this.#ledger.settle('followup', plan, followupFate, this.#elapsed() - followedAt);
    this.#observe(followupFate, followedAt);
  }

  /** Ends the run where all attempts of a request came to nothing, and nobody else was answered meanwhile. */
  #observe(fate: Fate, since: number): void {
    if (fate.fate === 'stored' || fate.fate === 'refused') this.#understoodAt = this.#elapsed();
    else if (this.#understoodAt < since) this.#stop('unreachable', fate.reason);
  }

  #lost(kind: 'unsent' | 'lost', reason: string): void {
    this.#ledger.loss(reason);
    // Where nobody ever answered, patience would only put off the message that the address is wrong.
    if (kind === 'unsent' && this.#ledger.replies.size === 0) {
      this.#stop('unreachable', reason);
      this.#giveUp();
    }
  }

  #stop(ended: End['ended'], reason?: string): void {
    this.#end ??= { ended, reason, at: this.#elapsed() };
    // At the end of the time, the clients that wait for a contact still have one that is due within it.
    if (ended !== 'duration') this.#stopping.abort();
  }

  #giveUp(): void {
    this.#over.abort();
    void this.#client.destroy();
  }

  async #waitUntil(dueAt: number): Promise<boolean> {
    for (;;) {
      if (this.#stopping.signal.aborted) return false;
      const wait = dueAt - TIMER_LATENESS_MILLISECONDS - this.#elapsed();
      if (wait <= 0) return true;
      await this.#pause(Math.min(wait, TIMER_MILLISECONDS_MAX), this.#stopping.signal);
    }
  }

  async #pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    try {
      await sleep(milliseconds, undefined, { signal });
      return true;
    } catch {
      // The sleep rejects for one reason: the signal.
      return false;
    }
  }

  #reportProgress(): () => void {
    const { onProgress, progressMilliseconds = PROGRESS_MILLISECONDS } = this.#options;
    if (onProgress === undefined) return () => {};
    const { initials, followups, recentLatency } = this.#ledger;
    let last = { at: 0, initials: 0 };
    const timer = setInterval(() => {
      const now = { at: this.#elapsed(), initials: initials.total };
      onProgress({
        seconds: now.at / 1000,
        initials: now.initials,
        initialsMax: this.#options.initialsMax,
        initialsPerSecond: ((now.initials - last.initials) * 1000) / (now.at - last.at),
        p50: recentLatency.percentile(0.5),
        p99: recentLatency.percentile(0.99),
        followups: followups.total,
        refused: initials.refused + followups.refused,
        losses: this.#ledger.lossesCount,
      });
      last = now;
      recentLatency.reset();
    }, progressMilliseconds);
    return () => clearInterval(timer);
  }

  #elapsed(): number {
    return performance.now() - this.#started;
  }
}

/** Timers come up to so much late; the pace is kept by setting them early. */
const TIMER_LATENESS_MILLISECONDS = 1.5;
/** The longest time that a timer can be set to. */
const TIMER_MILLISECONDS_MAX = 2 ** 31 - 1;
