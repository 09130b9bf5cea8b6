import { afterEach, describe, expect, test } from 'vitest';
import { type Status, statusCommand } from '../../src/cli/ask/status.js';
import { Model } from '../../src/contract/model.js';
import { startTestServer, type TestServer } from '../http/support.js';
import { temporaryFolder, uuidOf } from '../transfer/support.js';
import { collector, run } from './running.js';

const folder = await temporaryFolder();

describe('status', () => {
  let server: TestServer | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  class Shaky extends Model {
    lost: string | undefined;
    trouble(): string | undefined {
      return this.lost;
    }
    warnings(): readonly string[] {
      return ['a cut of power can lose a second'];
    }
  }

  test('says all of a server that goes well, and of one in trouble what it is', async () => {
    const store = new Shaky();
    server = await startTestServer({ store, folder, limits: { queueEventsMax: 500 } });
    await fetch(`${server.url}/initial?uuid=${uuidOf(1)}&symbol=e`, { method: 'POST' });
    await store.recordVerification({
      at: 1_498_678_454_486_693,
      events: 1,
      contacts: 1,
      differences: 1,
      since: 0,
    });

    const good = await run(statusCommand, { url: server.url });
    expect(good.code).toBe(0);
    expect(good.stdout).toMatch(
      new RegExp(`^server {6}Tallyboard 1\\.2\\.3 at ${server.url}, up [\\d hmins]+$`, 'm'),
    );
    expect(good.stdout).toContain('\nstore       model: ');
    expect(good.stdout).toContain('\nstate       ready\n            a cut of power can lose a second\n');
    expect(good.stdout).toContain('\nwaiting     0 of 500 events\n');
    expect(good.stdout).toContain(
      '\nlast proof  2017-06-28 19:34:14.486693 UTC, 1 DIFFERENCE, with raw events since 1970-01-01 00:00:00.000000 UTC\n',
    );
    expect(good.stdout).toMatch(/^disk {8}\d+\.\d of \d+\.\d GB free$/m);

    store.lost = 'the engine does not answer';
    const bad = await run(statusCommand, { url: `${server.url}/`, json: true });
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      ready: false,
      notes: ['the engine does not answer'],
      verification: null,
      eventsPerSecond: 0,
    });
  });

  test('counts what comes meanwhile, and goes on until interrupted', async () => {
    server = await startTestServer();
    const { url } = server;
    const controller = new AbortController();
    const seen = collector();
    const watching = run(
      statusCommand,
      { url, watch: true, json: true },
      { interrupted: controller.signal, stdout: seen.stream },
    );
    for (let sent = 1; seen.text() === ''; sent += 1) {
      await fetch(`${url}/followup?uuid=${uuidOf(sent)}`, { method: 'POST' });
    }
    controller.abort();
    expect((await watching).code).toBe(0);
    const [first] = seen.text().split('\n');
    expect((JSON.parse(first!) as Status).eventsPerSecond).toBeGreaterThan(0);
  });

  test('says where it found no server, and what else answers there', async () => {
    await expect(run(statusCommand, { url: 'http://127.0.0.1:9' })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining('start it, or name another with --url'),
    });
    server = await startTestServer();
    const { host } = new URL(server.url);
    await expect(run(statusCommand, { url: `https://${host}` })).rejects.toThrow(
      /does not speak HTTPS: write http/,
    );
    await expect(run(statusCommand, { url: `${server.url}/below` })).rejects.toThrow(/answers 404/);
  });
});
