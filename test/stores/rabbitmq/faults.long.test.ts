import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rabbitmq } from '../../../src/bench/servers/rabbitmq.js';
import { describeEngineFaults } from '../shared/engine-tests.js';
import { underFault } from '../shared/trial.js';
import { foldersOf, RABBITMQ_MISSING, rabbitmqctl } from './server.js';

describeEngineFaults('RabbitMQ', RABBITMQ_MISSING, rabbitmq(), { nameOption: 'queue' }, (place) => {
  it('loses and doubles nothing when a server is killed that folds the log', async () => {
    const { lost } = await underFault(place.server.freshUrl(), async ([server]) => {
      await server!.end('SIGKILL');
    });
    expect(lost).toEqual([]);
  });

  it('loses and doubles nothing when all servers and the broker are killed, and all folders deleted', async () => {
    const url = place.server.freshUrl();
    const { lost } = await underFault(url, async (servers) => {
      await Promise.all([place.server.kill(), ...servers.map((server) => server.end('SIGKILL'))]);
      rmSync(foldersOf(url), { recursive: true });
      await place.server.restart();
    });
    expect(lost).toEqual([]);
  });

  it('refuses events while the disk of its broker is full, and goes on by itself', async () => {
    const url = place.server.freshUrl();
    const { lost } = await underFault(url, async (servers) => {
      await rabbitmqctl(url, 'set_disk_free_limit', '1000000GB');
      for (const server of servers) {
        await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503);
        expect(await (await fetch(`${server.url}/readyz`)).text()).toContain(
          'takes no messages: low on disk',
        );
        const path = `/initial?uuid=${crypto.randomUUID()}&symbol=e`;
        const refused = await fetch(server.url + path, { method: 'POST' });
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
        expect((await fetch(`${server.url}/dashboard/symbol/e`)).status).toBe(200);
      }
      await rabbitmqctl(url, 'set_disk_free_limit', '50MB');
    });
    expect(lost).toEqual([]);
  });
});
