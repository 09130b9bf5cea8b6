import { type ConfirmChannel, connect } from 'amqplib';
import { rabbitmq } from '../../../src/bench/servers/rabbitmq.js';
import { missing } from '../shared/support.js';

/** Why tests with RabbitMQ are skipped; null where they run. */
export const RABBITMQ_MISSING = missing('RabbitMQ', rabbitmq());

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
