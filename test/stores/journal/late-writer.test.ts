import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { DirectoryLock, type Hold, type OpenSegment } from '../../../src/stores/journal/lock.js';
import { encodeSegmentHeader } from '../../../src/stores/journal/log/format.js';
import { frameBefore, type HistoryPoint } from '../../../src/stores/journal/log/history.js';
import { listSegments, segmentPath } from '../../../src/stores/journal/log/segments.js';
import { JournalWriter } from '../../../src/stores/journal/log/writer.js';
import { optionsOf } from '../../../src/stores/journal/options.js';
import {
  aliasOf,
  countOf,
  eventsOf,
  frameOf,
  freshDirectory,
  initials,
  lines,
  logOf,
  openStore,
  removeFrom,
} from './support.js';

// A writer is held up between two of its steps; meanwhile its lock is deleted, and another process has the
// journal. Then it does what it was about to do. What it saw before is played by looks that see nothing.

const SALT = 77;

/** The file of a writer that is there ends with zeros; without them it looks as if it were closed. */
const ZEROS = ['ahead-bytes=100000', 'ahead-bytes=0'];

it.each(ZEROS)(
  'does not answer for what it writes behind the end that the next one found (%s)',
  async (zeros) => {
    const { directory, append, takeOver, held, end } = await writerOf(`${zeros}`);
    for (let i = 0; i < 3; i += 1) await append(10);
    const next = await takeOver();
    await next.append(initials(100, 110));
    held.leavesOut = isOfSegment;
    await expect(append(20)).rejects.toMatchObject({
      code: 'STORE_UNCERTAIN',
      cause: { code: 'STORE_LOCKED' },
    });
    held.leavesOut = undefined;
    await next.append(initials(110, 120));
    await expect(append(10)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await end();
    await next.append(initials(120, 130));
    const whole = [...initials(0, 30), ...initials(100, 130)];
    expect(await eventsOf(next)).toEqual(whole);
    await next.close();
    expect(await logOf(directory)).toEqual(whole);
  },
);

it.each(ZEROS)('does not answer for what the next one may have found (%s)', async (zeros) => {
  const { directory, append, takeOver, held, end } = await writerOf(zeros);
  await append(10);
  held.leavesOut = isOfSegment;
  removeFrom(directory, 'lock');
  await expect(append(10)).rejects.toMatchObject({ code: 'STORE_UNCERTAIN' });
  held.leavesOut = undefined;
  const next = await takeOver();
  expect(await countOf(next)).toBe(20);
  await next.append(initials(100, 110));
  await end();
  await next.close();
  expect(await logOf(directory)).toEqual([...initials(0, 20), ...initials(100, 110)]);
});

it('does not begin the segment that the next one has begun', async () => {
  const { directory, append, takeOver, held, end } = await writerOf('segment-bytes=262200');
  for (let i = 0; i < 2; i += 1) await append(4000);
  const next = await takeOver();
  await next.append(initials(10_000, 10_010));
  held.leavesOut = isOfSegment;
  await expect(append(4000)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  await next.append(initials(10_010, 10_020));
  await end();
  const whole = [...initials(0, 8000), ...initials(10_000, 10_020)];
  expect(await eventsOf(next)).toEqual(whole);
  await next.close();
  expect(await logOf(directory)).toEqual(whole);
});

it('writes nothing into a segment that it began when the lock was gone, and the next one takes its place', async () => {
  const { directory, journal, append, takeOver, held, end } = await writerOf('segment-bytes=262200');
  for (let i = 0; i < 2; i += 1) await append(4000);
  removeFrom(directory, 'lock');
  const path = segmentPath(journal, 0);
  held.leavesOut = (segment) => segment?.path === path;
  await expect(append(4000)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  expect((await listSegments(journal)).length).toBe(2);
  const next = await takeOver();
  await next.append(initials(10_000, 10_010));
  await end();
  await next.close();
  expect((await listSegments(journal)).length).toBe(2);
  expect(await logOf(directory)).toEqual([...initials(0, 8000), ...initials(10_000, 10_010)]);
});

it('is not written over by the next one, where it began a segment after that one had found the end', async () => {
  const { directory, journal, append, first, end } = await writerOf('ahead-bytes=1000');
  await append(10);
  const segments = await listSegments(journal);
  const begun = segmentPath(journal, 10);
  const header = { firstSequence: 10, previousEnd: first.end.offset, salt: SALT, salvaged: false, mark: 0 };
  const next = JournalWriter.resume(segments, first.end, options(''), {
    assertHeld: () => writeFileSync(begun, encodeSegmentHeader(header)),
  });
  await expect(next).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  expect(readFileSync(begun)).toEqual(encodeSegmentHeader(header));
  await end();
  expect(await logOf(directory)).toEqual(initials(0, 10));
});

it.each(ZEROS)('does not start where another one has started since it found the end (%s)', async (zeros) => {
  const { directory, journal, append, first, takeOver, held, end } = await writerOf(zeros);
  await append(10);
  const segments = await listSegments(journal);
  const next = await takeOver();
  await next.append(initials(100, 110));
  const late = JournalWriter.resume(segments, first.end, options(zeros), held);
  await expect(late).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  await next.append(initials(110, 120));
  await end();
  await next.close();
  expect(await logOf(directory)).toEqual([...initials(0, 10), ...initials(100, 120)]);
});

it('makes no file more with every start that follows on a close, and one where there was none', async () => {
  const directory = freshDirectory();
  for (let start = 0; start < 5; start += 1) {
    const store = await openStore(`journal:${directory}`);
    await store.append(initials(start * 10, start * 10 + 10));
    await store.close();
    await (await openStore(`journal:${directory}`)).close();
  }
  expect((await listSegments(join(directory, 'journal'))).length).toBe(1);
  expect(await logOf(directory)).toEqual(initials(0, 50));
});

it('is not taken for another one while it begins a segment', async () => {
  const store = await openStore(`journal:${freshDirectory()}?segment-bytes=262200`);
  const said = new Set<unknown>();
  let writing = true;
  const asking = (async () => {
    for (; writing; await nextTurn()) said.add(store.trouble?.());
  })();
  try {
    for (let i = 0; i < 30; i += 1) await store.append(initials(i * 4000, i * 4000 + 4000));
  } finally {
    writing = false;
    await asking;
    await store.close();
  }
  expect([...said]).toEqual([undefined]);
});

it('knows where in the history it stands, after each start and in each segment', async () => {
  const { journal, append, first, end } = await writerOf('segment-bytes=262200');
  for (let i = 0; i < 3; i += 1) {
    await append(4000);
    await expectPlace(journal, first);
  }
  await end();
  const [query, hold] = [options('segment-bytes=262200'), { assertHeld: () => {} }];
  for (const closed of [true, false]) {
    const segments = await listSegments(journal);
    const before: HistoryPoint = first.end;
    if (!closed) appendFileSync(segments.at(-1)!.path, Buffer.alloc(10));
    const frame = await frameBefore(segments, before);
    const next = await JournalWriter.resume(segments, before, query, hold, frame);
    expect(next.end.frame).toEqual(closed ? before.frame : null);
    await expectPlace(journal, next);
    expect(await frameBefore(await listSegments(journal), before)).toBeDefined();
    await next.close();
  }
});

async function expectPlace(journal: string, { end }: JournalWriter): Promise<void> {
  const segments = await listSegments(journal);
  expect(end.lineage).toBe(segments.at(-1)!.lineage);
  if (end.frame !== null) expect((await frameBefore(segments, end))?.offset).toBe(end.frame.offset);
}

/** A lock at which some looks are left out. */
class Held implements Hold {
  leavesOut: ((segment?: OpenSegment) => boolean) | undefined;
  readonly #lock: Hold;

  constructor(lock: Hold) {
    this.#lock = lock;
  }

  assertHeld(segment?: OpenSegment): void {
    if (this.leavesOut?.(segment) !== true) this.#lock.assertHeld(segment);
  }
}

/** A look at lock and segment, as before a frame is written or a segment is begun. */
function isOfSegment(segment?: OpenSegment): boolean {
  return segment !== undefined;
}

/** A writer of a new journal, and how another one takes it over. */
async function writerOf(query: string) {
  const directory = freshDirectory();
  const journal = join(directory, 'journal');
  mkdirSync(journal);
  const lock = await DirectoryLock.take(directory, lines());
  const held = new Held(lock);
  const first = await JournalWriter.create(journal, SALT, options(query), held);
  return {
    directory,
    journal,
    held,
    first,
    async append(count: number) {
      const { sequence } = first.end;
      const events: ContactEvent[] = initials(sequence, sequence + count);
      await first.append(frameOf(events, sequence, SALT), count);
    },
    takeOver() {
      rmSync(join(directory, 'lock'), { recursive: true, force: true });
      return openStore(`journal:${aliasOf(directory)}?${query}`);
    },
    async end() {
      await first.close();
      await lock.release();
    },
  };
}

function options(query: string) {
  return optionsOf({ text: '', scheme: 'journal', location: '', options: new URLSearchParams(query) });
}
