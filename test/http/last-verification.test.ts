import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { Model } from '../../src/contract/model.js';
import type { Verification } from '../../src/contract/store-page.js';
import { createStore } from '../../src/stores/index.js';
import { startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

let server: TestServer;
const folders: string[] = [];
afterEach(async () => {
  await server.stop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function summary() {
  const reply = await request(`${server.url}/dashboard/summary/2017-06-28/2017-06-29`);
  return { status: reply.statusCode, body: (await reply.body.json()) as object };
}

describe('the last verification, where it cannot be read,', () => {
  test('keeps no number back, and is logged once for each reason', async () => {
    let reason: string | undefined = 'EIO: i/o error, read';
    const store = Object.assign(new Model(), {
      async verification(): Promise<Verification | null> {
        if (reason !== undefined) throw new Error(reason);
        return null;
      },
    });
    server = await startTestServer({ store });
    await (await request(`${server.url}/initial?uuid=${uuid(1)}&symbol=e`, { method: 'POST' })).body.dump();
    const unread = { verification: null, verificationUnreadable: true };
    for (let time = 0; time < 3; time += 1) {
      expect(await summary()).toMatchObject({ status: 200, body: { contacts: 1, integrity: unread } });
    }
    reason = 'EACCES: permission denied';
    await summary();
    reason = undefined;
    expect(await summary()).toMatchObject({ body: { integrity: { verificationUnreadable: false } } });
    reason = 'EACCES: permission denied';
    await summary();
    expect(server.lines.map(({ level, fields }) => [level, fields.reason])).toEqual([
      ['warn', 'EIO: i/o error, read'],
      ['warn', 'EACCES: permission denied'],
      ['warn', 'EACCES: permission denied'],
    ]);
  });

  test('because its link leads to itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tallyboard-verification-'));
    folders.push(folder);
    const store = await createStore(`journal:${folder}`, { log: { info() {}, warn() {}, error() {} } });
    server = await startTestServer({ store });
    await symlink('verification.json', join(folder, 'verification.json'));
    expect(await summary()).toMatchObject({
      status: 200,
      body: { contacts: 0, integrity: { keepsVerification: true, verificationUnreadable: true } },
    });
    expect(server.lines).toMatchObject([{ fields: { reason: expect.stringContaining('ELOOP') } }]);
  });
});
