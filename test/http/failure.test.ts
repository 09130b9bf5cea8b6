import { request } from 'undici';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { TallyboardError } from '../../src/contract/errors.js';
import { Model } from '../../src/contract/model.js';
import type { Outcome } from '../../src/contract/store.js';
import type { SplitTally } from '../../src/domain/tally.js';
import { createFailureLog } from '../../src/http/log/failure-log.js';
import { type LogLine, startTestServer, type TestServer } from './support.js';
import { uuid } from './table.js';

const SECRET = 'EIO on /srv/secret/journal';

/** A store whose disk can be taken away, and given back. */
class FailingStore extends Model {
  failing = true;

  override async append(batch: Parameters<Model['append']>[0]): Promise<readonly Outcome[]> {
    if (this.failing && batch[0]?.uuid === uuid(2)) throw new TallyboardError('STORE_UNCERTAIN', SECRET);
    if (this.failing && batch[0]?.uuid === uuid(3)) throw new TallyboardError('STORE_LOCKED', SECRET);
    if (this.failing) throw new Error(SECRET);
    return super.append(batch);
  }

  override async tallyOfSymbol(symbol: string): Promise<SplitTally> {
    if (this.failing && symbol === 'e') throw new TallyboardError('STORE_DAMAGED', SECRET);
    if (this.failing) throw new Error(SECRET);
    return super.tallyOfSymbol(symbol);
  }

  override async unmatched(): Promise<number> {
    if (this.failing) throw new Error(SECRET);
    return super.unmatched();
  }
}

/** A store that holds every batch back until it is let go. */
class SlowStore extends Model {
  override readonly limits = { batchEventsMax: 1, batchesInFlightMax: 1 };
  #letGo = (): void => {};
  readonly #gate = new Promise<void>((resolve) => {
    this.#letGo = resolve;
  });

  letGo(): void {
    this.#letGo();
  }

  override async append(batch: Parameters<Model['append']>[0]): Promise<readonly Outcome[]> {
    await this.#gate;
    return super.append(batch);
  }
}

describe('failures', () => {
  let server: TestServer;
  afterEach(async () => {
    vi.useRealTimers();
    await server.stop();
  });

  async function call(method: 'GET' | 'POST', path: string) {
    const reply = await request(server.url + path, { method });
    return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
  }

  test('a store that fails is answered 503, and takes events again by itself', async () => {
    // No time passes: another minute would have another line.
    vi.useFakeTimers({ toFake: ['performance'] });
    const store = new FailingStore();
    server = await startTestServer({ store });
    for (const [method, path, code, retryAfter, detail] of [
      ['POST', `/initial?uuid=${uuid(1)}&symbol=e`, 'STORE_UNAVAILABLE', '5', /nothing was stored/],
      ['POST', `/followup?uuid=${uuid(1)}`, 'STORE_UNAVAILABLE', '5', /nothing was stored/],
      ['POST', `/followup?uuid=${uuid(2)}`, 'STORE_UNCERTAIN', '5', /may be stored or not: send the same/],
      ['POST', `/followup?uuid=${uuid(3)}`, 'STORE_LOCKED', '60', /nothing was stored: the operator/],
      ['GET', '/dashboard/symbol/e', 'STORE_DAMAGED', '60', /the operator has to look/],
      ['GET', '/dashboard/symbol/a', 'STORE_UNAVAILABLE', '5', /could not answer: try again/],
    ] as const) {
      const { status, headers, text } = await call(method, path);
      expect(status).toBe(503);
      expect(headers['retry-after']).toBe(retryAfter);
      expect(JSON.parse(text)).toMatchObject({ code, detail: expect.stringMatching(detail) });
      expect(text).not.toContain('secret');
    }
    expect(await server.stored()).toEqual([]);
    const lines = server.lines.filter((line) => line.fields.code === 'STORE_UNAVAILABLE');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'error', message: expect.stringContaining(SECRET) });

    store.failing = false;
    expect((await call('POST', `/initial?uuid=${uuid(1)}&symbol=e`)).text).toBe('True');
  });

  test('a mistake in the server is answered 500 without a word of it, and logged with its stack', async () => {
    server = await startTestServer({
      now: () => {
        throw new TypeError('secret is not a function');
      },
    });
    const { status, headers, text } = await call('POST', `/initial?uuid=${uuid(1)}&symbol=e`);
    expect(status).toBe(500);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(text).code).toBe('INTERNAL');
    expect(text).not.toContain('secret');
    expect(server.lines).toEqual([
      {
        level: 'error',
        fields: expect.objectContaining({
          code: 'INTERNAL',
          stack: expect.stringMatching(/TypeError: secret is not a function\n {4}at /),
        }),
        message: expect.any(String),
      },
    ]);
    expect(await server.stored()).toEqual([]);
  });

  test('beyond queueEventsMax events are refused, and those that wait are stored', async () => {
    const store = new SlowStore();
    server = await startTestServer({ store, limits: { queueEventsMax: 3 } });
    const calls = Array.from({ length: 8 }, (_, index) =>
      call('POST', `/initial?uuid=${uuid(index)}&symbol=e`),
    );
    const refused = await Promise.race(calls);
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(JSON.parse(refused.text).code).toBe('STORE_BUSY');
    store.letGo();
    const replies = await Promise.all(calls);
    const taken = replies.filter((reply) => reply.status === 200).length;
    // One was under way, three waited; a batch that leaves in between makes room for more.
    expect(taken).toBeGreaterThanOrEqual(3);
    expect(replies.filter((reply) => reply.status === 503)).toHaveLength(8 - taken);
    expect(await server.stored()).toHaveLength(taken);
  });

  test('failures of one kind are logged once a second, with how many were left out', async () => {
    server = await startTestServer();
    const lines: LogLine[] = [];
    const line = (level: LogLine['level']) => (fields: object, message: string) => {
      lines.push({ level, fields: fields as Record<string, unknown>, message });
    };
    let now = 0;
    const logFailure = createFailureLog(
      { info: line('info'), warn: line('warn'), error: line('error') },
      () => now,
    );
    const busy = new TallyboardError('STORE_BUSY', 'busy');
    for (now = 0; now < 150_000; now += 6000) logFailure(busy, { method: 'POST', url: '/initial' });
    logFailure(new TallyboardError('STORE_UNAVAILABLE', 'gone'), { method: 'POST', url: '/initial' });
    expect(lines.map(({ fields }) => [fields.code, fields.leftOut])).toEqual([
      ['STORE_BUSY', 0],
      ['STORE_BUSY', 9],
      ['STORE_BUSY', 9],
      ['STORE_UNAVAILABLE', 0],
    ]);
  });

  test('the access log has a line for each request, and is off unless asked for', async () => {
    server = await startTestServer();
    await call('GET', '/healthz');
    expect(server.lines).toEqual([]);
    await server.stop();

    server = await startTestServer({ accessLog: true });
    await call('POST', '/initial');
    await expect
      .poll(() => server.lines)
      .toEqual([
        {
          level: 'info',
          fields: {
            method: 'POST',
            url: '/initial',
            ip: '127.0.0.1',
            status: 400,
            seconds: expect.any(Number),
          },
          message: 'answered',
        },
      ]);
  });
});
