import { type Answers, ask } from '../../../../src/contract/conformance/answers.js';
import { Dice } from '../../../../src/contract/conformance/dice.js';
import { askPage, type PageAnswers } from '../../../../src/contract/conformance/page-answers.js';
import { drawQuestions, type Questions } from '../../../../src/contract/conformance/questions.js';
import { dashboardQuestions } from '../../../../src/contract/dashboard-questions.js';
import type { Model } from '../../../../src/contract/model.js';
import type { Outcome } from '../../../../src/contract/store.js';
import type { ContactEvent } from '../../../../src/domain/contact.js';
import { Clients, type Held, Ledger, uuidOf } from './ledger.js';

export interface Right {
  readonly answers: Answers;
  readonly page: PageAnswers;
}

/** Batches to append, what must become of each, and what must be answered afterwards. */
export interface Round {
  readonly batches: readonly (readonly ContactEvent[])[];
  readonly outcomes: readonly (readonly Outcome[])[];
  readonly after: Right;
  /** What the journal holds then. */
  readonly held: Held;
}

/**
 * What is asked of a store that must hold `held`, with the right answers: the same for every trial, so that
 * they are worked out once.
 */
export interface Script {
  readonly held: Held;
  readonly questions: Questions;
  readonly before: Right;
  /** Every known contact again, new ones, followups of both; then some of them once more. */
  readonly rounds: readonly Round[];
}

/** Event ids from here on are of nobody else, nor of a script on another number of events. */
const SCRIPT_IDS = 2 ** 40;
const IDS_A_LENGTH = 2 ** 20;
const NEW_CONTACTS = 60;
/** Of a large store so many contacts are heard of again. */
const KNOWN_MAX = 20_000;
/** … and of these once more after the next start. */
const AGAIN_MAX = 300;
const NEW_UUIDS = 2 ** 40;
const BATCH_EVENTS = 500;

export async function writeScript(held: Held, seed: number): Promise<Script> {
  const dice = new Dice(seed);
  const clients = new Clients(dice, { firstId: SCRIPT_IDS + held.events.length * IDS_A_LENGTH });
  const ledger = await Ledger.of(held);
  const drawn = drawQuestions(held.events, dice);
  const page = drawn.page!;
  const questions: Questions = {
    ranges: drawn.ranges.slice(0, 14),
    spans: drawn.spans.slice(0, 1),
    page: {
      series: page.series.slice(0, 4),
      lasts: page.lasts.slice(0, 2),
      stories: page.stories.slice(0, 6),
    },
  };
  const before = await answersOf(ledger.model, questions);
  const rounds: Round[] = [];
  const fresh = Array.from({ length: NEW_CONTACTS }, (_, i) => uuidOf(NEW_UUIDS + i));
  for (let round = 0; round < 2; round += 1) {
    const uuids = [
      ...dice
        .shuffled([...new Set(ledger.events.map(({ uuid }) => uuid))])
        .slice(0, round === 0 ? KNOWN_MAX : AGAIN_MAX),
      ...fresh,
    ];
    const events: ContactEvent[] = [];
    for (const uuid of uuids) {
      const place = events.length;
      const symbol = ledger.symbols.get(uuid);
      // Some of those that began with their followup get no initial this time.
      if (symbol === undefined && dice.once(3)) continue;
      const another = dice.once(40) && !ledger.isHalfLost(uuid);
      events.push(clients.initial(uuid, place, another ? undefined : symbol));
      if (dice.once(3)) events.push(clients.followup(uuid, place));
    }
    if (ledger.events.length > 0) events.push(...Array.from({ length: 20 }, () => dice.pick(ledger.events)));
    const shuffled = dice.shuffled(events);
    const batches: ContactEvent[][] = [];
    const outcomes: (readonly Outcome[])[] = [];
    for (let from = 0; from < shuffled.length; from += BATCH_EVENTS) {
      const batch = shuffled.slice(from, from + BATCH_EVENTS);
      batches.push(batch);
      outcomes.push(await ledger.append(batch));
    }
    const after = await answersOf(ledger.model, questions);
    rounds.push({ batches, outcomes, after, held: ledger.held() });
  }
  return { held, questions, before, rounds };
}

async function answersOf(model: Model, questions: Questions): Promise<Right> {
  return {
    answers: await ask(model, questions),
    page: await askPage(dashboardQuestions(model), questions.page!),
  };
}
