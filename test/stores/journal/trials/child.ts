import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Dice, seedOf } from '../../../../src/contract/conformance/dice.js';
import type { Store } from '../../../../src/contract/store.js';
import { outcomeInJournal } from './damage.js';
import { FAULTS, FAULTS_OF_ALL } from './faults.js';
import { chooseBit, copyDirectory, digitsOf, filesOf, flipBit, kindOf } from './flips.js';
import { History, SNAPSHOTS, type Snapshot, type Step } from './history.js';
import { type Held, readHeld } from './ledger.js';
import { MASTER, makeMaster, type Shape } from './masters.js';
import { type Finding, findingOf, type Given, outcomeBeside } from './outcome.js';
import { restore, type Source } from './restores.js';
import { type Script, writeScript } from './script.js';

// A process in which stores are opened, so that one that aborts ends this and not the tests.

export interface Tried extends Finding {
  /** What was done to what, for the table. */
  readonly subject: string;
}

/** What the process can be asked to do. */
export const tasks = {
  /** Leaves the store open, so that it can be killed. */
  async master({ directory, seed, shape }: { directory: string; seed: number; shape: Shape }): Promise<void> {
    open = await makeMaster(directory, seed, shape);
  },

  async close(): Promise<void> {
    await open?.close();
  },

  /** Opens a copy of a master as it is. */
  async takeOver(trial: MasterTrial): Promise<Tried> {
    const { given } = await prepare(trial);
    return tried('as it is', outcomeBeside(given));
  },

  /** What kinds of files a master has beside its journal, and how many digits at their heads. */
  async kinds({ master }: { master: string }): Promise<{ kinds: string[]; digits: number }> {
    const store = join(master, MASTER.store);
    const kinds = new Set((await filesOf(store, 'beside')).map(({ path }) => kindOf(path)));
    return { kinds: [...kinds], digits: (await digitsOf(store)).length };
  },

  /** Turns a bit in a copy of a master. */
  async flip(trial: FlipTrial): Promise<Tried> {
    const { directory, where, seed, number, moment } = trial;
    const { given, dice } = await prepare(trial);
    const bit = chooseBit(await filesOf(directory, where), number, dice);
    note(`bit ${bit.bit} of byte ${bit.offset} of ${bit.path}, ${moment}`);
    const flip = () => flipBit(directory, bit);
    if (moment === 'closed') await flip();
    const trying: Given = { ...given, ...(moment === 'open' && { meanwhile: flip }) };
    const outcome = where === 'beside' ? outcomeBeside(trying) : outcomeInJournal(trying, seed);
    return tried(`${kindOf(bit.path)}, ${bit.region}, ${moment}`, outcome);
  },

  /** Turns the lowest bit of the n-th digit of all that stand at the heads of files; undefined beyond the last. */
  async flipDigit(trial: MasterTrial & { readonly number: number }): Promise<Tried | undefined> {
    const { directory, number } = trial;
    const { given } = await prepare(trial);
    const digit = (await digitsOf(directory))[number];
    if (digit === undefined) return undefined;
    note(`byte ${digit.offset} of ${digit.path}`);
    await flipBit(directory, digit);
    return tried(kindOf(digit.path), outcomeBeside(given));
  },

  /** Does a fault to a file of a kind in a copy of a master; undefined where it cannot be done. */
  async fault(trial: FaultTrial): Promise<Tried | undefined> {
    const { master, directory, fault, kind } = trial;
    const { given, dice } = await prepare(trial);
    const paths = (await filesOf(directory, 'beside')).map(({ path }) => path);
    const alike = paths.filter((each) => kindOf(each) === kind);
    // What is no kind of file is the name of a directory.
    const path = dice.pick(alike.length === 0 ? [kind] : alike);
    const site = { directory, path, older: join(master, MASTER.older), dice };
    const done = await { ...FAULTS, ...FAULTS_OF_ALL }[fault]!(site);
    if (done === undefined) return undefined;
    note(`${fault}: ${done}`);
    return tried(`${fault}: ${kind}`, outcomeBeside(given));
  },

  /** Makes a history; answers how many copies of a running journal were damaged. */
  async history(history: { directory: string; seed: number; shape: Shape; steps: Step[] }): Promise<number> {
    const { directory, seed, shape, steps } = history;
    const made = new History(directory, seed, shape);
    await made.make(steps);
    return made.torn;
  },

  /** Puts an older journal of a history back, beside leftovers. */
  async restore(trial: RestoreTrial): Promise<Tried> {
    const { history, directory, options, seed, strangers } = trial;
    const dice = new Dice(seed);
    const snapshots = await snapshotsOf(history);
    const { journal, subject, detail, refusable } = await restore(directory, snapshots, strangers, dice);
    note(detail);
    const script = await scriptOf(journal.place, async () => journal.held);
    return tried(subject, outcomeBeside({ directory, options, script, dice, refusable }));
  },

  /** Puts one snapshot's journal beside what another has, without one thing. */
  async putBack(trial: PutBackTrial): Promise<Tried> {
    const { history, directory, options, seed, without } = trial;
    const snapshots = await snapshotsOf(history);
    const journal = snapshots[trial.journal]!;
    const beside = snapshots[trial.beside]!;
    await copyDirectory(beside.place, directory);
    await rm(join(directory, 'journal'), { recursive: true });
    await cp(join(journal.place, 'journal'), join(directory, 'journal'), { recursive: true });
    await rm(join(directory, without), { recursive: true, force: true });
    const script = await scriptOf(journal.place, async () => journal.held);
    const isBehind = beside.besideSequence > journal.sequence && without !== 'projection';
    const refusable = isBehind ? 'what is beside it knows more' : undefined;
    return tried(
      `without ${without}`,
      outcomeBeside({ directory, options, script, dice: new Dice(seed), refusable }),
    );
  },
};

