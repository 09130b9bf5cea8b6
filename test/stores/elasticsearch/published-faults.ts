import { createServer, type Server } from 'node:http';
import { expect, it } from 'vitest';
import { collect } from '../../../src/contract/conformance/answers.js';
import type { ServerKind } from '../../../src/contract/server-kind.js';
import { whole } from '../../../src/domain/tally.js';
import { MINUTE, SECOND } from '../../../src/domain/time.js';
import { atEnd } from '../../at-end.js';
import { initial, initials } from '../journal/support.js';
import { describeOnServer } from '../shared/engine-tests.js';
import { openStore } from '../shared/support.js';

/** In what published answers to this exercise over Elasticsearch went wrong, a test each. */
export function describePublishedFaults(name: string, missing: string | null, kind: ServerKind): void {
  describeOnServer(`${name}, where others went wrong`, missing, kind, 'prefix', (place) => {
    it('range filter lost: a range keeps its filter, also beside a symbol', async () => {
      const store = await openStore(place.server.freshUrl());
      await store.append(initials(0, 180));
      const { at } = initial(0);
      const rows = await store.talliesOfRange({ lower: at + MINUTE, upper: at + 2 * MINUTE });
      expect(rows.map((row) => whole(row).count)).toEqual(rows.map((_, i) => (i === 4 ? 60 : 0)));
      expect(whole(rows[4]!)).toMatchObject({ earliest: at + MINUTE, latest: at + 2 * MINUTE - SECOND });
      expect(whole(await store.tallyOfSymbol('e')).count).toBe(180);
      await store.close();
    });

    it('ten hits: more are answered with, and more than a page', async () => {
      const store = await openStore(place.server.freshUrl());
      const all = initials(0, 2500);
      for (let from = 0; from < all.length; from += 1000) await store.append(all.slice(from, from + 1000));
      const again = Array.from({ length: 25 }, (_, n) => ({ ...initial(7), id: 10_000 + n }));
      await store.append(again);
      expect((await collect(store.events())).length).toBe(2525);
      expect((await store.lastEvents!(2000)).length).toBe(2000);
      const { events, leftOut } = await store.eventsOfContact!(initial(7).uuid, 20);
      expect([events.length, leftOut]).toEqual([20, 6]);
      await store.close();
    });

    it('first event overwritten: a later one with the same uuid leaves it as it is', async () => {
      const store = await openStore(place.server.freshUrl());
      const first = initial(1);
      await store.append([first]);
      const later = { ...first, id: 2, at: first.at + SECOND, isVowel: false };
      expect(await store.append([later])).toEqual([{ status: 'replayed', isVowel: true }]);
      expect(await collect(store.events())).toEqual([first, { ...later, isVowel: true, replay: true }]);
      expect(whole(await store.tallyOfSymbol('e'))).toMatchObject({ count: 1, latest: first.at });
      await store.close();
    });

    it('followup first: it is kept, and counts when its initial comes', async () => {
      const store = await openStore(place.server.freshUrl());
      const { uuid, at } = initial(1);
      await store.append([{ kind: 'followup', id: 9, uuid, at: at - SECOND, replay: false }]);
      expect([await store.unmatched(), whole(await store.tallyOfSymbol('e')).count]).toEqual([1, 0]);
      await store.append([initial(1)]);
      expect(await store.unmatched()).toBe(0);
      expect(whole(await store.tallyOfSymbol('e'))).toMatchObject({ count: 1, followups: 1 });
      await store.close();
    });

    it('late reads: what is acknowledged is in the next answer, each time', async () => {
      const store = await openStore(place.server.freshUrl());
      for (let n = 0; n < 20; n += 1) {
        await store.append([initial(n)]);
        expect(whole(await store.tallyOfSymbol('e')).count).toBe(n + 1);
        expect((await store.lastEvents!(1))[0]).toEqual(initial(n));
      }
      await store.close();
    });

    it.each([
      ['shards failed', /"failed":0/, '"failed":1'],
      ['it timed out', /"timed_out":false/, '"timed_out":true'],
    ])('part of an answer missing: it is no answer where %s', async (reason, part, instead) => {
      const changing = await startChanging(place.server.port, part, instead);
      const store = await openStore(place.server.freshUrl(changing.port));
      await store.append(initials(0, 30));
      changing.begin();
      await expect(store.tallyOfSymbol('e')).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        cause: { message: expect.stringContaining(reason) },
      });
      await store.close();
    });
  });
}

/** Before a server: changes a part of each answer, once it has begun. */
async function startChanging(target: number, part: RegExp, instead: string) {
  let hasBegun = false;
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const answer = await fetch(`http://127.0.0.1:${target}${request.url}`, {
      method: request.method!,
      headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
      ...(body.length === 0 ? {} : { body }),
    });
    const text = await answer.text();
    response.writeHead(answer.status).end(hasBegun ? text.replace(part, instead) : text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  return {
    port: (server.address() as { port: number }).port,
    begin() {
      hasBegun = true;
    },
  };
}
