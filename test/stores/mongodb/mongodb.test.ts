import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { countOf, initials } from '../journal/support.js';
import { describeDocumentEngine } from '../shared/document-tests.js';
import { describeOnServer } from '../shared/engine-tests.js';
import { openStore } from '../shared/support.js';
import { until } from '../shared/until.js';
import { MONGODB_MISSING, MONGODB_NAME, mongodb } from './server.js';

const server = mongodb();

describeDocumentEngine(MONGODB_NAME, MONGODB_MISSING, server, 'prefix');

describeOnServer(`${MONGODB_NAME}, with connections that end`, MONGODB_MISSING, server, 'prefix', (place) => {
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
