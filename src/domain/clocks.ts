import { DAY, INSTANT_MIN, type Instant, SECOND } from './time.js';

/** From when on clocks keep an offset, which is how far they are ahead of UTC. */
interface Stretch {
  readonly from: Instant;
  readonly offset: number;
}

/** No zone has kept an offset for less than a week, so no change is missed between two looks. */
const LOOK_LENGTH = 6 * DAY;
/** Clocks may have gone back by a day, and shown then what they show once more. */
const MARGIN = 2 * DAY;

/** The clocks of one zone. What was looked up once is remembered: a look takes as long as many sums. */
export class Clocks {
  readonly #format: Intl.DateTimeFormat;
  /** Those from `#learnedFrom` to `#learnedTo`, the earliest first. */
  readonly #stretches: Stretch[] = [];
  #learnedFrom = 0;
  #learnedTo = 0;

  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /**
   * Looks up how the clocks go between two instants, as far as that is not known yet. It may take a while, and
   * pauses after each look; several at the same time do no look twice.
   */
  *learn(lower: Instant, upper: Instant): Generator<void, void> {
    if (this.#stretches.length === 0) {
      this.#learnedFrom = Math.floor(lower / LOOK_LENGTH) * LOOK_LENGTH;
      this.#learnedTo = this.#learnedFrom;
      this.#stretches.push({ from: this.#learnedFrom, offset: this.#look(this.#learnedFrom) });
    }
    while (this.#learnedTo < upper + MARGIN) {
      this.#learnLater();
      yield;
    }
    while (this.#learnedFrom > lower - MARGIN) {
      this.#learnEarlier();
      yield;
    }
  }

  /** The offset at an instant that was learned. */
  offset(at: Instant): number {
    return this.#stretches[this.#indexAt(at)]!.offset;
  }

  /** When the offset changes next after an instant; undefined where no such change was learned. */
  nextChange(at: Instant): Instant | undefined {
    return this.#stretches[this.#indexAt(at) + 1]?.from;
  }

  /**
   * When the clocks first show a local time, or a later one where they skip it. Of what was learned; local
   * times are counted as UTC counts instants.
   */
  firstShown(local: Instant): Instant {
    let i = this.#indexAt(local - MARGIN);
    for (;;) {
      const { from, offset } = this.#stretches[i]!;
      const until = this.#stretches[i + 1]?.from;
      if (until === undefined || until + offset > local) return Math.max(from, local - offset);
      i += 1;
    }
  }

  /** The instant of a local time; of one that is shown twice or skipped, the earlier. Nothing need be learned. */
  instantOf(local: Instant): Instant {
    const offsets = [this.#look(local - DAY), this.#look(local + DAY)];
    const early = local - Math.max(...offsets);
    const late = local - Math.min(...offsets);
    const isShownLate = this.#look(early) !== local - early && this.#look(late) === local - late;
    return isShownLate ? late : early;
  }

  /** The last stretch that has begun; before what was learned, the first. */
  #indexAt(at: Instant): number {
    let first = 0;
    let last = this.#stretches.length - 1;
    while (first < last) {
      const middle = Math.ceil((first + last) / 2);
      if (this.#stretches[middle]!.from <= at) first = middle;
      else last = middle - 1;
    }
    return first;
  }

  #learnLater(): void {
    const end = this.#learnedTo + LOOK_LENGTH;
    const offset = this.#look(end);
    if (offset !== this.#stretches.at(-1)!.offset) {
      this.#stretches.push({ from: this.#changeBetween(this.#learnedTo, end, offset), offset });
    }
    this.#learnedTo = end;
  }

  #learnEarlier(): void {
    const start = this.#learnedFrom - LOOK_LENGTH;
    const offset = this.#look(start);
    const [next] = this.#stretches as [Stretch];
    if (offset === next.offset) this.#stretches[0] = { from: start, offset };
    else {
      const from = this.#changeBetween(start, this.#learnedFrom, next.offset);
      this.#stretches.splice(0, 1, { from: start, offset }, { from, offset: next.offset });
    }
    this.#learnedFrom = start;
  }

  /** The first second from which on the clocks keep the offset that they have at the end. */
  #changeBetween(start: Instant, end: Instant, offset: number): Instant {
    let [before, after] = [start / SECOND, end / SECOND];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#look(middle * SECOND) === offset) after = middle;
      else before = middle;
    }
    return after * SECOND;
  }

  #look(at: Instant): number {
    // Before there was a standard time all zones kept their own; and years before the first have no number.
    const milliseconds = Math.max(at, INSTANT_MIN) / 1000;
    const shown = this.#format.format(milliseconds).match(/\d+/g)!.map(Number);
    const [month, day, year, hour, minute, second] = shown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return (Date.UTC(year, month - 1, day, hour, minute, second) - milliseconds) * 1000;
  }
}
