import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startTestServer } from '../http/support.js';
import { startProxy } from '../stores/shared/proxy.js';

const run = promisify(execFile);
const example = fileURLToPath(new URL('../../examples/python', import.meta.url));
const use = fileURLToPath(new URL('use.py', import.meta.url));

const isMissing = spawnSync('python3', ['--version']).error !== undefined;
const skips = isMissing && process.env.REQUIRE_ENGINES !== '1';
const name = skips ? 'the Python client (skipped, since python3 is not installed)' : 'the Python client';

it.skipIf(skips)(`${name} asks all that it offers, and repeats what was not answered`, async () => {
  const server = await startTestServer();
  const proxy = await startProxy(server.port);
  // A proxy whose server is away, and which asks to wait until a date.
  const closed = createServer((_, reply) => {
    reply.writeHead(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).end('closed');
  }).listen(0, '127.0.0.1');
  await once(closed, 'listening');
  try {
    proxy.cutAtReply(0);
    const env = { ...process.env, PYTHONPATH: example, PYTHONDONTWRITEBYTECODE: '1' };
    const urls = [proxy.port, (closed.address() as AddressInfo).port].map(
      (port) => `http://127.0.0.1:${port}`,
    );
    const { stdout } = await run('python3', [use, ...urls], { env });
    const said = JSON.parse(stdout);
    const uuid = '00000000-0000-4000-8000-000000000001';
    expect(proxy.cuts).toBe(1);
    expect(said.first).toEqual({ uuid, symbol: 'e', isVowel: true, replayed: true });
    expect(said.followup).toEqual({ uuid, replayed: false });
    expect(said.named.uuid).toMatch(/^.{8}-.{4}-4.{3}-[89ab].{3}-.{12}$/);
    expect(said.batch).toMatchObject({
      replayed: 1,
      refused: 1,
      results: [{ uuid, replayed: true }, { code: 'SYMBOL_CONFLICT' }],
    });
    expect(said.symbol).toMatchObject({ symbol: 'e', count: 1, followups: 1 });
    expect(said.range).toHaveLength(26);
    expect(said.range[4]).toEqual(said.symbol);
    expect(said.series.buckets.map(({ contacts }: { contacts: number }) => contacts)).toEqual([1, 0]);
    expect(said.live).toEqual([
      expect.objectContaining({ contacts: 2, followups: 1 }),
      false,
      expect.objectContaining({ contacts: 3, followups: 1 }),
    ]);
    expect(said.conflict).toEqual({ code: 'SYMBOL_CONFLICT', status: 409, transient: false, uuid });
    expect(said.bound).toMatchObject({ code: 'BOUND_INVALID', status: 400, transient: false });
    expect(said.nobody).toEqual({ code: 'NO_ANSWER', status: null, transient: true, uuid });
    expect(said.closed).toEqual({ code: 'ANSWER_INVALID', status: 503, transient: true, uuid });
  } finally {
    closed.close();
    await proxy.close();
    await server.stop();
  }
});
