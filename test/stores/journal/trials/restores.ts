import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Dice } from '../../../../src/contract/conformance/dice.js';
import { filesOf } from './flips.js';
import type { Snapshot } from './history.js';
import { isSame } from './ledger.js';

/** Where leftovers may come from: a snapshot, or a store that the journal has nothing to do with. */
export interface Source {
  readonly name: string;
  readonly place: string;
  /** Of how many events of the journal's history, or of one that it may be, its leftovers may know. */
  readonly sequence: number;
}

export const MODES = ['whole', 'by thing', 'by file'] as const;

/** What lies in a directory in which an older journal was put back. */
export interface Restored {
  readonly journal: Snapshot;
  /** In words, for the table. */
  readonly subject: string;
  readonly detail: string;
  /** Why it may be refused. */
  readonly refusable: string | undefined;
}

/** These say nothing of events that a start could go by. */
const NOT_DERIVED = /^(verification|holder)\.json$/;
/** How many places the parts of a mixture come from. */
const MIXED_MAX = 3;

/**
 * Puts a random snapshot's journal into a directory, and beside it what is left of anything: nothing, the
 * same state, older, younger or other ones, as a whole or mixed.
 */
export async function restore(
  directory: string,
  snapshots: readonly Snapshot[],
  strangers: readonly Source[],
  dice: Dice,
): Promise<Restored> {
  const journal = dice.pick(snapshots);
  const mode = dice.pick(MODES);
  const sources = snapshots.map(
    (other): Source => ({
      name: relation(journal, other),
      place: other.place,
      sequence: other.besideSequence,
    }),
  );
  sources.push(...strangers);
  // First the relation and then one of those, so that rare ones are tried as often.
  const names = [...new Set(sources.map(({ name }) => name))];
  const draw = (): Source => {
    const name = dice.pick(names);
    return dice.pick(sources.filter((source) => source.name === name));
  };
  await rm(directory, { recursive: true, force: true });
  await cp(join(journal.place, 'journal'), join(directory, 'journal'), { recursive: true });
  const pool = Array.from({ length: mode === 'whole' ? 1 : 1 + dice.below(MIXED_MAX) }, draw);
  const nothing = mode === 'whole' ? dice.once(8) : dice.once(2);
  const used = new Set<Source>();
  const parts = new Map<string, Source[]>();
  for (const source of pool) {
    for (const { path } of await filesOf(source.place, 'beside')) {
      const part = mode === 'by file' ? path : mode === 'by thing' ? path.split('/')[0]! : '';
      if (!parts.get(part)?.includes(source)) parts.set(part, [...(parts.get(part) ?? []), source]);
    }
  }
  const taken: string[] = [];
  for (const [part, from] of parts) {
    const source = dice.pick<Source | undefined>(nothing ? [...from, undefined] : from);
    if (source === undefined) continue;
    if (!NOT_DERIVED.test(part)) used.add(source);
    taken.push(`${part || 'all'} ${source.name}`);
    await mkdir(dirname(join(directory, part)), { recursive: true });
    const filter = (path: string) => !/^(journal|damaged)$/.test(path.slice(source.place.length + 1));
    await cp(join(source.place, part), join(directory, part), { recursive: true, filter });
  }
  const most = Math.max(0, ...[...used].map(({ sequence }) => sequence));
  const what = taken.length === 0 ? 'nothing' : mode === 'whole' ? pool[0]!.name : 'mixed';
  return {
    journal,
    subject: `${mode}: ${what}`,
    detail: `the journal of ${journal.place}; ${taken.join(', ')}`,
    refusable:
      most > journal.sequence ? `what is left knows ${most} events, not ${journal.sequence}` : undefined,
  };
}

/** What another snapshot is to that whose journal is put back. */
function relation(journal: Snapshot, other: Snapshot): string {
  if (other === journal) return 'the same';
  const [shorter, longer] =
    other.held.events.length < journal.held.events.length ? [other, journal] : [journal, other];
  const there = longer.held.events[shorter.held.events.length - 1];
  if (!isSame(shorter.held.events.at(-1), there)) return 'another branch';
  return shorter === other ? 'older' : 'younger';
}
