import { describe, expect, it } from 'vitest';
import { Model } from '../../../src/contract/model.js';
import type { ContactEvent } from '../../../src/domain/contact.js';
import { DAY } from '../../../src/domain/time.js';
import { moves, REST_MILLISECONDS } from '../../../src/faults/index.js';
import { type Load, startLoad } from '../../../src/faults/load.js';
import { findLosses, findWrongReplays, verify } from '../../faults/check.js';
import { startServerProcess } from '../../faults/server-process.js';
import { connectLive } from '../../http/live-client.js';
import { initials } from '../journal/support.js';
import { nameOf, openStore } from '../shared/support.js';
import { expectAllThatWasSent } from '../shared/trial.js';
import { until } from '../shared/until.js';
import { REDIS_MISSING } from './servers.js';
import { freshPrefix, sharedCluster } from './support.js';

const storeUrl = async () => `redis+cluster://${await sharedCluster()}?prefix=${freshPrefix()}`;

describe.skipIf(REDIS_MISSING !== null)(nameOf('several writers on a Cluster', REDIS_MISSING), () => {
  it('agree with what clients sent to both of them, as simulate --check sees it', async () => {
    await expectAllThatWasSent(await storeUrl(), 2000);
  });

  it('show each other’s events on their pages, and find a contact’s story whoever took it', async () => {
    const store = await storeUrl();
    const [first, second] = [await startServerProcess(store), await startServerProcess(store)];
    const live = await connectLive(first.url);
    await live.waitFor(1);
    const uuids = initials(0, 20).map(({ uuid }) => uuid);
    for (const [i, uuid] of uuids.entries()) {
      const { url } = i % 4 === 0 ? first : second;
      const reply = await fetch(`${url}/initial?uuid=${uuid}&symbol=e`, { method: 'POST' });
      expect(reply.status).toBe(200);
    }
    // As the page has it: a message that does not say how many were missed begins the list anew.
    const listed = () => {
      const messages = live.received.map(({ message }) => message);
      const first = messages.findLastIndex(({ missed }) => missed === null);
      return messages.slice(first).flatMap(({ events }) => events.map((event) => event.uuid));
    };
    // After totals that were slow to read, the server rests for twenty times as long.
    await until(() => listed().length >= 20, 'the events of both servers');
    expect(listed().toSorted()).toEqual(uuids.toSorted());
    const story = await (await fetch(`${first.url}/events/${uuids[1]}`)).json();
    expect(story).toMatchObject({ events: [{ url: 'initial', symbol: 'e' }], leftOut: 0 });
    live.close();
    for (const server of [first, second]) await server.end('SIGTERM');
  });

  it('lose and double nothing when one of them is killed', async () => {
    const store = await storeUrl();
    const [first, second] = [await startServerProcess(store), await startServerProcess(store)];
    const loads = [first, second].map(({ url }) => startLoad(url, REST_MILLISECONDS)) as [Load, Load];
    await Promise.all(loads.map((load) => moves(load)));
    await first.end('SIGKILL');
    await moves(loads[1]);
    for (const load of loads) {
      await load.stop();
      expect(load.wrongReplays).toEqual([]);
      expect(await findLosses(store, load.snapshot())).toEqual([]);
    }
    expect(await second.end('SIGTERM')).toBe(0);
    expect(await verify(store)).toBeUndefined();
    expect(await findWrongReplays(store, loads[0].snapshot())).toEqual([]);
  });

  it('of the same contacts at the same time agree on one initial each', async () => {
    const store = await storeUrl();
    const writers = await Promise.all(Array.from({ length: 4 }, () => openStore(store)));
    const batch = initials(0, 400);
    // The same requests by way of each writer, with event ids of their own, as clients that retry send them.
    const outcomes = await Promise.all(
      writers.map((writer, w) => writer.append(batch.map((event) => ({ ...event, id: event.id + w * 1e6 })))),
    );
    for (const i of batch.keys()) {
      const accepted = outcomes.filter((list) => list[i]!.status === 'accepted');
      expect(accepted).toHaveLength(1);
    }
    const range = { lower: batch[0]!.at, upper: batch[0]!.at + DAY };
    for (const writer of writers) expect((await writer.talliesOfRange(range))[4]!.vowel.count).toBe(400);
    for (const writer of writers) await writer.close();
    expect(await verify(store)).toBeUndefined();
  });

  it('that send a batch again, in parts and by another writer, log nothing twice', async () => {
    const store = await storeUrl();
    const [first, second] = [await openStore(store), await openStore(store)];
    const model = new Model();
    const batch: ContactEvent[] = initials(0, 300).flatMap((event) => [
      event,
      { kind: 'followup', id: event.id + 1e6, uuid: event.uuid, at: event.at + 5, replay: false },
      { ...event, id: event.id + 2e6 },
    ]);
    const expected = await model.append(batch);
    expect(await first.append(batch.slice(0, 500))).toEqual(expected.slice(0, 500));
    expect(await second.append(batch)).toEqual(expected);
    expect(await first.append(batch)).toEqual(expected);
    expect(await second.tallyOfSymbol('e')).toEqual(await model.tallyOfSymbol('e'));
    let events = 0;
    for await (const _ of first.events()) events += 1;
    expect(events).toBe(900);
    await first.close();
    await second.close();
  });
});
