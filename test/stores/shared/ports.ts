import { createServer } from 'node:net';

/**
 * Below those that the system gives to connections and to whoever asks for any port (from 32,768 on, mostly):
 * between the look whether one is free and the start of a server, or while a server is being started again,
 * nobody is given it.
 */
const PORT_MIN = 10_000;
/** Of each process that runs tests: two that look at the same moment are never given the same one. */
const PORTS = 2499;
const PROCESSES_MAX = 4;
/**
 * A server of a Cluster talks to the others there, above its port, and one of RabbitMQ has a daemon one further; no
 * server has its own port there.
 */
const OFFSETS = [0, 10_000, 10_001];

/** One is left out before those of the next process, for the daemon above the last. */
const FIRST = PORT_MIN + (Number(process.env.VITEST_POOL_ID ?? 0) % PROCESSES_MAX) * (PORTS + 1);
const given = new Set<number>();

/** A free port that no server of this process was given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * PORTS);
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
