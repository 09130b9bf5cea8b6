import type { ChildProcess } from 'node:child_process';
import { ended } from '../servers/workspace.js';

/** Runs commands in turn, again and again until it is told to end. */
export class Beside {
  readonly #starts: readonly (() => ChildProcess)[];
  readonly #begun: number[];
  readonly #done: number[];
  readonly #running: Promise<void>;
  #child: ChildProcess | undefined;
  #isOver = false;

  constructor(...starts: readonly (() => ChildProcess)[]) {
    this.#starts = starts;
    this.#begun = starts.map(() => 0);
    this.#done = starts.map(() => 0);
    this.#running = this.#run();
    this.#running.catch(() => {});
  }

  /** How often each was begun, in their order, the one that is cut off included. */
  get begun(): readonly number[] {
    return this.#begun;
  }

  /** How often each came to its end. */
  get done(): readonly number[] {
    return this.#done;
  }

  /** Ends what is under way. Rejects where one of the commands failed. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#child?.kill('SIGKILL');
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#isOver; turn = (turn + 1) % this.#starts.length) {
      this.#child = this.#starts[turn]!();
      this.#begun[turn]! += 1;
      const how = await ended(this.#child);
      if (this.#isOver) return;
      if (how !== 0) throw new Error(`${this.#child.spawnargs.slice(2).join(' ')} ended with ${how}`);
      this.#done[turn]! += 1;
    }
  }
}
