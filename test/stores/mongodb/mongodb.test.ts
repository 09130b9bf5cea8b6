import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { SECOND } from '../../../src/domain/time.js';
import { countOf, initials } from '../journal/support.js';
import { describeDocumentEngine } from '../shared/document-tests.js';
import { describeOnServer } from '../shared/engine-tests.js';
import { openStore } from '../shared/support.js';
import { until } from '../shared/until.js';
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
