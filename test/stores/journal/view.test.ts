import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Store, StoreView } from '../../../src/contract/store.js';
import { createView } from '../../../src/stores/index.js';
import { contactKey } from '../../../src/stores/journal/projection/keys.js';
import { type VerifySummary, verifyStore } from '../../../src/transfer/verify/verify.js';
import { until } from '../shared/until.js';
import { changeProjection, runFiles } from './projection-files.js';
import { countOf, eventsOf, flip, freshDirectory, initial, initials, lines, openStore } from './support.js';

const OPTIONS = { ranges: 10, random: () => 0.5 };

async function openView(directory: string): Promise<StoreView> {
  const view = await createView(`journal:${directory}`, { log: lines() });
  await view!.open();
  return view!;
}

/** What a view finds that is opened and closed for it. */
async function verified(directory: string): Promise<VerifySummary> {
  const view = await openView(directory);
  try {
    return await verifyStore(view, OPTIONS);
  } finally {
    await view.close();
  }
}

/** Appends events twenty at a time, with a checkpoint after each, so that runs are merged meanwhile. */
async function fill(store: Store, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 20) await store.append(initials(n, n + 20));
}

async function untilCheckpoint(directory: string, events: number): Promise<void> {
  await until(async () => {
    const view = await openView(directory);
    const at = view.moment!.events;
    await view.close();
    return at === events;
  }, 'a checkpoint');
}

it('speaks of one event in the singular', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await store.append([initial(0)]);
  await store.close();
  const view = await openView(directory);
  expect(view.moment!.text).toBe('with its first event, at its last checkpoint');
  await view.close();
});

it('is of one moment, whatever is logged and merged meanwhile', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}?checkpoint-contacts=1&segment-bytes=270000`);
  await fill(store, 0, 200);
  await untilCheckpoint(directory, 200);
  const view = await openView(directory);
  const before = await runFiles(directory);
  // A replay, a followup of before, and enough for many checkpoints and segments.
  await store.append([
    { ...initial(3), id: 90_000 },
    { kind: 'followup', id: 90_001, uuid: initial(4).uuid, at: initial(5000).at, replay: false },
  ]);
  await fill(store, 200, 2000);
  await until(async () => (await runFiles(directory)).every((file) => !before.includes(file)), 'merges');

  expect(view.moment).toEqual({ text: 'with its first 200 events, at its last checkpoint', events: 200 });
  const summary = await verifyStore(view, OPTIONS);
  expect(summary).toMatchObject({ complete: true, changed: false, events: 200, contacts: 200 });
  expect(summary).toMatchObject({ differences: [], compared: { contact: 200 } });
  expect(await eventsOf(view)).toEqual(initials(0, 200));
  await view.recordVerification!({ at: initial(0).at, events: 200, contacts: 200, differences: 0 });
  await view.close();

  expect(await store.verification!()).toMatchObject({ events: 200, differences: 0 });
  await untilCheckpoint(directory, 2002);
  expect(await verified(directory)).toMatchObject({ events: 2002, contacts: 2000, differences: [] });
  // The writer was not disturbed, and a start keeps what was recorded.
  expect(await countOf(store)).toBe(2000);
  await store.close();
  const again = await openStore(`journal:${directory}`);
  expect(await again.verification!()).toMatchObject({ events: 200 });
  await again.close();
});

it('finds a wrong contact, and tells of damage what to do', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await fill(store, 0, 2000);
  await store.close();
  expect((await verified(directory)).differencesTotal).toBe(0);
  await changeProjection(directory, (rows) => {
    rows.get(contactKey(initial(7).uuid))[0]! ^= 0x20;
  });
  expect((await verified(directory)).differences.map(({ what }) => what)).toEqual([
    `the contact ${initial(7).uuid}`,
  ]);
  const [run] = await runFiles(directory);
  await flip(run!, 100);
  await expect(verified(directory)).rejects.toMatchObject({
    code: 'STORE_DAMAGED',
    message: expect.stringContaining(`stop the server, delete it`),
  });
});

it('is empty before the first event, and refused where there are events and no checkpoint', async () => {
  const directory = freshDirectory();
  await expect(openView(directory)).rejects.toMatchObject({ message: expect.stringContaining('no journal') });
  const store = await openStore(`journal:${directory}`);
  expect(await verified(directory)).toMatchObject({ events: 0, complete: true, differences: [] });
  await fill(store, 0, 20);
  await store.close();
  await rm(join(directory, 'projection'), { recursive: true });
  await expect(openView(directory)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

it('is refused where the projection follows from another history', async () => {
  const [directory, other] = [freshDirectory(), freshDirectory()];
  for (const [place, count] of [
    [directory, 20],
    [other, 40],
  ] as const) {
    const store = await openStore(`journal:${place}`);
    await fill(store, 0, count);
    await store.close();
  }
  await rm(join(directory, 'projection'), { recursive: true });
  await cp(join(other, 'projection'), join(directory, 'projection'), { recursive: true });
  await expect(openView(directory)).rejects.toMatchObject({
    code: 'STORE_DAMAGED',
    message: expect.stringContaining('does not follow from this journal'),
  });
});
