/**
 * Shows to searches what this store knows of: refreshes where it wrote, or was told, something since the last time, and
 * once for all who ask meanwhile.
 */
export class Refresher {
  readonly #refresh: () => Promise<void>;
  /** How often there was something that searches may not show. */
  #changes = 0;
  /** Up to which of these changes all is shown. */
  #shown = 0;
  #underWay: Promise<void> | undefined;

  constructor(refresh: () => Promise<void>) {
    this.#refresh = refresh;
  }

  /** Told when a write is over, whatever became of it, and when something is known that was written before. */
  changed(): void {
    this.#changes += 1;
  }

  /** Resolves when all that is written is shown. */
  async fresh(): Promise<void> {
    const wanted = this.#changes;
    while (this.#shown < wanted) {
      this.#underWay ??= this.#begin();
      await this.#underWay;
    }
  }

  async #begin(): Promise<void> {
    const changes = this.#changes;
    try {
      await this.#refresh();
      this.#shown = changes;
    } finally {
      this.#underWay = undefined;
    }
  }
}
