/** When contacts are due, in milliseconds since the start. */
export interface Schedule {
  /** The instant at which a contact is due; undefined where there is no pace. */
  dueAt(index: number): number | undefined;
  /** How many contacts are due before an instant; undefined where there is no pace. */
  dueBefore(elapsed: number): number | undefined;
}

/** As fast as the connections allow. */
export const UNPACED: Schedule = Object.freeze({ dueAt: () => undefined, dueBefore: () => undefined });

/**
 * Contacts at an even pace. The schedule is open: it does not move when the server is slow, so that a stall
 * shows in the latency of every contact that fell due meanwhile.
 */
export function paced(contactsPerSecond: number): Schedule {
  if (!(contactsPerSecond > 0)) throw new RangeError('a rate is greater than 0');
  return {
    dueAt: (index) => (index * 1000) / contactsPerSecond,
    dueBefore: (elapsed) => Math.max(0, Math.ceil((elapsed * contactsPerSecond) / 1000)),
  };
}