export type Tasks = typeof tasks;

interface Trial {
  /** Where the copy may be, and the options of its URL. */
  readonly directory: string;
  readonly options: string;
  readonly seed: number;
}

interface MasterTrial extends Trial {
  readonly master: string;
}

interface FlipTrial extends MasterTrial {
  readonly where: 'beside' | 'journal';
  /** Whether the store is open when the bit is turned. */
  readonly moment: 'closed' | 'open';
  readonly number: number;
}

interface FaultTrial extends MasterTrial {
  readonly fault: string;
  readonly kind: string;
}

interface RestoreTrial extends Trial {
  readonly history: string;
  /** Stores that have nothing to do with it. */
  readonly strangers: readonly Source[];
}

interface PutBackTrial extends Trial {
  readonly history: string;
  /** Numbers of snapshots. */
  readonly journal: number;
  readonly beside: number;
  readonly without: string;
}

let open: Store | undefined;
const scripts = new Map<string, Promise<Script>>();
const histories = new Map<string, Promise<Snapshot[]>>();

async function prepare({
  master,
  directory,
  options,
  seed,
}: MasterTrial): Promise<{ given: Given; dice: Dice }> {
  const dice = new Dice(seed);
  await copyDirectory(join(master, MASTER.store), directory);
  const script = await scriptOf(master, () => readHeld<Held>(join(master, MASTER.held)));
  return { given: { directory, options, script, dice }, dice };
}

function scriptOf(place: string, held: () => Promise<Held>): Promise<Script> {
  return remembered(scripts, place, async () => writeScript(await held(), seedOf(1, 'script')));
}

function snapshotsOf(history: string): Promise<Snapshot[]> {
  return remembered(histories, history, () => readHeld<Snapshot[]>(join(history, SNAPSHOTS)));
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

async function tried(subject: string, outcome: Promise<Finding>): Promise<Tried> {
  return { subject, ...(await outcome.catch(findingOf)) };
}

/** Says what is about to be tried, for if that ends this process. */
function note(text: string): void {
  process.send!({ note: text });
}

interface Call {
  readonly id: number;
  readonly task: keyof Tasks;
  readonly argument: never;
}

process.on('message', async ({ id, task, argument }: Call) => {
  const answer = await (tasks[task] as (argument: never) => Promise<unknown>)(argument).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, error: findingOf(error).detail }),
  );
  // What was rejected and is held by nobody ends the process in this turn.
  setImmediate(() => process.send!(answer));
});
