import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface EngineProxy {
  readonly port: number;
  /** Passes new connections to another server. */
  pointTo(port: number): void;
  /** Cuts every connection after so many more bytes of replies; 0: at once. */
  cutAfter(bytes: number): void;
  /** Cuts every connection in the place of a reply, after so many others. */
  cutAtReply(replies: number): void;
  /** How often it has cut connections because it was told to. */
  readonly cuts: number;
  close(): Promise<void>;
}

/** Passes bytes to and fro, until it is told to cut. */
export async function startProxy(targetPort: number): Promise<EngineProxy> {
  const sockets = new Set<Socket>();
  let left = Number.POSITIVE_INFINITY;
  let repliesLeft = Number.POSITIVE_INFINITY;
  let target = targetPort;
  let cuts = 0;
  const cut = () => {
    left = Number.POSITIVE_INFINITY;
    repliesLeft = Number.POSITIVE_INFINITY;
    cuts += 1;
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => {
      left -= bytes.length;
      repliesLeft -= 1;
      // What the server did is done; its answer never comes.
      if (left < 0 || repliesLeft < 0) cut();
      else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    pointTo(port) {
      target = port;
    },
    cutAfter(bytes) {
      left = bytes;
      if (bytes === 0) cut();
    },
    cutAtReply(replies) {
      repliesLeft = replies;
    },
    get cuts() {
      return cuts;
    },
    close() {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/**
 * An interruption for the conformance suite: cuts before an answer, or in the middle of one, so what was asked
 * may have been done. Nothing is to be mended.
 */
export function cutter(proxy: () => EngineProxy): () => Promise<() => Promise<void>> {
  let cuts = 0;
  return async () => {
    proxy().cutAfter(cuts % 2 === 0 ? 0 : cuts % 20);
    cuts += 1;
    return async () => undefined;
  };
}

/** Cuts again and again for a second, after more bytes each time. */
export async function cutForASecond(proxy: EngineProxy): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    proxy.cutAfter(n * 10);
    await pause(50);
  }
  proxy.cutAfter(Number.POSITIVE_INFINITY);
}
