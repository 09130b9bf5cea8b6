import type { EventSource, Store } from '../contract/store.js';
import { DOCUMENT_KINDS } from '../contract/store-page.js';
import { Feed, type FeedCounts, type Refusal } from './feed.js';
import { NAMED_MAX } from './import.js';

export interface CopyOptions {
  readonly interrupted?: AbortSignal;
  /** Called now and then with the number of events read. */
  readonly onProgress?: (events: number) => void;
}

export interface CopySummary {
  readonly complete: boolean;
  readonly events: number;
  readonly counts: FeedCounts;
  readonly refusals: readonly Refusal[];
}

const PROGRESS_EVENTS = 1024;

/** Whether a store has any event. */
export async function hasEvents(source: Pick<EventSource, 'events'>): Promise<boolean> {
  for await (const _ of source.events()) return true;
  return false;
}

/**
 * Hands the notes and shared links of one open store to another, in place of those of the same names; answers with
 * how many there are, and whether the other keeps them.
 */
export async function copyDocuments(
  from: Pick<EventSource, 'documents'>,
  to: Store,
): Promise<{ readonly count: number; readonly isKept: boolean }> {
  let count = 0;
  for (const kind of DOCUMENT_KINDS) {
    for (const [name, text] of (await from.documents?.(kind)) ?? []) {
      count += 1;
      await to.keepDocument?.(kind, name, text);
    }
  }
  return { count, isKept: to.keepDocument !== undefined };
}

/**
 * Hands every raw event of one open store to another, with its id: a copy that is run again, after an
 * interruption or not, stores nothing twice where the target recognises replays.
 */
export async function copyEvents(
  from: Pick<EventSource, 'events'>,
  to: Store,
  options: CopyOptions = {},
): Promise<CopySummary> {
  const refusals: Refusal[] = [];
  const feed = new Feed(to, (refusal) => {
    if (refusals.length < NAMED_MAX) refusals.push(refusal);
  });
  let events = 0;
  for await (const event of from.events()) {
    events += 1;
    const room = feed.add(event, events);
    if (room !== undefined) await room;
    if (room === undefined && events % PROGRESS_EVENTS !== 0) continue;
    options.onProgress?.(events);
    if (options.interrupted?.aborted) {
      await feed.settle();
      return { complete: false, events, counts: feed.counts, refusals };
    }
  }
  await feed.end();
  return { complete: true, events, counts: feed.counts, refusals };
}
