import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { request } from 'undici';
import { expect } from 'vitest';
import { dataInterface, type GroupCommit } from '../../src/contract/group-commit.js';
import { Model } from '../../src/contract/model.js';
import type { Outcome, Store } from '../../src/contract/store.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { isVowel } from '../../src/domain/guess.js';
import { Access, type Tokens } from '../../src/http/access/access.js';
import type { WrongTokens } from '../../src/http/access/wrong-tokens.js';
import { LiveFeed } from '../../src/http/live/feed.js';
import { createMetrics } from '../../src/http/metrics/metrics.js';
import type { App } from '../../src/http/routes/routes.js';
import { createServer } from '../../src/http/server.js';
import type { Lifecycle } from '../../src/http/sockets/lifecycle.js';
import { LIMITS, type Limits } from '../../src/http/sockets/limits.js';
import { stopServer } from '../../src/http/stop.js';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

export interface TestServer {
  readonly app: App;
  readonly data: GroupCommit;
  readonly lifecycle: Lifecycle;
  readonly url: string;
  readonly port: number;
  readonly lines: LogLine[];
  /** Everything that the store has. */
  stored(): Promise<ContactEvent[]>;
  /** The next connection that the server takes, from its side. */
  nextConnection(): Promise<Socket>;
  /** Resolves when no new connection is taken any more. */
  closedToNew(): Promise<void>;
  /** Stops the server, with the grace that its limits give. */
  stop(): Promise<void>;
}

export interface TestServerOptions {
  readonly store?: Store;
  readonly limits?: Partial<Limits>;
  readonly accessLog?: boolean;
  readonly tokens?: Tokens;
  /** The names that the server is known by, besides loopback's; any otherwise. */
  readonly allowHosts?: readonly string[];
  /** What counts wrong tokens, with a clock of the test's own. */
  readonly wrongTokens?: WrongTokens;
  /** Where the store would keep its data. */
  readonly folder?: string;
  /** The folder of the built page; one that is not there otherwise. */
  readonly pageFolder?: string;
  /** Leave the store unopened, and the server in the phase `opening`. */
  readonly unopened?: boolean;
  /** The instants that requests are given, one after the other; a step of one second otherwise. */
  readonly now?: () => number;
}

export const FIRST_INSTANT = Date.UTC(2017, 5, 28, 19, 34, 14) * 1000 + 486_693;

/** A listening server over the model, with a guess that is never turned round. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const limits = { ...LIMITS, ...options.limits };
  const lines: LogLine[] = [];
  const line = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields: fields as Record<string, unknown>, message });
  };
  const metrics = createMetrics();
  const data = dataInterface(options.store ?? new Model(), {
    queueEventsMax: limits.queueEventsMax,
    onCommit: metrics.onCommit,
  });
  const lifecycle: Lifecycle = { phase: 'opening' };
  let id = 0;
  let at = FIRST_INSTANT - 1_000_000;
  const app = createServer({
    about: { version: '1.2.3', scheme: 'model', folder: options.folder },
    data,
    guess: (symbol) => isVowel(symbol, () => 0.25),
    now:
      options.now ??
      (() => {
        at += 1_000_000;
        return at;
      }),
    nextEventId: () => {
      id += 1;
      return id;
    },
    lifecycle,
    limits,
    metrics,
    feed: new LiveFeed(data.promises),
    access: new Access(options.tokens ?? {}, Date.now, options.wrongTokens),
    allowHosts: options.allowHosts,
    trouble: () => options.store?.trouble?.(),
    warnings: () => options.store?.warnings?.() ?? [],
    pageFolder: options.pageFolder ?? '/nonexistent',
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    accessLog: options.accessLog ?? false,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  if (options.unopened !== true) {
    await data.open();
    lifecycle.phase = 'open';
  }
  return {
    app,
    data,
    lifecycle,
    url: `http://127.0.0.1:${port}`,
    port,
    lines,
    async stored() {
      const events: ContactEvent[] = [];
      for await (const event of data.events()) events.push(event);
      return events;
    },
    async nextConnection() {
      return (await once(app.server, 'connection'))[0] as Socket;
    },
    closedToNew: () => expect.poll(() => app.server.listening).toBe(false),
    async stop() {
      await stopServer(app, { lifecycle, limits: { ...limits, stopSecondsMax: 1, ...options.limits } });
      await data.close();
    },
  };
}

/** A store whose appends take until they are let go. */
export class HeldStore extends Model {
  letGo = (): void => {};
  protected readonly gate = new Promise<void>((resolve) => {
    this.letGo = resolve;
  });
  isAsked = false;

  override async append(batch: Parameters<Model['append']>[0]): Promise<readonly Outcome[]> {
    this.isAsked = true;
    await this.gate;
    return super.append(batch);
  }
}

/** What a GET is answered. */
export async function answerOf({ url }: TestServer, path: string) {
  const reply = await request(url + path);
  return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
}

/** Sends a POST that must be acknowledged. */
export async function expectTaken({ url }: TestServer, path: string): Promise<void> {
  const reply = await request(url + path, { method: 'POST' });
  expect(reply.statusCode).toBe(200);
  await reply.body.dump();
}

/** What came back on a connection on which bytes were sent as they are. */
export interface RawReply {
  readonly text: string;
  /** How long the connection was open. */
  readonly seconds: number;
  /** Whether it was the server that ended it. */
  readonly isEnded: boolean;
}

export const HALF_CLOSE = Symbol('half close');

/** The longest that a server is waited for: far more than any time-out that a test sets, and than the defaults. */
const RAW_SECONDS_MAX = 60;

/**
 * Sends bytes as they are, and reads until the server closes the connection. Between two parts it waits for so
 * many seconds, or for what the test waits for; `HALF_CLOSE` ends this half of the connection, as `nc -N` does.
 */
export function sendRaw(
  port: number,
  parts: readonly (
    | string
    | typeof HALF_CLOSE
    | { readonly waitSeconds: number }
    | (() => Promise<unknown>)
  )[],
): Promise<RawReply> {
  return new Promise((resolve) => {
    const started = performance.now();
    const chunks: Buffer[] = [];
    let isEnded = true;
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => {
      isEnded = false;
      socket.destroy();
    }, RAW_SECONDS_MAX * 1000);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({
        text: Buffer.concat(chunks).toString('latin1'),
        seconds: (performance.now() - started) / 1000,
        isEnded,
      });
    });
    socket.on('connect', async () => {
      for (const part of parts) {
        if (socket.destroyed) return;
        if (typeof part === 'string') socket.write(part, 'latin1');
        else if (typeof part === 'function') await part();
        else if (part === HALF_CLOSE) socket.end();
        else await new Promise((wake) => setTimeout(wake, part.waitSeconds * 1000));
      }
    });
  });
}

/** The statuses of the answers in what came back on a connection. */
export function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}

/** The body of the last answer, read as JSON. */
export function lastJson(text: string): { code?: string; detail?: string; status?: number } {
  return JSON.parse(text.slice(text.lastIndexOf('\r\n\r\n') + 4));
}

/** What a URL is answered with, which nobody may store. */
export async function getUnstored(url: string): Promise<unknown> {
  const reply = await request(url);
  expect(reply.statusCode).toBe(200);
  expect(reply.headers['cache-control']).toBe('no-store');
  return reply.body.json();
}
