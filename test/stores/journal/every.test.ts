import { expect, it } from 'vitest';
import { collect } from '../../../src/contract/conformance/answers.js';
import type { Store } from '../../../src/contract/store.js';
import type { Contact, ContactEvent } from '../../../src/domain/contact.js';
import { contactKey } from '../../../src/stores/journal/projection/keys.js';
import { verifyStore } from '../../../src/transfer/verify/verify.js';
import { until } from '../shared/until.js';
import { changeProjection, runFiles } from './projection-files.js';
import { eventsOf, flip, freshDirectory, initial, initials, openStore, segmentFiles } from './support.js';

const OPTIONS = { ranges: 5, random: () => 0.5 };

function followup(n: number): ContactEvent {
  const { uuid, at } = initial(n);
  return { kind: 'followup', id: n + 100_000, uuid, at: at + 1, replay: false };
}

async function told(store: Store): Promise<Contact[]> {
  return (await collect(store.everyContact!())).flat();
}

it('tells what no checkpoint has yet, and what is newest first', async () => {
  // Nothing but what is asked for writes a checkpoint.
  const store = await openStore(`journal:${freshDirectory()}?checkpoint-milliseconds=1000000`);
  await store.append(initials(0, 3000));
  expect(await told(store)).toHaveLength(3000);
  await store.append([followup(7), followup(5000)]);
  const contacts = await told(store);
  expect(new Set(contacts.map(({ uuid }) => uuid)).size).toBe(3001);
  const followed = contacts.find(({ uuid }) => uuid === initial(7).uuid);
  expect(followed).toMatchObject({ initial: { symbol: 'e' }, followupAt: followup(7).at });
  expect(contacts.find(({ uuid }) => uuid === initial(5000).uuid)).toMatchObject({ initial: null });
  expect(await verifyStore(store, OPTIONS)).toMatchObject({ events: 3002, differences: [] });
  await store.close();
});

it('makes the projection again where a run is damaged', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await store.append(initials(0, 3000));
  await store.close();
  const [run] = await runFiles(directory);
  await flip(run!, 100);
  const again = await openStore(`journal:${directory}`);
  await expect(told(again)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  const tellsAll = () =>
    told(again).then(
      (contacts) => contacts.length === 3000,
      () => false,
    );
  await until(tellsAll, 'the projection');
  await again.close();
});

it('shows verify a contact of which no event speaks', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await store.append(initials(0, 20));
  await store.close();
  await changeProjection(directory, (rows) => {
    rows.add(contactKey(initial(99).uuid), rows.get(contactKey(initial(7).uuid)));
  });
  const changed = await openStore(`journal:${directory}`);
  const { differences } = await verifyStore(changed, OPTIONS);
  expect(differences.map(({ what }) => what)).toEqual([`the contact ${initial(99).uuid}`]);
  await changed.close();
});

it('hands on as they were logged the events that it answers with in time order', async () => {
  const store = await openStore(`journal:${freshDirectory()}?segment-bytes=270000`);
  const batches = Array.from({ length: 40 }, (_, i) => initials(i * 300, i * 300 + 300)).reverse();
  for (const batch of batches) await store.append(batch);
  const events: ContactEvent[] = [];
  let more: Promise<unknown> | undefined;
  for await (const some of store.everyEvent!()) {
    events.push(...some);
    // What comes while it is read is not in it.
    more ??= store.append([initial(90_000)]);
  }
  expect(events).toEqual(batches.flat());
  await more;
  expect(await eventsOf(store)).toEqual([...batches.toReversed().flat(), initial(90_000)]);
  await store.close();
});

it('says where the journal ends too early', async () => {
  const directory = freshDirectory();
  const store = await openStore(`journal:${directory}`);
  await store.append(initials(0, 3000));
  await store.append(initials(3000, 3001));
  const [segment] = await segmentFiles(directory);
  await flip(segment!, 100);
  await expect(verifyStore(store, OPTIONS)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  await store.close();
});
