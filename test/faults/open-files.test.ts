import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'undici';
import { expect, test } from 'vitest';
import { startServerProcess } from './server-process.js';

const UUID = '00000000-0000-4000-8000-000000000001';
const ASSETS = new URL('../../dist/web/assets', import.meta.url);
/** How many more files the server may open: each is taken by a connection that asks for nothing. */
const MORE_FILES = 8;

/** Open files are counted, and their number limited, in Linux's own way here. */
test.skipIf(process.platform !== 'linux')(
  'a server that may open no more files says so, goes on with what needs none, and recovers',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tallyboard-files-'));
    const server = await startServerProcess(`journal:${directory}`);
    const client = new Client(server.url, { headersTimeout: 60_000 });
    const sockets: Socket[] = [];
    const ask = async (path: string, method: 'GET' | 'POST' = 'GET') => {
      const headers = { 'accept-encoding': 'br, gzip' };
      const reply = await client.request({ path, method, headers });
      return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
    };
    try {
      expect((await ask('/healthz')).status).toBe(200);
      const { pid } = server.child;
      const files = readdirSync(`/proc/${pid}/fd`).map(Number);
      execFileSync('prlimit', ['--pid', String(pid), `--nofile=${Math.max(...files) + MORE_FILES}:`]);
      // Who finds no room is turned away at once.
      for (let isFull = false; !isFull; ) {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {});
        sockets.push(socket);
        socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
        isFull = await new Promise((resolve) => {
          socket.once('data', () => resolve(false)).once('close', () => resolve(true));
        });
      }
      const [script] = readdirSync(ASSETS).filter((name) => name.endsWith('.js'));
      for (const path of ['/', `/assets/${script}`]) {
        const { status, headers, text } = await ask(path);
        expect({ path, status, ...headers }).toMatchObject({
          path,
          status: 503,
          'retry-after': '1',
          'content-type': 'application/problem+json',
          'cache-control': 'no-store',
        });
        expect(headers['content-encoding']).toBeUndefined();
        expect(JSON.parse(text)).toMatchObject({ code: 'FILES_TOO_MANY' });
      }
      const events = await ask('/events');
      expect({ status: events.status, code: JSON.parse(events.text).code }).toEqual({
        status: 503,
        code: 'STORE_UNAVAILABLE',
      });
      for (const path of ['/metrics', '/readyz', '/dashboard/symbol/e']) {
        expect({ path, status: (await ask(path)).status }).toEqual({ path, status: 200 });
      }
      expect((await ask(`/followup?uuid=${UUID}`, 'POST')).text).toBe('hooray');
      const codes = server.log.flatMap(({ level, code }) => (level === 'error' ? [code] : []));
      expect(new Set(codes)).toEqual(new Set(['FILES_TOO_MANY', 'STORE_UNAVAILABLE']));
      for (const socket of sockets) socket.destroy();
      await expect.poll(async () => (await ask('/')).status).toBe(200);
    } finally {
      for (const socket of sockets) socket.destroy();
      await client.close();
      await server.end('SIGTERM');
      await rm(directory, { recursive: true });
    }
  },
);
