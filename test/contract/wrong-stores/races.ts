import type { Ways } from '../table-store.js';

/** A store whose transactions are wrong in one way, which shows where several are under way only. */
export interface WrongRacer {
  readonly name: string;
  readonly ways: Ways;
  /** In which cases it must be refused, and what must be said of it there. */
  readonly by: RegExp;
  readonly says: RegExp;
  /** As the suite's options. */
  readonly contacts?: number;
  readonly settledMillisecondsMax?: number;
}

export const WRONG_RACERS: readonly WrongRacer[] = [
  {
    name: 'reads contacts and writes them without a lock',
    ways: { locks: 'none' },
    by: /at the same time/,
    says: /that are a first (initial|followup)\n {2}expected one\n {2}got {6}\d+ of \d/,
  },
  {
    name: 'reads contacts and writes them without a lock, in memory',
    ways: { locks: 'none', statements: 'promises' },
    by: /at the same time/,
    says: /that are a first (initial|followup)\n {2}expected one\n {2}got {6}\d+ of \d/,
  },
  {
    name: 'locks contacts in no order, and rejects what is in a deadlock',
    ways: { locks: 'in no order' },
    by: /at the same time/,
    says: /(the same few contacts|many contacts in other orders) that were rejected though .*\n.*\n.* a deadlock was found/,
  },
  {
    name: 'locks roll-ups in no order, and rejects what is in a deadlock',
    ways: { cells: 'locked in no order' },
    by: /at the same time/,
    says: /other contacts in the same roll-ups that were rejected though .*\n.*\n.* a deadlock was found/,
  },
  {
    name: 'reads roll-ups and writes the sums without a lock',
    ways: { cells: 'overwritten' },
    by: /at the same time/,
    says: /the tally of '[a-z]'/,
  },
  {
    name: 'commits event by event, and leaves a part of a batch where its connection is cut',
    ways: { commit: 'event by event' },
    by: /is interrupted/,
    says: /among the raw events \(it was in batch \d+, which was rejected\)\n {2}expected 0\n {2}got {6}1/,
  },
  {
    name: 'commits event by event, and leaves a part of a batch where it is closed',
    ways: { commit: 'event by event' },
    by: /is closed while/,
    says: /among the raw events \(it was in batch \d+, which was rejected\)\n {2}expected 0\n {2}got {6}1/,
  },
  {
    name: 'commits contact by contact, and promises whole batches',
    ways: { commit: 'contact by contact' },
    by: /is (interrupted|closed while)/,
    says: /what is stored of batch \d+, .* is 'whole'\n {2}expected all of it or nothing/,
  },
  {
    name: 'commits event by event, and promises whole contacts',
    ways: { commit: 'event by event', batches: 'contacts' },
    by: /is (interrupted|closed while)/,
    says: /what is stored of batch \d+, .* is 'contacts'\n {2}expected all of a contact or nothing/,
    // Few batches have two events of a contact that is new, and few of these are cut between the two.
    contacts: 600,
  },
  {
    name: 'answers before it commits',
    ways: { commit: 'after the answer' },
    by: /is closed while/,
    says: /among the raw events \(it was in batch \d+, which was taken\)\n {2}expected 1\n {2}got {6}0/,
  },
  {
    name: 'never answers what was under way when it was closed',
    ways: { ends: 'never' },
    by: /is closed while/,
    says: /at batch.*: an append\n {2}expected outcomes or a rejection\n {2}got {6}neither within/,
    settledMillisecondsMax: 200,
  },
];
