import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ENGINE_SERVERS } from '../../src/bench/servers/engines.js';
import { startServer } from '../../src/bench/servers/server-process.js';
import { checkStoreUrl, redact, references, storeTarget } from '../../src/bench/servers/targets.js';
import { Workspace } from '../../src/bench/servers/workspace.js';
import { REDIS_MISSING } from '../stores/redis/servers.js';
import { nameOf } from '../stores/shared/support.js';

const workspace = new Workspace(tmpdir());
afterAll(() => workspace.dispose());

describe('the targets', () => {
  test('get a folder of their own where they have none', async () => {
    const target = storeTarget('journal:?segment-bytes=4194304', 'store', '/root');
    expect(target.fresh).toBe(true);
    const site = await target.place(workspace);
    expect(site.storeUrl).toBe(`journal:${join(site.folder, 'data')}?segment-bytes=4194304`);
    expect((await target.place(workspace)).folder).not.toBe(site.folder);
    expect(site.command.slice(1)).toEqual([
      join('/root', 'bin', 'tallyboard.js'),
      'serve',
      '--store',
      site.storeUrl,
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--verify-every',
      'off',
    ]);
    await site.remove();
    expect(existsSync(site.folder)).toBe(false);
  });

  test('stay where they are when they have a place', async () => {
    const target = storeTarget('redis://me:secret@host:6379/9', 'store', '/root');
    expect(target.fresh).toBe(false);
    expect((await target.place(workspace)).storeUrl).toBe('redis://me:secret@host:6379/9');
    expect(target.name).toBe('redis://me:***@host:6379/9');
  });

  test('are always compared with the same four', async () => {
    const targets = references('/root');
    const sites = await Promise.all(targets.map((target) => target.place(workspace)));
    expect(targets.map(({ role }, i) => [role, sites[i]!.storeUrl])).toEqual([
      ['bare', null],
      ['null', 'null:'],
      ['floor', null],
      ['naive', `sqlite:${join(sites[3]!.folder, 'data')}`],
    ]);
  });

  test('are refused before anything is measured', async () => {
    await checkStoreUrl('journal:');
    await checkStoreUrl('null:');
    await checkStoreUrl('sqlite:/nowhere/x.db');
    for (const url of ['journl:', 'no url', 'null:x', 'journal:?segment=1']) {
      await expect(checkStoreUrl(url)).rejects.toMatchObject({ code: 'STORE_URL_INVALID' });
    }
  });
});

describe.skipIf(REDIS_MISSING !== null)(nameOf('an engine with servers', REDIS_MISSING), () => {
  test('has a URL that its store can read', async () => {
    for (const [scheme, servers] of Object.entries(ENGINE_SERVERS)) {
      if (servers.isInstalled()) await checkStoreUrl(`${scheme}:`);
    }
  });

  // A server that finds no engine waits for it, for twenty seconds and more.
  test('is started for each place, counted apart, and ended with it', async () => {
    expect(ENGINE_SERVERS.redis!.isInstalled()).toBe(true);
    await checkStoreUrl('redis:?partitions=3');
    await expect(checkStoreUrl('redis:?partition=3')).rejects.toMatchObject({ code: 'STORE_URL_INVALID' });
    const target = storeTarget('redis:?partitions=3', 'store', join(import.meta.dirname, '..', '..'));
    expect([target.fresh, target.startsServers]).toEqual([true, true]);
    expect(storeTarget('journal:', 'store', '').startsServers).toBe(false);
    const [first, second] = [await target.place(workspace), await target.place(workspace)];
    expect(first.storeUrl).toMatch(/^redis:\/\/127\.0\.0\.1:\d+\?partitions=3$/);
    expect(second.storeUrl).not.toBe(first.storeUrl);
    const server = await startServer(workspace, first.command);
    const id = '9cdd7298-caf2-47fd-8b39-0df84387c768';
    const reply = await fetch(`http://127.0.0.1:${server.port}/initial?uuid=${id}&symbol=e`, {
      method: 'POST',
    });
    expect(reply.status).toBe(200);
    expect((await first.engine!.consumption())!.residentBytes).toBeGreaterThan(1e6);
    await server.stop();
    await first.remove();
    expect(existsSync(first.folder)).toBe(false);
    await expect(startServer(workspace, first.command)).rejects.toThrow('cannot be opened');
    await second.remove();
  });
});

test('passwords are not shown', () => {
  expect(redact('--stores=redis://:pw@h/1,mongodb://u:p%40@a:1,b:2/db')).toBe(
    '--stores=redis://:***@h/1,mongodb://u:***@a:1,b:2/db',
  );
  expect(redact('redis://localhost:6379/9')).toBe('redis://localhost:6379/9');
  expect(redact('journal:./data')).toBe('journal:./data');
});
