import { cpSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../src/contract/store.js';
import { INSTANT_MAX, INSTANT_MIN } from '../../../src/domain/time.js';
import { temporaryFolder } from '../../transfer/support.js';
import { eventsOf, initials, lines } from '../journal/support.js';
import type { Place } from '../shared/engine-tests.js';
import { openStore } from '../shared/support.js';
import { until } from '../shared/until.js';
import { foldersOf, leaveMessage, makeQueue, onQueue, rabbitmqctl } from './server.js';

/** What a log is held to that servers fold, each for itself. */
export function describeLog(place: Place): void {
  describe('its folders', () => {
    it('are made again where they are gone, equal to before', async () => {
      const url = await filled(place, 300);
      const before = await answersOf(url);
      rmSync(foldersOf(url), { recursive: true });
      expect(await answersOf(url)).toEqual(before);
      expect(before.events).toHaveLength(300);
    });

    it('are one for each store of a machine, and the first that is free', async () => {
      const url = place.server.freshUrl();
      const stores = [await openStore(url), await openStore(url)];
      await stores[0]!.append(initials(0, 5));
      await until(async () => (await eventsOf(stores[1]!)).length === 5, 'the second store');
      expect(readdirSync(foldersOf(url))).toEqual(['0', '1']);
      await stores[0]!.close();
      await (await openStore(url)).close();
      expect(readdirSync(foldersOf(url))).toEqual(['0', '1']);
      await stores[1]!.close();
    });

    it.each([
      ['with a checkpoint that is older than they are', () => {}],
      ['without a checkpoint', (folder: string) => rmSync(join(folder, 'checkpoint.json'))],
    ])('go on after a crash, %s', async (_, change) => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      // The last checkpoint is that of the opening.
      await store.append(initials(0, 40));
      await store.append(initials(20, 60));
      const crashed = await crashedCopy(url);
      await store.append(initials(40, 80));
      const right = await answersOf(store);
      await store.close();
      change(join(foldersOf(crashed), '0'));
      expect(await answersOf(crashed)).toEqual(right);
      expect(right.events).toHaveLength(80);
    });

    it('are folded from the beginning where their journal is older than their checkpoint', async () => {
      const url = await filled(place, 30);
      const old = await crashedCopy(url);
      await filled(place, 60, url);
      const right = await answersOf(url);
      const [folder, older] = [join(foldersOf(url), '0'), join(foldersOf(old), '0')];
      for (const part of ['journal', 'projection']) {
        rmSync(join(folder, part), { recursive: true });
        cpSync(join(older, part), join(folder, part), { recursive: true });
      }
      expect(await answersOf(url)).toEqual(right);
      expect(right.events).toHaveLength(60);
    });

    it('are not written by two servers, though one is deleted while a server has it', async () => {
      const url = await filled(place, 20);
      const one = await openStore(url);
      // The server may put a file there meanwhile.
      await rm(join(foldersOf(url), '0'), { recursive: true, maxRetries: 20, retryDelay: 50 });
      const other = await openStore(url);
      await other.append(initials(20, 30));
      await until(() => one.trouble!() !== undefined, 'the trouble');
      const refused = { code: expect.stringMatching(/STORE_(UNAVAILABLE|LOCKED)/) };
      await expect(one.append(initials(30, 40))).rejects.toMatchObject(refused);
      await one.close();
      await other.append(initials(40, 50));
      const right = await answersOf(other);
      await other.close();
      expect(await answersOf(url)).toEqual(right);
      expect(right.events).toHaveLength(40);
    });

    it.each([
      ['is gone', 'STORE_UNAVAILABLE', 'is gone', async () => {}],
      ['was made anew', 'STORE_DAMAGED', 'ends at offset 0', (url: string) => makeQueue(url)],
      [
        'has gone another way',
        'STORE_DAMAGED',
        'has another message',
        async (url: string) => filled(place, 30, await elsewhere(url)),
      ],
    ])('are not taken for those of a log that %s', async (_, code, message, change) => {
      const url = await filled(place, 20);
      await onQueue(url, (channel, queue) => channel.deleteQueue(queue));
      await change(url);
      const refused = { code, message: expect.stringContaining(message) };
      await expect(openStore(url)).rejects.toMatchObject(refused);
    });

    it('have nothing that is not in the log, though no checkpoint says so', async () => {
      const url = await filled(place, 20);
      rmSync(join(foldersOf(url), '0', 'checkpoint.json'));
      await onQueue(url, (channel, queue) => channel.deleteQueue(queue));
      await filled(place, 10, await elsewhere(url));
      await expect(openStore(url)).rejects.toMatchObject({ message: expect.stringContaining('last event') });
    });
  });

  describe('its log', () => {
    it('is no queue that drops messages, and no other kind of queue', async () => {
      for (const more of [
        { 'x-max-age': '7D' },
        { 'x-queue-type': 'classic' },
        { 'x-queue-type': 'quorum' },
      ]) {
        const url = place.server.freshUrl();
        await makeQueue(url, more);
        await expect(openStore(url)).rejects.toMatchObject({ message: expect.stringContaining('keeps all') });
      }
    });

    it('is whole over many segments, and refused to new folders once a policy has dropped the first', async () => {
      const url = place.server.freshUrl();
      const queue = new URL(url).searchParams.get('queue')!;
      const setPolicy = (policy: object) =>
        rabbitmqctl(url, 'set_policy', '--apply-to', 'queues', queue, `^${queue}$`, JSON.stringify(policy));
      const segments = { 'stream-max-segment-size-bytes': 10_000 };
      await setPolicy(segments);
      const right = await answersOf(await filled(place, 1000, url));
      expect(right.events).toHaveLength(1000);
      expect(await answersOf(await elsewhere(url))).toEqual(right);
      await setPolicy({ ...segments, 'max-length-bytes': 20_000 });
      const isDropped = async () => {
        const store = await openStore(url);
        const warnings = store.warnings!();
        await store.close();
        return warnings.some((warning) => warning.includes('has dropped the log before offset'));
      };
      await until(isDropped, 'the retention');
      const log = lines();
      const running = await openStore(url, log);
      const told = () => log.lines.filter(({ message }) => message.includes('has dropped the log')).length;
      expect(told()).toBe(1);
      await rabbitmqctl(url, 'close_all_connections', 'a test');
      await until(() => told() === 2, 'the warning of one that joined again');
      await running.close();
      expect(await answersOf(url)).toEqual(right);
      const refused = { code: 'STORE_DAMAGED', message: expect.stringContaining('begins at offset') };
      await expect(openStore(await elsewhere(url))).rejects.toMatchObject(refused);
    });

    it('is refused by a server that runs, once messages are dropped that it has not folded', async () => {
      const url = place.server.freshUrl();
      const queue = new URL(url).searchParams.get('queue')!;
      const policy = JSON.stringify({ 'stream-max-segment-size-bytes': 1000, 'max-length-bytes': 1000 });
      await rabbitmqctl(url, 'set_policy', '--apply-to', 'queues', queue, `^${queue}$`, policy);
      const store = await openStore(url);
      let taken = 0;
      const takeAll = async () => {
        for (; ; taken += 10) await store.append(initials(taken, taken + 10));
      };
      await expect(takeAll()).rejects.toMatchObject({ code: expect.stringMatching(/UNCERTAIN|UNAVAILABLE/) });
      expect(store.trouble!()).toMatch(/has dropped what was before offset|begins at offset/);
      expect((await eventsOf(store)).length).toBeGreaterThanOrEqual(taken);
      await store.close();
    });

    it('is refused from a message on that cannot be read, and what came before it is counted', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      await store.append(initials(0, 5));
      await leaveMessage(url, { contentType: 'text/plain' }, 'hello');
      await until(() => store.trouble!() !== undefined, 'the trouble');
      expect(store.trouble!()).toContain('was not written by Tallyboard');
      await expect(store.append(initials(5, 6))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(await eventsOf(store)).toHaveLength(5);
      await store.close();
      await expect(openStore(url)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    });

    it('is not made again while a server runs that has folded it', async () => {
      const url = place.server.freshUrl();
      const store = await openStore(url);
      await store.append(initials(0, 5));
      await onQueue(url, (channel, queue) => channel.deleteQueue(queue));
      await until(() => String(store.trouble!()).includes('is gone'), 'the trouble');
      await store.close();
      await expect(onQueue(url, (channel, queue) => channel.checkQueue(queue))).rejects.toThrow('NOT_FOUND');
    });

    it('carries the last verification to all servers', async () => {
      const url = place.server.freshUrl();
      const stores = [await openStore(url), await openStore(url)];
      const verification = { at: 1_700_000_000_000_000, events: 1, contacts: 1, differences: 0 };
      await stores[0]!.recordVerification!(verification);
      await until(async () => (await stores[1]!.verification!()) !== null, 'the verification');
      expect(await stores[1]!.verification!()).toEqual(verification);
      for (const store of stores) await store.close();
    });

    it.each([3, 4, 5, 6, 7])('is opened though a connection is cut in the place of answer %i', async (n) => {
      const url = place.server.freshUrl(place.proxy.port);
      await (await openStore(url)).close();
      const cutsBefore = place.proxy.cuts;
      place.proxy.cutAtReply(n);
      const store = await openStore(url);
      expect(place.proxy.cuts).toBe(cutsBefore + 1);
      expect(await store.append(initials(0, 5))).toHaveLength(5);
      await store.close();
    });

    it('is not opened while the broker is away', async () => {
      const url = `amqp://127.0.0.1:1?data=${await temporaryFolder()}`;
      await expect(openStore(url)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });
  });
}

/** The URL of a new log, or the given one, with so many events. */
async function filled({ server }: Place, events: number, url = server.freshUrl()): Promise<string> {
  const store = await openStore(url);
  for (let from = 0; from < events; from += 10) await store.append(initials(from, from + 10));
  await store.close();
  return url;
}

/** What a store answers, and its raw events. */
async function answersOf(from: Store | string) {
  const store = typeof from === 'string' ? await openStore(from) : from;
  const answers = {
    events: await eventsOf(store),
    tallies: await store.talliesOfRange({ lower: INSTANT_MIN, upper: INSTANT_MAX }),
    replays: await store.replays!(),
  };
  if (typeof from === 'string') await store.close();
  return answers;
}

/** The URL of the same log, with other folders. */
async function elsewhere(url: string): Promise<string> {
  const other = new URL(url);
  other.searchParams.set('data', await temporaryFolder());
  return other.href;
}

/** The same, with the folders as a crash would leave them now. */
async function crashedCopy(url: string): Promise<string> {
  const copy = await elsewhere(url);
  cpSync(foldersOf(url), foldersOf(copy), { recursive: true });
  return copy;
}
