import { Contest, pass } from './contest.js';
import type { Dice } from './dice.js';
import { RACE_KINDS } from './races.js';
import type { Case, Trial } from './trial.js';

/** What is looked at where batches of the same contacts are under way at the same time, and where one fails. */
export const RACE_CASES: readonly Case[] = [
  { name: 'the same contacts in batches at the same time', run: inOneStore },
  { name: 'the same contacts in calls at the same time, as a server makes batches of them', run: inCalls },
  { name: 'the same contacts in two stores at the same time, as promises.writers says', run: inTwoStores },
  { name: 'it is closed while batches are under way', run: closed },
  { name: 'it is interrupted while batches are under way, where the fixture says how', run: interrupted },
];

async function inOneStore(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  await trial.open();
  await new Contest(trial, dice).run(racesOf(contacts), 'in batches');
}

async function inCalls(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  await trial.open();
  await new Contest(trial, dice).run(racesOf(contacts / 2), 'in calls');
}

async function inTwoStores(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  if (!trial.hasAnother || trial.store.promises.writers === 'one') return;
  await trial.open();
  const other = await trial.another();
  await trial.open(other);
  await new Contest(trial, dice, { others: [other] }).run(racesOf(contacts), 'in batches');
}

async function closed(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  await trial.open();
  const contest = new Contest(trial, dice, { repeats: false });
  const lengths = await contest.lengths();
  for (let n = 0; n < racesOf(contacts); n += 1) {
    const turns = drawTurns(dice, lengths[n % lengths.length]!);
    const isGivenUp = dice.once(2);
    await contest.race('in batches', async (isSettled) => {
      await pass(turns, isSettled);
      if (isGivenUp) trial.store.giveUp?.();
      await trial.attempt('closing while batches are under way', () => trial.store.close());
    });
    if (!trial.persists) return;
    await trial.reopen('another');
    await contest.check();
    await contest.retry(0);
  }
  await contest.check();
}

async function interrupted(trial: Trial, dice: Dice, contacts: number): Promise<void> {
  const { interrupt, patience } = trial;
  if (interrupt === undefined) return;
  await trial.open();
  const contest = new Contest(trial, dice, { repeats: false });
  const lengths = await contest.lengths();
  for (let n = 0; n < racesOf(contacts); n += 1) {
    const length = lengths[n % lengths.length]!;
    const [before, meanwhile] = [drawTurns(dice, length), drawTurns(dice, length)];
    await contest.race('in batches', async (isSettled) => {
      await pass(before, isSettled);
      const mend = await interrupt();
      await pass(meanwhile, isSettled);
      await mend();
    });
    await contest.check(patience.settledMillisecondsMax);
    await contest.retry(patience.settledMillisecondsMax);
  }
  await contest.check();
  if (!trial.persists) return;
  await trial.reopen('another');
  await contest.check();
}

/** As many of each kind. */
function racesOf(contacts: number): number {
  return RACE_KINDS * Math.ceil(contacts / 30);
}

/** A moment of a race that takes so many turns of the event loop where nobody disturbs it. */
function drawTurns(dice: Dice, length: number): number {
  return Math.floor((dice.below(1000) / 1000) * length);
}
