import type { ContactEvent } from '../../domain/contact.js';

const CHUNK_EVENTS = 512;

/** A run of events in time order, as it is read. */
interface Run {
  readonly chunks: AsyncIterator<readonly ContactEvent[]>;
  readonly rank: number;
  events: readonly ContactEvent[];
  next: number;
}

/**
 * Merges runs of events, each in time order, into one; of the same instant those of an earlier run come
 * first. No more than a chunk of each run is held.
 */
export async function* mergeRuns(
  sources: readonly AsyncIterable<readonly ContactEvent[]>[],
): AsyncGenerator<ContactEvent> {
  const runs = sources.map((source, rank): Run => {
    return { chunks: source[Symbol.asyncIterator](), rank, events: [], next: 0 };
  });
  try {
    const heap: Run[] = [];
    for (const run of runs) if (await load(run)) heap.push(run);
    for (let i = heap.length >> 1; i >= 0; i -= 1) sink(heap, i);
    while (heap.length > 0) {
      const run = heap[0]!;
      yield run.events[run.next]!;
      run.next += 1;
      if (run.next >= run.events.length && !(await load(run))) {
        const last = heap.pop()!;
        if (heap.length > 0) heap[0] = last;
      }
      sink(heap, 0);
    }
  } finally {
    // Whoever reads may stop before the end; files are open until they are told.
    for (const { chunks } of runs) await chunks.return?.();
  }
}

/** Events in chunks, as a merge wants them. */
export async function* chunked(
  events: AsyncIterable<ContactEvent>,
  eventsMax = CHUNK_EVENTS,
): AsyncGenerator<readonly ContactEvent[]> {
  let chunk: ContactEvent[] = [];
  for await (const event of events) {
    chunk.push(event);
    if (chunk.length < eventsMax) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

async function load(run: Run): Promise<boolean> {
  run.next = 0;
  do {
    const { done, value } = await run.chunks.next();
    if (done === true) return false;
    run.events = value;
  } while (run.events.length === 0);
  return true;
}

function sink(heap: Run[], start: number): void {
  for (let parent = start; ; ) {
    const left = 2 * parent + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const child = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left;
    if (!isBefore(heap[child]!, heap[parent]!)) return;
    [heap[parent], heap[child]] = [heap[child]!, heap[parent]!];
    parent = child;
  }
}

function isBefore(a: Run, b: Run): boolean {
  const [at, other] = [a.events[a.next]!.at, b.events[b.next]!.at];
  return at < other || (at === other && a.rank < b.rank);
}
