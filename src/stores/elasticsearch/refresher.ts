/**
 * Shows to searches what was written before them: refreshes where something was written since the last time, and
 * once for all who ask meanwhile.
 */
export class Refresher {
  readonly #refresh: () => Promise<void>;
  /** How often something was written. */
  #writes = 0;
  /** Up to which of these writes all is shown. */
  #shown = 0;
  #underWay: Promise<void> | undefined;

  constructor(refresh: () => Promise<void>) {
    this.#refresh = refresh;
  }

  /** Told when a write is over, whatever became of it. */
  written(): void {
    this.#writes += 1;
  }

  /** Resolves when all that is written is shown. */
  async fresh(): Promise<void> {
    const wanted = this.#writes;
    while (this.#shown < wanted) {
      this.#underWay ??= this.#begin();
      await this.#underWay;
    }
  }

  async #begin(): Promise<void> {
    const writes = this.#writes;
    try {
      await this.#refresh();
      this.#shown = writes;
    } finally {
      this.#underWay = undefined;
    }
  }
}
