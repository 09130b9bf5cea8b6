import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Channel, type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib';
import { describe, TallyboardError } from '../../contract/errors.js';
import { within } from '../../contract/within.js';
import type { OneServer } from '../shared/server-url.js';
import { bodyOf, type Content, propertiesOf } from './message.js';

/** Messages that the broker sends ahead of what is folded. */
const UNFOLDED_MAX = 256;
const CLOSE_MILLISECONDS_MAX = 1000;
const NOT_FOUND = 404;
const PRECONDITION_FAILED = 406;

/** One connection to the broker, from its beginning to its end: it never comes back. */
export class LogConnection {
  /** Resolves with the reason when nothing more can be expected of it. */
  readonly lost: Promise<unknown>;
  /** Rejects with it. */
  readonly failed: Promise<never>;
  /** Why the broker takes no messages at the moment, as when its disk is full. */
  blocked: string | undefined;
  readonly #model: ChannelModel;
  readonly #queue: string;
  readonly #timeout: number;
  #channel: ConfirmChannel | undefined;
  #lose: (reason: unknown) => void = () => {};

  private constructor(model: ChannelModel, { name, timeout }: OneServer) {
    this.#model = model;
    this.#queue = name;
    this.#timeout = timeout;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    this.failed = this.lost.then((reason) => Promise.reject(reason));
    this.failed.catch(() => {});
    model.on('error', (error) => this.#lose(error));
    model.on('close', (error) => this.#lose(error ?? new Error('the connection was closed')));
    model.on('blocked', (reason) => {
      this.blocked = reason;
    });
    model.on('unblocked', () => {
      this.blocked = undefined;
    });
  }

  static async open(server: OneServer): Promise<LogConnection> {
    const { host, port, username, password, path, tls, timeout } = server;
    const model = await connect(
      {
        protocol: tls === undefined ? 'amqp' : 'amqps',
        hostname: host,
        port,
        username: username ?? 'guest',
        password: password ?? (username === undefined ? 'guest' : ''),
        vhost: encodeURIComponent(path),
        // A connection is given up after two or three of them without a sign of life.
        heartbeat: Math.max(1, Math.round(timeout / 3000)),
      },
      { timeout, noDelay: true, clientProperties: { connection_name: 'tallyboard' }, ...tls },
    ).catch((error: unknown) => {
      if (!/ACCESS.REFUSED/.test(describe(error))) throw error;
      const reason = `RabbitMQ at ${host}:${port} refuses the user: check its name and its password`;
      throw new TallyboardError('STORE_UNAVAILABLE', reason, { cause: error });
    });
    return new LogConnection(model, server);
  }

  /** Whether there is a log. */
  async hasLog(): Promise<boolean> {
    // The broker closes the channel on which it is asked for what is not there.
    const channel = await this.#model.createChannel();
    channel.on('error', () => {});
    try {
      await channel.checkQueue(this.#queue);
    } catch (error) {
      if ((error as { code?: unknown }).code === NOT_FOUND) return false;
      throw error;
    }
    await this.#end(channel);
    return true;
  }

  /** Makes the log where it is not there, and answers with the offset of its first message and of its last. */
  async begin(): Promise<{ readonly first: number; readonly last: number }> {
    const channel = await this.#model.createConfirmChannel();
    this.#channel = channel;
    let refusal: unknown;
    channel.on('error', (error) => {
      refusal = error;
    });
    channel.on('close', () => this.#lose(refusal ?? new Error('the channel was closed')));
    try {
      await channel.assertQueue(this.#queue, { durable: true, arguments: { 'x-queue-type': 'stream' } });
    } catch (error) {
      if ((error as { code?: unknown }).code !== PRECONDITION_FAILED) throw error;
      throw new TallyboardError(
        'STORE_UNAVAILABLE',
        `the queue ${this.#queue} is no stream that keeps all, and a log must keep all: name another queue with ?queue=`,
        { cause: error },
      );
    }
    await channel.prefetch(UNFOLDED_MAX);
    // A reader of what comes next is sent the mark, or what another server wrote before it.
    const [last, first] = await Promise.all([
      this.#firstOf('next', () => this.publish(randomUUID(), { type: 'mark' })),
      this.first(),
    ]);
    return { first, last };
  }

  /** The offset of the first message that is there; those before it were dropped. */
  first(): Promise<number> {
    return this.#firstOf('first');
  }

  /** Hands over each message from an offset on. */
  async follow(offset: number, take: (message: ConsumeMessage) => void): Promise<void> {
    await this.#channel!.consume(
      this.#queue,
      (message) => {
        if (message === null)
          this.#lose(new Error(`the queue ${this.#queue} was deleted, or its node ended`));
        else take(message);
      },
      { arguments: { 'x-stream-offset': offset } },
    );
  }

  publish(token: string, content: Content): void {
    // What the broker did not take is written again on the next connection.
    const confirmed = (error: unknown) => {
      if (error !== null) this.#lose(error);
    };
    try {
      this.#channel!.publish('', this.#queue, bodyOf(content), propertiesOf(token, content), confirmed);
    } catch (error) {
      this.#lose(error);
    }
  }

  /** Lets the broker send as many messages more as came up to this one. */
  acknowledge(message: ConsumeMessage): void {
    try {
      this.#channel!.ack(message, true);
    } catch (error) {
      this.#lose(error);
    }
  }

  /** Ends it, and tells whoever waits for its loss why. */
  async close(reason: unknown): Promise<void> {
    this.#lose(reason);
    const closed = Promise.race([once(this.#model, 'close'), this.#model.close()]);
    // It may be closed already, and of one that is stuck the broker says nothing.
    const end = (late: Error) => {
      socketOf(this.#model).destroy();
      return late;
    };
    await within(closed, CLOSE_MILLISECONDS_MAX, end).catch(() => {});
  }

  /** What the client says of the end waits for ever where the connection is lost before the broker answers. */
  async #end(channel: Channel): Promise<void> {
    await Promise.race([channel.close(), this.failed]);
  }

  /** The offset of the first message that a reader is sent; `send` makes sure that there is one. */
  async #firstOf(from: 'first' | 'next', send = () => {}): Promise<number> {
    const channel = await this.#model.createChannel();
    channel.on('error', () => {});
    await channel.prefetch(1);
    let take: (message: ConsumeMessage | null) => void = () => {};
    const sent = new Promise<ConsumeMessage | null>((resolve) => {
      take = resolve;
    });
    await channel.consume(this.#queue, take, { arguments: { 'x-stream-offset': from } });
    send();
    const late = once(AbortSignal.timeout(this.#timeout), 'abort').then(() => null);
    const message = await Promise.race([sent, late, this.failed]);
    if (message === null) {
      throw new Error(this.blocked ?? `the queue ${this.#queue} does not send what it was sent`);
    }
    await this.#end(channel);
    return Number(message.properties.headers?.['x-stream-offset']);
  }
}

/** The types leave it out. */
function socketOf(model: ChannelModel): Socket {
  return (model.connection as unknown as { readonly stream: Socket }).stream;
}
