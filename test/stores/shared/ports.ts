import { createServer } from 'node:net';

/**
 * Below those that the system gives to connections and to whoever asks for any port (from 32,768 on, mostly):
 * between the look whether one is free and the start of a server, or while a server is being started again,
 * nobody is given it.
 */
const PORT_MIN = 10_000;
const PORTS = 10_000;
/**
 * A server of a Cluster talks to the others there, above its port, and one of RabbitMQ has a daemon one further; no
 * server has its own port there.
 */
const OFFSETS = [0, 10_000, 10_001];

const given = new Set<number>();

/** A free port that no server of this process was given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORT_MIN + Math.floor(Math.random() * PORTS);
    if (given.has(port)) continue;
    given.add(port);
    const free = await Promise.all(OFFSETS.map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
