import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { describe as describeError } from '../../../src/contract/errors.js';
import { SECOND } from '../../../src/domain/time.js';
import { countOf, eventsOf, initials } from '../journal/support.js';
import { describeDocumentEngine } from '../shared/document-tests.js';
import { describeOnServer } from '../shared/engine-tests.js';
import { openStore } from '../shared/support.js';
import { until } from '../shared/until.js';
import { type Answering, startAnswering } from './answering.js';
import { MONGODB_MISSING, MONGODB_NAME, mongodb } from './server.js';

const server = mongodb();

/** More than the driver needs to watch a server, to write, and to sum four ranges at a time. */
const SOCKETS_MAX = 10;

describeDocumentEngine(MONGODB_NAME, MONGODB_MISSING, server, 'prefix');

describeOnServer(`${MONGODB_NAME}, by its connections`, MONGODB_MISSING, server, 'prefix', (place) => {
  it('sums few ranges at a time, however many are asked for', async () => {
    const open = new Set<Socket>();
    let most = 0;
    const onSocket = (message: unknown) => {
      const { socket } = message as { readonly socket: Socket };
      socket.once('connect', () => {
        if (socket.remotePort === place.server.port) open.add(socket);
        most = Math.max(most, open.size);
      });
      socket.once('close', () => open.delete(socket));
    };
    subscribe('net.client.socket', onSocket);
    const store = await openStore(place.server.freshUrl());
    try {
      await store.append(initials(0, 1000));
      const { at } = initials(0, 1)[0]!;
      const range = { lower: at, upper: at + 1000 * SECOND };
      const answers = await Promise.all(Array.from({ length: 64 }, () => store.talliesOfRange(range)));
      expect(answers.map((rows) => rows[4]!.vowel.count)).toEqual(answers.map(() => 1000));
      // The driver has a connection for each question that is under way.
      expect(most).toBeLessThanOrEqual(SOCKETS_MAX);
    } finally {
      unsubscribe('net.client.socket', onSocket);
      await store.close();
    }
  });

  // The driver waits for such a one without end, and its monitor of the server does.
  it('goes on by itself where they end before anything is sent on them', async () => {
    const sockets = new Set<Socket>();
    let isEnding = false;
    const onSocket = (message: unknown) => {
      const { socket } = message as { readonly socket: Socket };
      sockets.add(socket.once('close', () => sockets.delete(socket)));
      socket.once('connect', () => isEnding && socket.destroy());
    };
    subscribe('net.client.socket', onSocket);
    const store = await openStore(`${place.server.freshUrl()}&timeout-milliseconds=2000`);
    try {
      await store.append(initials(0, 10));
      isEnding = true;
      for (const socket of sockets) socket.destroy();
      await expect(store.append(initials(10, 20))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await until(() => store.trouble!() !== undefined, 'the trouble');
      isEnding = false;
      await until(() => store.trouble!() === undefined, 'the end of the trouble');
      await store.append(initials(10, 20));
      expect(await countOf(store)).toBe(20);
    } finally {
      unsubscribe('net.client.socket', onSocket);
      await store.close();
    }
  });
});

const NOT_ALLOWED = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on tallyboard' };
const NOT_KNOWN = { ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'Authentication failed.' };
const NO_PRIMARY = { ok: 0, code: 10_107, codeName: 'NotWritablePrimary', errmsg: 'not primary' };
/** Of most members it is not known whether they have what this one says that it wrote. */
const NOT_CONFIRMED = {
  ...{ ok: 1, n: 2, nModified: 0 },
  writeConcernError: {
    code: 64,
    codeName: 'WriteConcernFailed',
    errmsg: 'waiting for replication timed out',
  },
};
const INVALID = {
  ...{ ok: 1, n: 0, nModified: 0 },
  writeErrors: [{ index: 0, code: 121, errmsg: 'Document failed validation' }],
};

describeOnServer(`${MONGODB_NAME}, by its answers`, MONGODB_MISSING, server, 'prefix', (place) => {
  let answering: Answering;

  async function freshUrl() {
    answering = () => undefined;
    return place.server.freshUrl(await startAnswering(place.server.port, (command) => answering(command)));
  }

  /** A store with two contacts, behind what answers. */
  async function openAnswered() {
    const url = await freshUrl();
    await (await openStore(url)).close();
    const store = await openStore(`${url}&timeout-milliseconds=5000`);
    await store.append(initials(0, 2));
    return store;
  }

  it('says that the password is wrong, and shows it nobody', async () => {
    const url = (await freshUrl()).replace('//', '//somebody:se%2Fcret@');
    answering = (command) => (command === 'saslStart' ? NOT_KNOWN : undefined);
    const error = await openStore(url).catch((refusal: unknown) => refusal);
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(describeError(error)).toContain('Authentication failed');
    expect(describeError(error)).not.toContain('cret');
  });

  it('refuses what it may not write at once, and nothing is unsure', async () => {
    const store = await openAnswered();
    answering = (command) => (command === 'insert' ? NOT_ALLOWED : undefined);
    await expect(store.append(initials(2, 4))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: { message: expect.stringContaining('not authorized') },
    });
    expect(await countOf(store)).toBe(2);
    await store.close();
  });

  it.each([
    ['its second part is not allowed', 'update', NOT_ALLOWED],
    ['a document of it fails', 'update', INVALID],
  ])('is unsure of a batch where %s', async (_, refused, answer) => {
    const store = await openAnswered();
    answering = (command) => (command === refused ? answer : undefined);
    const [old, fresh] = [initials(0, 1)[0]!, initials(2, 3)[0]!];
    const followup = { kind: 'followup' as const, id: 9, uuid: old.uuid, at: old.at + 1, replay: false };
    await expect(store.append([fresh, followup])).rejects.toMatchObject({ code: 'STORE_UNCERTAIN' });
    expect(await countOf(store)).toBe(3);
    answering = () => undefined;
    expect(await store.append([fresh, followup])).toHaveLength(2);
    expect(await eventsOf(store)).toHaveLength(4);
    await store.close();
  });

  it.each([
    ['is no primary at the moment', NO_PRIMARY],
    ['has not confirmed what it wrote', NOT_CONFIRMED],
  ])('is asked again where it %s', async (_, answer) => {
    const store = await openAnswered();
    let refused = 0;
    answering = (command) => {
      if (command !== 'insert' || refused === 3) return undefined;
      refused += 1;
      return answer;
    };
    expect(await store.append(initials(2, 4))).toHaveLength(2);
    expect(refused).toBe(3);
    expect(await countOf(store)).toBe(4);
    await store.close();
  });
});
