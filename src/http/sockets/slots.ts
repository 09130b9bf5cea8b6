/** A number of places, for work that only so many may do at the same time. */
export class Slots {
  readonly #slotsMax: number;
  readonly #waiting: ((release: () => void) => void)[] = [];
  #taken = 0;

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  /** How many places are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes a place and answers with the function that gives it back, once; undefined where none is free. */
  take(): (() => void) | undefined {
    if (this.#taken === this.#slotsMax) return undefined;
    this.#taken += 1;
    return this.#release();
  }

  /** `take`, which waits for its turn where none is free; undefined where so many wait already. */
  wait(waitingMax: number): Promise<() => void> | undefined {
    const release = this.take();
    if (release !== undefined) return Promise.resolve(release);
    if (this.#waiting.length >= waitingMax) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken -= 1;
      else next(this.#release());
    };
  }
}
