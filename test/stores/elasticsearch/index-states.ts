import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { askElasticsearch } from '../../../src/bench/servers/elasticsearch.js';
import type { ServerKind } from '../../../src/contract/server-kind.js';
import type { Store } from '../../../src/contract/store.js';
import { countOf, initial, initials } from '../journal/support.js';
import { describeOnServer } from '../shared/engine-tests.js';
import { openStore } from '../shared/support.js';
import { until } from '../shared/until.js';

/** What operators, full disks and other programs make of the indices of a store. */
export function describeIndexStates(name: string, missing: string | null, kind: ServerKind): void {
  describeOnServer(`${name}, whatever becomes of its indices`, missing, kind, 'prefix', (place) => {
    const ask = (method: string, path: string, body?: object) =>
      askElasticsearch(place.server.port, method, path, body && JSON.stringify(body));
    const prefixOf = (url: string) => new URL(url).searchParams.get('prefix')!;

    /** One that soon gives up what is in vain; it is not made that way, which may take longer. */
    async function openHasty(url: string): Promise<Store> {
      await (await openStore(url)).close();
      return openStore(`${url}&timeout-milliseconds=5000`);
    }

    it('takes none for its own that it has not made', async () => {
      const url = place.server.freshUrl();
      await ask('PUT', `/${prefixOf(url)}-contacts`);
      await expect(openStore(url)).rejects.toMatchObject({
        code: 'STORE_FORMAT',
        message: expect.stringContaining('was not made by Tallyboard'),
      });
    });

    it('is told from others by its prefix, and by no path', async () => {
      const url = place.server.freshUrl().replace('?', '/another?');
      await expect(openStore(url)).rejects.toMatchObject({ code: 'STORE_URL_INVALID' });
    });

    it.each(['read_only_allow_delete', 'write'])(
      'refuses events while index.blocks.%s is set, says why, and goes on by itself',
      async (block) => {
        const url = place.server.freshUrl();
        const store = await openHasty(url);
        await store.append(initials(0, 10));
        const set = (value: boolean | null) =>
          ask('PUT', `/${prefixOf(url)}-*/_settings`, { [`index.blocks.${block}`]: value });
        await set(true);
        await expect(store.append(initials(10, 20))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        await until(() => store.trouble!() !== undefined, 'the trouble');
        expect(store.trouble!()).toContain(`takes no events: index.blocks.${block} is set`);
        expect(await countOf(store)).toBe(10);
        await set(null);
        await until(() => store.trouble!() === undefined, 'the end of the trouble');
        await store.append(initials(10, 20));
        expect(await countOf(store)).toBe(20);
        await store.close();
      },
    );

    it('is in trouble while an index is red, and gives no answer of a part', async () => {
      const url = place.server.freshUrl();
      const store = await openHasty(url);
      const index = `/${prefixOf(url)}-contacts`;
      const [found] = Object.values((await ask('GET', `${index}/_mapping`)) as Record<string, object>);
      await ask('DELETE', index);
      // As one is of which no node that is there has a copy.
      const nowhere = { 'index.routing.allocation.require._name': 'nobody' };
      await ask('PUT', `${index}?wait_for_active_shards=0`, { ...found, settings: nowhere });
      await until(() => String(store.trouble!()).includes('red'), 'the trouble');
      await expect(countOf(store)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await expect(store.append(initials(0, 10))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await ask('PUT', `${index}/_settings`, { 'index.routing.allocation.require._name': null });
      await until(() => store.trouble!() === undefined, 'the end of the trouble');
      await store.append(initials(0, 10));
      expect(await countOf(store)).toBe(10);
      await store.close();
    });

    it('is in trouble where an index was deleted, and does not make it of what comes next', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      await store.append(initials(0, 10));
      await ask('DELETE', `/${prefixOf(url)}-contacts`);
      await expect(store.append(initials(10, 20))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await until(() => String(store.trouble!()).includes('no such index'), 'the trouble');
      await store.close();
    });

    // A get shows what is not synced yet, so an answer could rest on what a cut of power takes away.
    it('has what a repeated event rests on synced before it is acknowledged again', async () => {
      const url = place.server.freshUrl();
      const [one, other] = [await openStore(url), await openStore(url)];
      const first = initial(1);
      const replay = { ...first, id: 2, at: first.at + 1 };
      await one.append([first, replay]);
      const writesTo = async (index: string) => {
        const { indices } = (await ask('GET', `/${prefixOf(url)}-${index}/_stats?level=shards`)) as {
          indices: Record<string, { shards: Record<string, { seq_no: { max_seq_no: number } }[]> }>;
        };
        return Object.values(indices)[0]!.shards['0']![0]!.seq_no.max_seq_no;
      };
      const before = { contacts: await writesTo('contacts'), replays: await writesTo('replays') };
      expect(await other.append([first])).toEqual([{ status: 'accepted', isVowel: true }]);
      expect(await writesTo('contacts')).toBeGreaterThan(before.contacts);
      expect(await writesTo('replays')).toBe(before.replays);
      expect(await other.append([replay])).toEqual([{ status: 'replayed', isVowel: true }]);
      expect(await writesTo('replays')).toBeGreaterThan(before.replays);
      expect([await countOf(one), await one.replays!()]).toEqual([1, 1]);
      await one.close();
      await other.close();
    });

    // As a primary that fails before it has synced what it shows.
    it('takes again what was lost between its reading and the answer that rests on it', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      const first = initial(1);
      const replay = { ...first, id: 2, at: first.at + 1 };
      let lost: string | undefined;
      const between = createServer(async (request, response) => {
        const { port } = place.server;
        const answer = await askThrough(port, request);
        const path = lost;
        if (path !== undefined && request.url!.endsWith(path.replace(/_doc.*/, '_mget'))) {
          lost = undefined;
          await askElasticsearch(port, 'DELETE', path);
        }
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      }).listen(0, '127.0.0.1');
      await once(between, 'listening');
      const { port } = between.address() as AddressInfo;
      const other = await openStore(url.replace(String(place.server.port), String(port)));
      await store.append([first, replay]);
      lost = `/${prefixOf(url)}-replays/_doc/${first.uuid}:2`;
      expect(await other.append([replay])).toEqual([{ status: 'replayed', isVowel: true }]);
      expect([lost, await countOf(store), await store.replays!()]).toEqual([undefined, 1, 1]);
      lost = `/${prefixOf(url)}-contacts/_doc/${first.uuid}`;
      expect(await other.append([first])).toEqual([{ status: 'accepted', isVowel: true }]);
      expect([lost, await countOf(store), await store.replays!()]).toEqual([undefined, 1, 1]);
      await store.close();
      await other.close();
      between.close();
    });

    it('finds what is kept, however much was forgotten', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      await store.keepDocument!('note', 'first', '1');
      await store.keepDocument!('note', 'first', null);
      const forgotten = Array.from({ length: 6000 }, (_, n) => `{"index":{"_id":"note:${n}"}}\n{}\n`);
      const path = `/${prefixOf(url)}-notes/_bulk?refresh=true`;
      await askElasticsearch(place.server.port, 'POST', path, forgotten.join(''));
      await store.keepDocument!('note', 'last', '2');
      expect([...(await store.documents!('note'))]).toEqual([['last', '2']]);
      await store.close();
    });
  });
}

/** Hands a request on to the server. */
async function askThrough(port: number, request: IncomingMessage): Promise<Response> {
  const { method = 'GET', url, headers } = request;
  const body = await text(request);
  return fetch(`http://127.0.0.1:${port}${url}`, {
    method,
    headers: { 'content-type': headers['content-type'] ?? 'application/json' },
    ...(body !== '' && { body }),
  });
}
