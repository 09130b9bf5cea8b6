import type { Instant } from '../../../domain/time.js';
import { FRAME_EVENTS_MAX } from '../log/format.js';

/** What one event does to the tallies: `contact`: it is new; `followup`: it is known, and its followup came. */
export const TALLY_CHANGE = { contact: 0, followedContact: 1, followup: 2 } as const;
export type TallyChangeKind = (typeof TALLY_CHANGE)[keyof typeof TALLY_CHANGE];

/** The changes of a batch to the tallies, in arrays that serve one batch after the other. */
export class TallyChanges {
  /** The instant of the contact's initial. */
  readonly at = new Float64Array(FRAME_EVENTS_MAX);
  readonly cell = new Uint8Array(FRAME_EVENTS_MAX);
  readonly kind = new Uint8Array(FRAME_EVENTS_MAX);
  count = 0;

  add(at: Instant, cell: number, kind: TallyChangeKind): void {
    this.at[this.count] = at;
    this.cell[this.count] = cell;
    this.kind[this.count] = kind;
    this.count += 1;
  }
}
