/** A number of places, for work that only so many may do at the same time. */
export class Slots {
  readonly #slotsMax: number;
  #free: number;

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
    this.#free = slotsMax;
  }

  /** How many places are taken. */
  get taken(): number {
    return this.#slotsMax - this.#free;
  }

  /** Takes a place and answers with the function that gives it back, once; undefined where none is free. */
  take(): (() => void) | undefined {
    if (this.#free === 0) return undefined;
    this.#free -= 1;
    let taken = true;
    return () => {
      if (taken) this.#free += 1;
      taken = false;
    };
  }
}
