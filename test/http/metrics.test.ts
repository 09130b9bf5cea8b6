import { statfsSync } from 'node:fs';
import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { Model } from '../../src/contract/model.js';
import { connectLive } from './live-client.js';
import { sendRaw, startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

describe('metrics', () => {
  let server: TestServer;
  afterEach(() => server.stop());

  async function send(method: 'GET' | 'POST' | 'PUT', path: string): Promise<void> {
    await (await request(server.url + path, { method })).body.dump();
  }

  async function scrape(): Promise<string> {
    const reply = await request(`${server.url}/metrics`);
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    return reply.body.text();
  }

  function sampleOf(text: string, sample: string): number | undefined {
    const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.slice(sample.length + 1));
  }

  test('requests, replays, conflicts, unmatched followups and commits are counted', async () => {
    server = await startTestServer();
    const began = performance.now();
    await send('POST', `/initial?uuid=${uuid(1)}&symbol=e`);
    await send('POST', `/initial?uuid=${uuid(1)}&symbol=e`);
    await send('POST', `/initial?uuid=${uuid(1)}&symbol=a`);
    await send('POST', '/initial');
    await send('POST', `/followup?uuid=${uuid(2)}`);
    await send('POST', `/followup?uuid=${uuid(2)}`);
    await send('GET', '/dashboard/symbol/e');
    await send('GET', '/nothing');
    await send('PUT', '/initial');
    await send('GET', `/${'x'.repeat(3000)}`);
    await send('GET', '/dashboard/symbol/%zz');
    const passed = (performance.now() - began) / 1000;
    await sendRaw(server.port, ['nonsense\r\n\r\n']);

    const text = await scrape();
    const values = {
      'tallyboard_http_requests_total{method="POST",route="/initial",status="200"}': 2,
      'tallyboard_http_requests_total{method="POST",route="/initial",status="409"}': 1,
      'tallyboard_http_requests_total{method="POST",route="/initial",status="400"}': 1,
      'tallyboard_http_requests_total{method="POST",route="/followup",status="200"}': 2,
      'tallyboard_http_requests_total{method="GET",route="/dashboard/symbol/:symbol",status="200"}': 1,
      'tallyboard_http_requests_total{method="GET",route="none",status="404"}': 1,
      'tallyboard_http_requests_total{method="PUT",route="none",status="405"}': 1,
      'tallyboard_http_requests_total{method="GET",route="none",status="414"}': 1,
      'tallyboard_http_requests_total{method="GET",route="none",status="400"}': 1,
      'tallyboard_http_requests_total{method="none",route="none",status="400"}': 1,
      'tallyboard_http_request_duration_seconds_count{method="POST",route="/initial"}': 4,
      'tallyboard_replays_total{kind="initial"}': 1,
      'tallyboard_replays_total{kind="followup"}': 1,
      tallyboard_symbol_conflicts_total: 1,
      tallyboard_unmatched_followups: 1,
      tallyboard_queue_events: 0,
      tallyboard_commit_events_sum: 5,
      tallyboard_commit_duration_seconds_count: sampleOf(text, 'tallyboard_commit_events_count'),
      tallyboard_commit_failures_total: 0,
      'tallyboard_store_state{state="opening"}': 0,
      'tallyboard_store_state{state="open"}': 1,
      'tallyboard_store_state{state="stopping"}': 0,
    };
    for (const [sample, value] of Object.entries(values)) {
      expect(sampleOf(text, sample), sample).toBe(value);
    }
    expect(sampleOf(text, 'tallyboard_http_connections')).toBeGreaterThanOrEqual(1);
    expect(sampleOf(text, 'nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
    const seconds = sampleOf(
      text,
      'tallyboard_http_request_duration_seconds_sum{method="POST",route="/initial"}',
    );
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(passed);
  });

  test('live connections and readings of raw events are counted while they are open', async () => {
    let goOn = () => {};
    class Waiting extends Model {
      override async *events() {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        yield* super.events();
      }
    }
    server = await startTestServer({ store: new Waiting() });
    const open = async () => {
      const text = await scrape();
      return {
        live: sampleOf(text, 'tallyboard_live_clients'),
        readings: sampleOf(text, 'tallyboard_event_readings'),
      };
    };
    expect(await open()).toEqual({ live: 0, readings: 0 });
    const clients = [await connectLive(server.url), await connectLive(server.url)];
    const reading = send('GET', '/events');
    await expect.poll(open).toEqual({ live: 2, readings: 1 });
    clients[0]!.close();
    goOn();
    await reading;
    await expect.poll(open).toEqual({ live: 1, readings: 0 });
    clients[1]!.close();
    await expect.poll(open).toEqual({ live: 0, readings: 0 });
  });

  test('says which server it is, what room it has left, and when it was proved', async () => {
    const store = new Model();
    server = await startTestServer({ store, folder: '/', limits: { liveClientsMax: 7 } });
    const before = await scrape();
    const info = `tallyboard_info{version="1.2.3",store="model",survives="${store.promises.survives}"}`;
    expect(sampleOf(before, info)).toBe(1);
    expect(sampleOf(before, 'tallyboard_live_clients_max')).toBe(7);
    expect(sampleOf(before, 'tallyboard_verification_timestamp_seconds')).toBeUndefined();
    expect(sampleOf(before, 'tallyboard_verification_differences')).toBeUndefined();
    const { blocks, bsize } = statfsSync('/');
    expect(sampleOf(before, 'tallyboard_disk_size_bytes')).toBe(blocks * bsize);
    expect(sampleOf(before, 'tallyboard_disk_free_bytes')).toBeGreaterThan(0);

    await store.recordVerification({ at: 1_500_000_000_500_000, events: 3, contacts: 2, differences: 4 });
    const after = await scrape();
    expect(sampleOf(after, 'tallyboard_verification_timestamp_seconds')).toBe(1_500_000_000.5);
    expect(sampleOf(after, 'tallyboard_verification_differences')).toBe(4);
    expect(sampleOf(after, 'tallyboard_verification_since_timestamp_seconds')).toBeUndefined();

    await store.recordVerification({ at: 2e15, events: 3, contacts: 2, differences: 0, since: 1e15 });
    expect(sampleOf(await scrape(), 'tallyboard_verification_since_timestamp_seconds')).toBe(1e9);
  });

  test('every metric is ours or Node’s by name, and says what it is', async () => {
    server = await startTestServer();
    const text = await scrape();
    const helped = new Set([...text.matchAll(/^# HELP (\S+) \S.*$/gm)].map((match) => match[1]));
    const typed = [...text.matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1]!);
    expect(typed.length).toBeGreaterThan(20);
    for (const name of typed) {
      expect(name).toMatch(/^(tallyboard|process|nodejs)_/);
      expect(helped.has(name), name).toBe(true);
    }
  });

  test('a store that cannot say what is unmatched leaves the other metrics there', async () => {
    class Mute extends Model {
      failing = false;
      override async unmatched(): Promise<number> {
        if (this.failing) throw new Error('gone');
        return 3;
      }
    }
    const store = new Mute();
    server = await startTestServer({ store });
    expect(sampleOf(await scrape(), 'tallyboard_unmatched_followups')).toBe(3);
    store.failing = true;
    const text = await scrape();
    expect(sampleOf(text, 'tallyboard_unmatched_followups')).toBeUndefined();
    expect(sampleOf(text, 'tallyboard_queue_events')).toBe(0);
  });

  test('a store whose engine is away is not waited for', async () => {
    class Away extends Model {
      isAway = false;
      trouble(): string | undefined {
        return this.isAway ? 'the engine does not answer' : undefined;
      }
      override unmatched(): Promise<number> {
        return this.isAway ? new Promise(() => {}) : super.unmatched();
      }
    }
    const store = new Away();
    server = await startTestServer({ store });
    expect(sampleOf(await scrape(), 'tallyboard_store_reachable')).toBe(1);
    store.isAway = true;
    const text = await scrape();
    expect(sampleOf(text, 'tallyboard_unmatched_followups')).toBeUndefined();
    expect(sampleOf(text, 'tallyboard_store_reachable')).toBe(0);
    expect((await request(`${server.url}/readyz`)).statusCode).toBe(503);
  });

  test('a batch that the store refuses is a failure', async () => {
    class Broken extends Model {
      override append(): Promise<never> {
        return Promise.reject(new Error('disk'));
      }
    }
    server = await startTestServer({ store: new Broken() });
    await send('POST', `/followup?uuid=${uuid(1)}`);
    expect(sampleOf(await scrape(), 'tallyboard_commit_failures_total')).toBe(1);
  });
});
