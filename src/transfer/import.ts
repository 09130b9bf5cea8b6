import { TallyboardError } from '../contract/errors.js';
import type { Store } from '../contract/store.js';
import { SYMBOLS } from '../domain/contact.js';
import { whole } from '../domain/tally.js';
import { Feed, type FeedCounts, type Refusal } from './feed.js';
import { type BadRow, show } from './sources/row.js';
import type { RowChunk, Source } from './sources/source.js';

/** How many refused events a summary names; the rest are counted. */
export const NAMED_MAX = 20;
/** How many bad rows of one reason. */
const PLACES_MAX = 5;

export interface ImportOptions {
  /** Import the good rows of a file that has bad ones. Default false. */
  readonly skipBad?: boolean;
  readonly interrupted?: AbortSignal;
  /** Called after each chunk of a pass with how much of the source's size has been read. */
  readonly onProgress?: (pass: 'check' | 'import', position: number, rows: number) => void;
}

export interface ImportSummary {
  /** `taken`: the whole file; `refused`: none of it, for its bad rows; `interrupted`: a part. */
  readonly result: 'taken' | 'refused' | 'interrupted';
  readonly rows: number;
  readonly badRows: number;
  /** The bad rows, by their reason. */
  readonly bad: readonly BadRows[];
  /** Events handed to the store, by outcome; an event that it had already has its outcome of then. */
  readonly counts: FeedCounts;
  /** The first events that were refused because their contact has another symbol. */
  readonly refusals: readonly Refusal[];
  /** What the tallies gained by this import; null where the store keeps none. */
  readonly gained: Gain | null;
}

/** Bad rows for the same reason. */
export interface BadRows {
  readonly count: number;
  /** The first of them. */
  readonly first: readonly BadRow[];
}

export interface Gain {
  readonly contacts: number;
  readonly followups: number;
}

/**
 * Imports a file into an open store. A file with bad rows is not taken at all, unless `skipBad`: it is read
 * to its end before the first event is stored.
 *
 * That a contact has two symbols cannot be known without the store, so such rows come to light while the
 * file is imported: the store refuses them, the summary names them, the other rows are taken.
 */
export async function importSource(
  source: Source,
  store: Store,
  options: ImportOptions = {},
): Promise<ImportSummary> {
  const found = new Findings();
  if (options.skipBad !== true) {
    for await (const chunk of source.chunks()) {
      found.note(chunk);
      options.onProgress?.('check', chunk.position, found.rows);
      if (options.interrupted?.aborted) return found.summary('interrupted');
    }
    if (found.badRows > 0) return found.summary('refused');
  }
  const before = await totalsOf(store);
  const imported = new Findings();
  const refusals: Refusal[] = [];
  const feed = new Feed(store, (refusal) => {
    if (refusals.length < NAMED_MAX) refusals.push(refusal);
  });
  const complete = await feedChunks(source, feed, imported, options);
  const after = await totalsOf(store);
  return {
    ...imported.summary(complete ? 'taken' : 'interrupted'),
    counts: feed.counts,
    refusals,
    gained: store.promises.keepsEvents
      ? { contacts: after.contacts - before.contacts, followups: after.followups - before.followups }
      : null,
  };
}

async function feedChunks(
  source: Source,
  feed: Feed,
  found: Findings,
  options: ImportOptions,
): Promise<boolean> {
  for await (const chunk of source.chunks()) {
    if (chunk.bad.length > 0 && options.skipBad !== true) {
      await feed.settle();
      throw new TallyboardError(
        'INPUT_INVALID',
        `what was good when the file was checked is not any more (${describeBadRow(source.place, chunk.bad[0]!)}): import a copy that nobody changes`,
      );
    }
    found.note(chunk);
    const { events, places } = chunk;
    for (let i = 0; i < events.length; i += 1) {
      const room = feed.add(events[i]!, places[i]!);
      if (room === undefined) continue;
      await room;
      if (options.interrupted?.aborted) {
        await feed.settle();
        return false;
      }
    }
    options.onProgress?.('import', chunk.position, found.rows);
    if (options.interrupted?.aborted) {
      await feed.settle();
      return false;
    }
  }
  await feed.end();
  return true;
}

class Findings {
  rows = 0;
  badRows = 0;
  /** By their reasons, of which there are few. */
  readonly #bad = new Map<string, { count: number; readonly first: BadRow[] }>();

  note(chunk: RowChunk): void {
    this.rows += chunk.events.length + chunk.bad.length;
    this.badRows += chunk.bad.length;
    for (const row of chunk.bad) {
      const rows = this.#bad.get(row.reason);
      if (rows === undefined) this.#bad.set(row.reason, { count: 1, first: [row] });
      else {
        rows.count += 1;
        if (rows.first.length < PLACES_MAX) rows.first.push(row);
      }
    }
  }

  summary(result: ImportSummary['result']): ImportSummary {
    const { rows, badRows } = this;
    const counts = { accepted: 0, replays: 0, conflicts: 0 };
    return { result, rows, badRows, bad: [...this.#bad.values()], counts, refusals: [], gained: null };
  }
}

async function totalsOf(store: Store): Promise<Gain> {
  let contacts = 0;
  let followups = 0;
  for (const symbol of SYMBOLS) {
    const tally = whole(await store.tallyOfSymbol(symbol));
    contacts += tally.count;
    followups += tally.followups;
  }
  return { contacts, followups };
}

/** Bad rows in words: `lines 7 ('E'), 9 ('É') and 3 more: the symbol is not one letter a to z`. */
export function describeBadRows(place: Source['place'], { count, first }: BadRows): string {
  const named = first.map((row) => (row.value === undefined ? row.place : `${row.place} (${row.value})`));
  const rest = count - first.length;
  const last = rest === 0 && named.length > 1 ? ` and ${named.pop()}` : '';
  const more = rest === 0 ? last : ` and ${rest.toLocaleString('en-US')} more`;
  return `${place}${count === 1 ? '' : 's'} ${named.join(', ')}${more}: ${first[0]!.reason}`;
}

export function describeBadRow(place: Source['place'], row: BadRow): string {
  return describeBadRows(place, { count: 1, first: [row] });
}

/** A refused event in words. */
export function describeRefusal(place: string, { event, symbol, place: number }: Refusal): string {
  const wanted = event.kind === 'initial' ? event.symbol : '';
  return `${place} ${number}: the contact ${event.uuid} has the symbol ${show(symbol)} already, not ${show(wanted)}`;
}
