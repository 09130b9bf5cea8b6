import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type ConfirmChannel, connect } from 'amqplib';
import Database from 'libsql';
import { rabbitmq } from '../../../src/bench/servers/rabbitmq.js';
import { temporaryFolder } from '../../transfer/support.js';
import { exportTo } from '../../transfer/support-files.js';
import type { Engine } from '../shared/engine-tests.js';
import { missing, openStore } from '../shared/support.js';

const NEWER = 'a message of a newer release';

/** Why tests with RabbitMQ are skipped; null where they run. */
export const RABBITMQ_MISSING = missing('RabbitMQ', rabbitmq());

const run = promisify(execFile);

/** Runs `rabbitmqctl` on the broker of a store. */
export async function rabbitmqctl(url: string, ...words: string[]): Promise<void> {
  const { port, searchParams } = new URL(url);
  const { env } = rabbitmq().command(dirname(searchParams.get('data')!), Number(port)).options;
  await run('/usr/lib/rabbitmq/bin/rabbitmqctl', words, { env });
}

/** Where the folders of a log are. */
export function foldersOf(url: string): string {
  const { port, searchParams } = new URL(url);
  const name = `127.0.0.1_${port}_%2F_${searchParams.get('queue')}`;
  return join(searchParams.get('data')!, 'rabbitmq', name);
}

/** Does something to the queue of a store, on a connection of its own. */
export async function onQueue(
  url: string,
  work: (channel: ConfirmChannel, queue: string) => Promise<unknown>,
): Promise<void> {
  const { port, searchParams } = new URL(url);
  const connection = await connect(`amqp://127.0.0.1:${port}`);
  try {
    const channel = (await connection.createConfirmChannel()).on('error', () => {});
    await work(channel, searchParams.get('queue')!);
    await channel.waitForConfirms();
  } finally {
    await connection.close();
  }
}

/** Makes the queue of a log. */
export function makeQueue(url: string, more: object = {}): Promise<void> {
  return onQueue(url, (channel, queue) =>
    channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'stream', ...more } }),
  );
}

/** Leaves a message in the log that this release did not write. */
export function leaveMessage(url: string, properties: object, body = ''): Promise<void> {
  return onQueue(url, async (channel, queue) => channel.sendToQueue(queue, Buffer.from(body), properties));
}

export const RABBITMQ: Engine = {
  nameOption: 'queue',
  page: 'rabbitmq.md',
  setFormat: NEWER,
  survives: 'process',
  isFreshForAll: false,
  loss: null,
  async ask(url, question) {
    if (question === NEWER) {
      const properties = {
        contentType: 'application/vnd.tallyboard',
        messageId: 'x',
        headers: { format: 2 },
      };
      await leaveMessage(url, properties);
      return [];
    }
    const file = join(await temporaryFolder(), 'events.db');
    const store = await openStore(url);
    await exportTo(store, 'sqlite', file);
    await store.close();
    const database = new Database(file);
    const rows = database.prepare(question).all();
    database.close();
    return rows as object[];
  },
};
