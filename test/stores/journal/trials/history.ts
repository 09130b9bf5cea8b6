import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Dice } from '../../../../src/contract/conformance/dice.js';
import type { Store } from '../../../../src/contract/store.js';
import { createReader } from '../../../../src/stores/index.js';
import { Failure, lines, openJournal } from './examination.js';
import { chooseBit, copyDirectory, filesOf, flipBit } from './flips.js';
import { Clients, type Held, Ledger, withoutLost, writeHeld } from './ledger.js';
import { fill, type Shape } from './masters.js';

/** A copy of a store. */
export interface Snapshot {
  readonly place: string;
  /** What its journal holds. */
  readonly held: Held;
  /** How many events its journal counts: those that a salvage lost too. */
  readonly sequence: number;
  /** Of how many events what lies beside its journal may know. */
  readonly besideSequence: number;
}

/** Where a history keeps the list of its snapshots. */
export const SNAPSHOTS = 'snapshots';

export type Step =
  | 'copy it closed'
  | 'copy it running'
  | 'restore any'
  | 'restore the first'
  | 'salvage'
  | 'reopen';

/** Random steps that make so many copies: of a history that goes apart several times. */
export function drawSteps(dice: Dice, copies: number): Step[] {
  const steps: Step[] = ['copy it closed', 'copy it running', 'restore any', 'copy it running', 'salvage'];
  const kinds: Step[] = [...steps, 'copy it closed', 'restore any', 'reopen'];
  let made = 4;
  while (made < copies) {
    const step = dice.pick(kinds);
    if (step.startsWith('copy')) made += 1;
    steps.push(step);
  }
  return [...steps, 'copy it closed'];
}

/** How a store came to be as it is: some runs of events, restores of older states, salvages, and copies. */
export class History {
  readonly snapshots: Snapshot[] = [];
  /** Copies of a running store's journal that were damaged. */
  torn = 0;
  readonly #directory: string;
  readonly #live: string;
  readonly #shape: Shape;
  readonly #dice: Dice;
  readonly #clients: Clients;
  #ledger = new Ledger();
  /** How many events salvages lost. */
  #lost = 0;
  #store: Store | undefined;
  readonly #do: Readonly<Record<Step, () => Promise<void>>> = {
    'copy it closed': () => this.#copyClosed(),
    'copy it running': () => this.#copyRunning(),
    'restore any': () => this.#restore(this.#dice.pick(this.snapshots)),
    'restore the first': () => this.#restore(this.snapshots[0]!),
    salvage: () => this.#salvage(),
    reopen: () => this.#reopen(),
  };

  constructor(directory: string, seed: number, shape: Shape) {
    this.#directory = directory;
    this.#live = join(directory, 'live');
    this.#shape = shape;
    this.#dice = new Dice(seed);
    this.#clients = new Clients(this.#dice, { allLogged: true });
  }

  /** Goes through the steps, with events before and between them. */
  async make(steps: readonly Step[]): Promise<void> {
    await this.#reopen();
    for (const step of steps) {
      await this.#append();
      await this.#do[step]();
    }
    await this.#store?.close();
    await writeHeld(join(this.#directory, SNAPSHOTS), this.snapshots);
  }

  get #sequence(): number {
    return this.#ledger.events.length + this.#lost;
  }

  async #append(events = this.#shape.events): Promise<void> {
    const until = this.#ledger.events.length + events;
    await fill(this.#store!, this.#ledger, {
      clients: this.#clients,
      dice: this.#dice,
      shape: this.#shape,
      until,
    });
  }

  async #reopen(salvage = false): Promise<void> {
    await this.#store?.close();
    this.#store = await openJournal(`journal:${this.#live}${this.#shape.options}`, lines(), salvage);
  }

  async #copyClosed(): Promise<void> {
    await this.#store!.close();
    const place = this.#nextPlace();
    await copyDirectory(this.#live, place);
    const sequence = this.#sequence;
    this.snapshots.push({ place, held: this.#ledger.held(), sequence, besideSequence: sequence });
    await this.#reopen();
  }

  /** Copies the journal while events come, and what is beside it before or afterwards. */
  async #copyRunning(): Promise<void> {
    const place = this.#nextPlace();
    const before = this.#ledger.events.length;
    const beside = async (path: string) => !path.startsWith(join(this.#live, 'journal'));
    const parts = [
      () => cp(join(this.#live, 'journal'), join(place, 'journal'), { recursive: true }),
      () => cp(this.#live, place, { recursive: true, filter: beside, force: true }),
    ];
    if (this.#dice.once(2)) parts.reverse();
    let copied = false;
    const copying = (async () => {
      // A file that was there when its directory was read may be gone.
      for (const part of parts)
        for (let done = false; !done; ) done = await part().then(() => true, wasMissing);
    })().finally(() => {
      copied = true;
    });
    while (!copied) await this.#append(1);
    await copying;
    const held = await this.#heldBy(place, before);
    if (held === undefined) return;
    const sequence = held.events.length + this.#lost;
    this.snapshots.push({ place, held, sequence, besideSequence: this.#sequence });
  }

  /** What a copied journal holds: whole frames, all that were acknowledged before it was begun among them. */
  async #heldBy(place: string, least: number): Promise<Held | undefined> {
    const reader = await createReader(`journal:${place}`, { log: lines() });
    let count = 0;
    try {
      for await (const _ of reader.events()) count += 1;
    } catch {
      this.torn += 1;
      return undefined;
    }
    const { events, frames } = this.#ledger;
    if (count < least || (count > 0 && !frames.includes(count))) {
      throw new Failure(
        'a copy lost events',
        `${count} of at least ${least} events are in a copy of the journal`,
      );
    }
    return { events: events.slice(0, count), frames: frames.filter((end) => end <= count) };
  }

  /** Puts back an older journal, with nothing beside it. */
  async #restore({ place, held, sequence }: Snapshot): Promise<void> {
    await this.#store!.close();
    await rm(this.#live, { recursive: true });
    await cp(join(place, 'journal'), join(this.#live, 'journal'), { recursive: true });
    this.#ledger = await Ledger.of(held);
    this.#lost = sequence - held.events.length;
    await this.#reopen();
  }

  /** Damages a frame, and goes on without it. */
  async #salvage(): Promise<void> {
    await this.#store!.close();
    await flipBit(this.#live, chooseBit(await filesOf(this.#live, 'journal'), 1, this.#dice));
    await this.#reopen(true);
    const left = withoutLost(this.#ledger, await this.#store!.lastEvents!(Number.MAX_SAFE_INTEGER));
    if (left === undefined) throw new Failure('the salvage lost more', 'more than one frame');
    const lost = this.#ledger.events.length - left.events.length;
    // A last frame that is lost is not counted either.
    if (lost > 0 && left.events.at(-1) === this.#ledger.events.at(-1)) this.#lost += lost;
    this.#ledger = await Ledger.of(left);
  }

  #nextPlace(): string {
    return join(this.#directory, `snapshot-${this.snapshots.length}-${this.torn}`);
  }
}

function wasMissing(error: NodeJS.ErrnoException): boolean {
  if (error.code === 'ENOENT') return false;
  throw error;
}
