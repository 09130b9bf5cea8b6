import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { runLoadJob } from '../../src/bench/load/load-job.js';
import { FOLLOWUP_SHARE, ingestRequests, LETTER_DECK } from '../../src/bench/load/requests.js';
import { parseUuid } from '../../src/domain/contact.js';
import { heldUp } from '../held-up.js';

interface Seen {
  readonly initials: Map<string, string>;
  readonly followups: Set<string>;
  readonly paths: string[];
  connections: number;
}

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

describe('the load generator', () => {
  test('sends initials and followups that the server can read, each once', async () => {
    const seen = emptySeen();
    const port = await listen(seen);
    const result = await runLoadJob({ port, connections: 8, seconds: 2, requests: 'ingest' });
    expect(result.requests).toBe(seen.initials.size + seen.followups.size);
    expect(result.initials).toBe(seen.initials.size);
    expect(result.initials).toBeGreaterThan(50);
    expect(result.requestsPerSecond).toBeLessThanOrEqual(result.requests / 2);
    expect(result.requestsPerSecond).toBeGreaterThan((result.requests - 9) / 2);
    expect(result.refused).toEqual({});
    expect(seen.connections).toBe(8);
    for (const uuid of seen.initials.keys()) expect(parseUuid(uuid)).toBe(uuid);
    for (const uuid of seen.followups) expect(seen.initials.has(uuid)).toBe(true);
    expect(result.p50).toBeGreaterThan(0);
    expect(result.p99).toBeGreaterThanOrEqual(result.p50);
    expect(result.max).toBeGreaterThanOrEqual(result.p999 / 1.01);
    expect(result.generatorCpuShare).toBeGreaterThan(0);
  });

  test('sends batches that the server can read, and reads long answers', async () => {
    const seen = emptySeen();
    const port = await listen(seen);
    const job = { port, connections: 2, seconds: 1, requests: 'ingest', batchEvents: 1000 } as const;
    const result = await runLoadJob(job);
    expect(result.requests).toBeGreaterThan(0);
    expect(result.requests * 1000).toBe(seen.initials.size + seen.followups.size);
    expect(result.initials).toBe(seen.initials.size);
    for (const uuid of seen.followups) expect(seen.initials.has(uuid)).toBe(true);
    expect([...seen.initials.values()].every((letter) => LETTER_DECK.includes(letter))).toBe(true);
  });

  test('reads paths in a circle', async () => {
    const seen = emptySeen();
    const port = await listen(seen);
    await runLoadJob({ port, connections: 1, seconds: 2, requests: ['/a', '/b', '/c'] });
    expect(seen.paths.slice(0, 7)).toEqual(['/a', '/b', '/c', '/a', '/b', '/c', '/a']);
  });

  test('keeps a pace, and counts the time that a request was late', async () => {
    const port = await listen(emptySeen(), 200, 30);
    // One connection answers at most 33 a second, 100 are due: so they wait longer and longer.
    const late = await runLoadJob({ port, connections: 1, seconds: 2, requests: ['/a'], rate: 100 });
    expect(late.max).toBeGreaterThan(150);
    const { result: paced, held } = await heldUp(() =>
      runLoadJob({ port, connections: 16, seconds: 2, requests: ['/a'], rate: 100 }),
    );
    // What falls due while the machine stands still at the end is not sent.
    expect(paced.requests).toBeGreaterThanOrEqual(160 - held / 10);
    expect(paced.requests).toBeLessThanOrEqual(200);
    expect(paced.p50 - held).toBeLessThan(100);
  });

  test('lets all connections have their turn, for a server closes those that send nothing', async () => {
    const port = await listen(emptySeen());
    const connections = new Map<Socket, number>();
    server!.on('request', ({ socket }) => connections.set(socket, (connections.get(socket) ?? 0) + 1));
    const { requests } = await runLoadJob({ port, connections: 8, seconds: 2, requests: ['/a'], rate: 50 });
    expect(requests).toBeGreaterThan(16);
    expect(connections.size).toBe(8);
  });

  test('counts refusals by status', async () => {
    const port = await listen(emptySeen(), 503);
    const result = await runLoadJob({ port, connections: 2, seconds: 0.1, requests: 'ingest' });
    expect(result.refused).toEqual({ 503: result.requests });
  });

  test('fails when the server goes away, or was never there', async () => {
    const seen = emptySeen();
    const port = await listen(seen);
    const job = runLoadJob({ port, connections: 2, seconds: 100, requests: 'ingest' });
    const failed = expect(job).rejects.toThrow(/closed a connection|ECONNRESET|EPIPE/);
    await expect.poll(() => seen.paths.length).toBeGreaterThan(0);
    server!.closeAllConnections();
    await failed;
    server!.close();
    await expect(runLoadJob({ port, connections: 2, seconds: 1, requests: 'ingest' })).rejects.toThrow(
      'ECONNREFUSED',
    );
  });
});

describe('the requests of ingest', () => {
  test('follow up as often as they should, and draw letters as English has them', () => {
    const requests = ingestRequests(80);
    const symbols = new Map<string, number>();
    const total = 40_000;
    for (let i = 0; i < total; i += 1) {
      const symbol = /&symbol=([a-z]) HTTP/.exec(requests.next())?.[1];
      if (symbol !== undefined) symbols.set(symbol, (symbols.get(symbol) ?? 0) + 1);
    }
    const { initials } = requests;
    const followups = total - initials;
    expect(followups / initials).toBeGreaterThan(FOLLOWUP_SHARE * 0.9);
    expect(followups / initials).toBeLessThan(FOLLOWUP_SHARE * 1.1);
    expect(symbols.size).toBe(26);
    expect(symbols.get('e')! / initials).toBeCloseTo(0.127, 2);
    expect(LETTER_DECK.filter((letter) => letter === 'z')).toHaveLength(1);
  });
});

function emptySeen(): Seen {
  return { initials: new Map(), followups: new Set(), paths: [], connections: 0 };
}

async function listen(seen: Seen, status = 200, delayMilliseconds = 0): Promise<number> {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://x');
    seen.paths.push(pathname);
    const uuid = searchParams.get('uuid') ?? '';
    if (pathname === '/initial') seen.initials.set(uuid, searchParams.get('symbol') ?? '');
    else if (pathname === '/followup') seen.followups.add(uuid);
    const answer = (text: string) => {
      response.writeHead(status, { 'content-length': text.length }).end(text);
    };
    if (pathname === '/batch') void takeBatch(request, seen).then(answer);
    else if (delayMilliseconds === 0) answer('True');
    else setTimeout(answer, delayMilliseconds, 'True');
  });
  server.on('connection', () => {
    seen.connections += 1;
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function takeBatch(request: IncomingMessage, seen: Seen): Promise<string> {
  expect(request.headers['content-type']).toBe('application/x-ndjson');
  const lines = (await textOf(request)).trimEnd().split('\n');
  for (const line of lines) {
    const { uuid, symbol } = JSON.parse(line) as { uuid: string; symbol?: string };
    if (symbol === undefined) seen.followups.add(uuid);
    else seen.initials.set(uuid, symbol);
  }
  return 'x'.repeat(lines.length * 100);
}
