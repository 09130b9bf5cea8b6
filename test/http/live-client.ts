import { request } from 'undici';
import type { LiveMessage } from '../../src/http/routes/dashboard-schemas.js';

/** One message as it came. */
export interface Received {
  readonly id: string;
  readonly message: LiveMessage;
  /** By the monotonic clock, in milliseconds. */
  readonly at: number;
}

/** A client of the live messages. */
export interface LiveClient {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly received: Received[];
  /** Resolves once `count` messages have come. */
  waitFor(count: number): Promise<void>;
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Connects and reads along. */
export async function connectLive(url: string, headers: Record<string, string> = {}): Promise<LiveClient> {
  const reply = await request(`${url}/dashboard/live`, { headers, bodyTimeout: 0 });
  const received: Received[] = [];
  let waiting: { count: number; resolve: () => void }[] = [];
  let rest = '';
  reply.body.on('data', (chunk: Buffer) => {
    rest += chunk.toString();
    const parts = rest.split('\n\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const [, id, data] = /^id: (.*)\ndata: (.*)$/.exec(part) ?? [];
      if (data !== undefined) {
        received.push({ id: id!, message: JSON.parse(data) as LiveMessage, at: performance.now() });
      }
    }
    for (const { count, resolve } of waiting) if (received.length >= count) resolve();
    waiting = waiting.filter(({ count }) => received.length < count);
  });
  const ended = new Promise<void>((resolve) => reply.body.once('close', resolve));
  reply.body.on('error', () => {});
  return {
    status: reply.statusCode,
    headers: reply.headers,
    received,
    ended,
    waitFor: (count) =>
      new Promise((resolve) => {
        if (received.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () => reply.body.destroy(),
  };
}
