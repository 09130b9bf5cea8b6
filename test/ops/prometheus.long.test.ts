import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, type ServerProcess, startServerProcess } from '../faults/server-process.js';
import { uuid } from '../http/table.js';
import { freePort } from '../stores/shared/ports.js';
import { temporaryFolder } from '../transfer/support.js';
import { dashboardQueries, OPS } from './files.js';

const INSTALLED = spawnSync('promtool', ['--version']).status === 0;
const required = process.env.REQUIRE_ENGINES === '1';

describe.skipIf(!INSTALLED && !required)('Prometheus (skipped without the package prometheus)', () => {
  it.each([
    ['check', 'config', 'prometheus.yml'],
    ['test', 'rules', 'rules.test.yml'],
  ])('promtool %s %s %s', (...words) => {
    const { status, stdout, stderr } = spawnSync('promtool', words, {
      cwd: `${OPS}/prometheus`,
      encoding: 'utf8',
    });
    expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
  });

  describe('that scrapes a server', () => {
    let server: ServerProcess;
    let prometheus: ChildProcess;
    let base: string;
    beforeAll(async () => {
      const folder = await temporaryFolder();
      const store = `journal:${join(folder, 'data')}`;
      const first = await startServerProcess(store);
      await load(first.url, 0);
      await first.end('SIGTERM');
      const verify = ['bin/tallyboard.js', 'verify', '--store', store];
      expect(spawnSync(process.execPath, verify, { env: cleanEnvironment() }).status).toBe(0);
      server = await startServerProcess(store);

      const config = (await readFile(`${OPS}/prometheus/prometheus.yml`, 'utf8'))
        .replace('127.0.0.1:5000', new URL(server.url).host)
        .replaceAll('15s', '1s')
        .replace('rules.yml', `${OPS}/prometheus/rules.yml`);
      await writeFile(join(folder, 'prometheus.yml'), config);
      const port = await freePort();
      base = `http://127.0.0.1:${port}/api/v1`;
      prometheus = spawn(
        'prometheus',
        [
          `--config.file=${join(folder, 'prometheus.yml')}`,
          `--storage.tsdb.path=${join(folder, 'series')}`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        { stdio: 'ignore' },
      );
    });
    afterAll(async () => {
      prometheus?.kill('SIGKILL');
      await server?.end('SIGTERM');
    });

    it('has an answer to each query of the dashboard', async () => {
      let round = 0;
      const unanswered = async () => {
        round += 1;
        await load(server.url, round);
        const empty: string[] = [];
        for (const { panel, expr } of dashboardQueries()) {
          const asked = expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*');
          const { result } = await ask<{ result: { value: [number, string] }[] }>(
            `/query?query=${encodeURIComponent(asked)}`,
          );
          if (result.length === 0 || result.some(({ value }) => value[1] === 'NaN')) {
            empty.push(`${panel}: ${asked}`);
          }
        }
        return empty;
      };
      await expect.poll(unanswered).toEqual([]);
    });

    it('takes all rules, and none of them cries', async () => {
      interface Rule {
        readonly name: string;
        readonly health: string;
        readonly state: string;
      }
      const evaluated = async () => {
        const { groups } = await ask<{ groups: { rules: Rule[] }[] }>('/rules');
        return groups.flatMap(({ rules }) => rules).filter(({ health }) => health !== 'unknown');
      };
      await expect.poll(async () => (await evaluated()).length).toBe(15);
      expect(
        (await evaluated()).filter(({ health, state }) => health !== 'ok' || state !== 'inactive'),
      ).toEqual([]);
    });

    async function ask<T>(path: string): Promise<T> {
      const reply = await fetch(base + path).catch(() => undefined);
      const body = (await reply?.json().catch(() => undefined)) as
        | { status: string; data: T; error?: string }
        | undefined;
      // Until it listens.
      if (body === undefined) return { result: [], groups: [] } as T;
      if (body.status !== 'success') throw new Error(body.error);
      return body.data;
    }
  });
});

/** Some of everything that is counted: events, replays, a conflict, questions. */
async function load(url: string, round: number): Promise<void> {
  const post = (path: string) => fetch(url + path, { method: 'POST' });
  await post(`/initial?uuid=${uuid(round)}&symbol=e`);
  await post(`/initial?uuid=${uuid(round)}&symbol=e`);
  await post(`/initial?uuid=${uuid(round)}&symbol=a`);
  await post(`/followup?uuid=${uuid(round)}`);
  await fetch(`${url}/dashboard/symbol/e`);
}
