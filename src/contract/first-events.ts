import type { ContactEvent } from '../domain/contact.js';
import type { Instant } from '../domain/time.js';
import type { ContactStory } from './store-page.js';

/** How many more than are kept may wait before they are put in order. */
const SPARE_EVENTS = 1024;

/** The first events in time order of those that come in any order, in memory bounded by how many are kept. */
export class FirstEvents {
  readonly #eventsMax: number;
  readonly #kept: ContactEvent[] = [];
  #count = 0;
  /** What comes at this instant or later has no place any more. */
  #end: Instant = Number.POSITIVE_INFINITY;

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax;
  }

  add(event: ContactEvent): void {
    this.#count += 1;
    if (event.at >= this.#end) return;
    this.#kept.push(event);
    if (this.#kept.length > this.#eventsMax + SPARE_EVENTS) this.#cut();
  }

  /** Those of the same instant are in the order in which they came. */
  story(): ContactStory {
    this.#cut();
    return { events: this.#kept.slice(), leftOut: this.#count - this.#kept.length };
  }

  #cut(): void {
    // Sorting keeps the order of those at the same instant.
    this.#kept.sort((first, second) => first.at - second.at);
    if (this.#kept.length < this.#eventsMax) return;
    this.#kept.length = this.#eventsMax;
    this.#end = this.#kept.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  }
}
